import { z } from 'zod';

import type { Listening } from '../listen.ts';
import { type Asked, type Reply, serve } from './server.ts';

/** Body of `POST /repos/{owner}/{repo}/actions/workflows/{id}/dispatches`. */
const dispatchSchema = z.strictObject({
  ref: z.string(),
  inputs: z.record(z.string(), z.string()).default({}),
  return_run_details: z.boolean().default(false),
});

const INPUTS = new Set(['rows', 'signalbox-run']);
/** The only workflow there is; GitHub names each of its runs after `run-name`. */
const WORKFLOW = `name: train
run-name: >-
  Train for \${{ inputs.signalbox-run }}
on:
  workflow_dispatch:
    inputs: { rows: {}, signalbox-run: {} }
`;

type Run = { id: number; title: string; marker: string; status: string; conclusion: string | null };

const failure = (status: number, message: string): Reply => ({ status, body: { message, status: String(status) } });
const notFound = failure(404, 'Not Found');

export type GithubServer = Listening & {
  /** How many runs were given this token. */
  runsOf(marker: string): number;
  end(id: number, conclusion: string): void;
};

/**
 * The part of GitHub's REST API that targets use, written from its OpenAPI types: strict, in memory. Not GitHub.
 * `details`: whether a dispatch is answered with its run, which older servers do not. `workflow`: the text of its file.
 */
export async function serveGithub(token: string, { details = true, workflow = WORKFLOW } = {}): Promise<GithubServer> {
  const runs: Run[] = [];

  const show = ({ id, title, status, conclusion }: Run) => ({
    id,
    display_title: title,
    status,
    conclusion,
    html_url: `https://github.example/acme/models/actions/runs/${id}`,
    head_sha: '0a1b2c',
    run_attempt: 1,
  });
  const dispatch = (body: string): Reply => {
    const asked = dispatchSchema.safeParse(JSON.parse(body));
    if (!asked.success) return failure(422, 'Invalid request.');
    const { ref, inputs, return_run_details: wanted } = asked.data;
    if (ref !== 'main') return failure(422, `No ref found for: ${ref}`);
    const unexpected = Object.keys(inputs).filter((input) => !INPUTS.has(input));
    if (unexpected.length > 0) return failure(422, `Unexpected inputs provided: ${JSON.stringify(unexpected)}`);
    const marker = inputs['signalbox-run'] ?? '';
    const title = /^run-name:/m.test(workflow) ? `Train for ${marker}` : 'train';
    const run = { id: 9_000_000_000 + runs.length, title, marker, status: 'queued', conclusion: null };
    runs.unshift(run);
    const { id, html_url } = show(run);
    return details && wanted
      ? { status: 200, body: { workflow_run_id: id, run_url: `https://api.github.example/runs/${id}`, html_url } }
      : { status: 204 };
  };
  const list = (query: URLSearchParams): Reply => {
    const size = Number(query.get('per_page') ?? 30);
    const from = (Number(query.get('page') ?? 1) - 1) * size;
    if (query.get('event') !== 'workflow_dispatch') return failure(422, 'event');
    if (!/^>=\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(query.get('created') ?? '')) return failure(422, 'created');
    const page = runs.slice(from, from + size).map(show);
    return { status: 200, body: { total_count: runs.length, workflow_runs: page } };
  };
  const ofRun = (run: Run | undefined, method: string, action: string | undefined): Reply => {
    if (!run) return notFound;
    if (method !== 'POST') return { status: 200, body: show(run) };
    if (action !== 'cancel') return notFound;
    if (run.status === 'completed') return failure(409, 'Cannot cancel a workflow run that is completed.');
    return { status: 202, body: {} };
  };
  const answer = ({ method, path, query, headers, body }: Asked): Reply => {
    if (headers.authorization !== `Bearer ${token}`) return failure(401, 'Bad credentials');
    if (headers['user-agent'] === undefined) return failure(403, 'Request forbidden by administrative rules.');
    if (headers['x-github-api-version'] !== '2022-11-28') return failure(400, 'unsupported version');
    const [repos, owner, repository, section, kind = '', id, action] = path;
    if (`${repos}/${owner}/${repository}` !== 'repos/acme/models') return notFound;
    if (section === 'contents') {
      if (path.slice(4).join('/') !== '.github/workflows/train.yml' || query.get('ref') !== 'main') return notFound;
      return { status: 200, body: { encoding: 'base64', content: Buffer.from(workflow).toString('base64') } };
    }
    if (kind === 'runs')
      return ofRun(
        runs.find((run) => String(run.id) === id),
        method,
        action,
      );
    if (kind !== 'workflows' || id !== 'train.yml') return notFound;
    if (action === 'dispatches') return dispatch(body);
    if (action === 'runs') return list(query);
    return { status: 200, body: { path: '.github/workflows/train.yml', state: 'active' } };
  };
  return {
    ...(await serve(answer)),
    runsOf: (marker) => runs.filter((run) => run.marker === marker).length,
    end: (id, conclusion) => {
      const run = runs.find((one) => one.id === id);
      if (run) Object.assign(run, { status: 'completed', conclusion });
    },
  };
}
