import { randomUUID } from 'node:crypto';

import { z } from 'zod';

import type { Listening } from '../listen.ts';
import { type Asked, type Reply, serve } from './server.ts';

const requestSchema = z.strictObject({ query: z.string(), variables: z.record(z.string(), z.json()) });
const tagSchema = z.strictObject({ key: z.string(), value: z.string() });
/** `ExecutionParams` of Dagster 1.13, as far as targets use it. */
const launchSchema = z.strictObject({
  params: z.strictObject({
    selector: z.strictObject({
      repositoryLocationName: z.string(),
      repositoryName: z.string(),
      jobName: z.string(),
    }),
    runConfigData: z.json(),
    executionMetadata: z.strictObject({ tags: z.array(tagSchema) }),
  }),
});
const findSchema = z.strictObject({
  filter: z.strictObject({ tags: z.array(tagSchema) }),
  limit: z.number().int(),
});
const runIdSchema = z.strictObject({ runId: z.string() });
const probeSchema = z.strictObject({
  selector: z.strictObject({
    repositoryLocationName: z.string(),
    repositoryName: z.string(),
    pipelineName: z.string(),
  }),
});

type Run = { readonly runId: string; status: string; readonly tags: readonly z.output<typeof tagSchema>[] };

const ENDED = new Set(['SUCCESS', 'FAILURE', 'CANCELED']);

export type DagsterServer = Listening & {
  /** What every launch is answered with, instead of a run. */
  answerLaunches(answer: object | undefined): void;
  runsOf(token: string): number;
  end(runId: string, status: string): void;
};

/** The part of Dagster's GraphQL API that targets use, written from its types: strict, in memory, one job `retrain`. Not Dagster. */
export async function serveDagster(token: string): Promise<DagsterServer> {
  const runs: Run[] = [];
  let fixed: object | undefined;
  const tagged = (tags: Run['tags']) =>
    runs.filter((run) => tags.every((tag) => run.tags.some((it) => it.key === tag.key && it.value === tag.value)));
  const show = ({ runId, status }: Run) => ({ runId, status });
  const noJob = (job: string) => ({ __typename: 'PipelineNotFoundError', message: `Could not find Pipeline ${job}` });

  const launch = (variables: unknown): object => {
    const { selector, runConfigData, executionMetadata } = launchSchema.parse(variables).params;
    if (fixed) return fixed;
    if (selector.jobName !== 'retrain') return noJob(selector.jobName);
    if (!z.object({ ops: z.record(z.string(), z.json()) }).safeParse(runConfigData).success) {
      const errors = [{ message: 'Missing required config entry "ops" at the root.' }];
      return { __typename: 'RunConfigValidationInvalid', errors };
    }
    const run = { runId: randomUUID(), status: 'QUEUED', tags: executionMetadata.tags };
    runs.unshift(run);
    return { __typename: 'LaunchRunSuccess', run: show(run) };
  };
  const ofRun = (variables: unknown, terminate: boolean): object => {
    const { runId } = runIdSchema.parse(variables);
    const run = runs.find((it) => it.runId === runId);
    if (!run) return { __typename: 'RunNotFoundError', message: `Run ${runId} could not be found.` };
    if (!terminate) return { __typename: 'Run', ...show(run) };
    if (ENDED.has(run.status)) {
      return { __typename: 'TerminateRunFailure', message: `Run ${runId} could not be terminated.` };
    }
    run.status = 'CANCELED';
    return { __typename: 'TerminateRunSuccess' };
  };
  const resolve = (query: string, variables: unknown): object => {
    if (query.includes('launchRun(')) return launch(variables);
    if (query.includes('terminateRun(')) return ofRun(variables, true);
    if (query.includes('runOrError(')) return ofRun(variables, false);
    if (query.includes('runsOrError(')) {
      const { filter, limit } = findSchema.parse(variables);
      return { __typename: 'Runs', results: tagged(filter.tags).slice(0, limit).map(show) };
    }
    const { pipelineName } = probeSchema.parse(variables).selector;
    return pipelineName === 'retrain' ? { __typename: 'Pipeline' } : noJob(pipelineName);
  };
  const answer = ({ method, path, headers, body }: Asked): Reply => {
    if (headers['dagster-cloud-api-token'] !== token) return { status: 401, body: 'Unauthorized' };
    if (`${method} /${path.join('/')}` !== 'POST /graphql') return { status: 404, body: 'Not found' };
    const { query, variables } = requestSchema.parse(JSON.parse(body));
    return { status: 200, body: { data: { answer: resolve(query, variables) } } };
  };
  const listening = await serve(answer);
  return {
    ...listening,
    answerLaunches: (next) => {
      fixed = next;
    },
    runsOf: (value) => tagged([{ key: 'signalbox/run_key', value }]).length,
    end: (runId, status) => {
      const run = runs.find((it) => it.runId === runId);
      if (run) run.status = status;
    },
  };
}
