import { z } from 'zod';

import type { Json } from '../../spec/json.ts';
import type { TargetSpec } from '../../spec/target.ts';
import type { GithubTargetSpec } from '../../spec/targets/github.ts';
import type { ApiAnswer, ApiFailure, ApiSettings } from '../api.ts';
import { authorization, callApi, notCancelled, unseen } from '../api.ts';
import { asTexts, isNamed } from '../named-values.ts';
import { refused, RETRY_AFTER_MAX_MS, retryAfterMs, unavailable } from '../outgoing-answer.ts';
import type {
  CallContext,
  FinishedOutcome,
  LoadedTarget,
  StartOutcome,
  StartRequest,
  Target,
  TargetDeps,
  WatchOutcome,
} from '../target.ts';
import { nameOfToken } from '../token-name.ts';

type Loaded = LoadedTarget<Extract<TargetSpec, { github: GithubTargetSpec }>>;

/** Runs on one page of a list: each has some 15 KB, with its repository in it twice. */
const PAGE_RUNS = 30;
/** GitHub gives at most 1,000 runs for one search. */
const PAGES_MAX = Math.ceil(1_000 / PAGE_RUNS);
/** How much earlier than ours GitHub's clock may say that a run was made. */
const CLOCK_SLACK_MS = 600_000;
/** GitHub takes so many inputs of one dispatch. */
const INPUTS_MAX = 25;

const dispatchedSchema = z.object({ workflow_run_id: z.number(), html_url: z.string() }).nullable();
const runSchema = z.object({
  id: z.number(),
  display_title: z.string().nullish(),
  status: z.string().nullish(),
  conclusion: z.string().nullish(),
  html_url: z.string(),
  head_sha: z.string().nullish(),
  run_attempt: z.number().nullish(),
});
const listSchema = z.object({ workflow_runs: z.array(runSchema) });
const workflowSchema = z.object({ path: z.string(), state: z.string() });
const fileSchema = z.object({ content: z.string(), encoding: z.literal('base64') });
const problemSchema = z.object({ message: z.string() });
const handleSchema = z.object({ id: z.number().optional() });

type Run = z.output<typeof runSchema>;
type Lookup =
  | { readonly kind: 'found'; readonly run: Run }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'unreachable'; readonly detail: string; readonly retryAfterMs?: number };

/** Conclusions that are no plain failure. */
const ENDS: Readonly<Record<string, FinishedOutcome['status']>> = {
  success: 'succeeded',
  neutral: 'succeeded',
  cancelled: 'cancelled',
  timed_out: 'timedOut',
};

const HEADERS = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' };
const HINTS = {
  422: 'Has the workflow a workflow_dispatch trigger on this ref, with these inputs and the one for the token?',
};

/** One workflow in its repository. */
type Calls = {
  readonly api: ApiSettings;
  readonly spec: GithubTargetSpec;
  /** Paths of the repository, its workflow and its runs. */
  readonly repository: readonly string[];
  readonly workflow: readonly string[];
  readonly runs: readonly string[];
};

/**
 * Dispatches a workflow of GitHub Actions. GitHub has no token, so an input carries it, and `run-name` of the workflow
 * shows it: by that a start whose answer was lost is looked up. A run that GitHub lists only after the look-up is started
 * twice.
 */
export function createGithubTarget({ name, spec: { github: spec } }: Loaded, deps: TargetDeps): Target {
  const calls = callsOf(name, spec, deps);
  const { api } = calls;
  return {
    start: async (request, context) => {
      const inputs = inputsOf(spec, request);
      if (typeof inputs === 'string') return refused(`Target ${name}: ${inputs}`);
      // A first attempt has nothing before it.
      const before = request.attempt > 1 ? await lookUp(calls, request, context) : undefined;
      if (before?.kind === 'found') return started(spec, before.run.id, before.run.html_url);
      if (before?.kind === 'unreachable') return { ...before, ...unavailable(before.detail) };
      const body = { ref: spec.ref, inputs, return_run_details: true };
      const path = [...calls.workflow, 'dispatches'];
      const answer = dispatchedSchema;
      const made = await callApi(api, { method: 'POST', path, headers: HEADERS, body, answer, hints: HINTS }, context);
      if (!made.ok) return failedDispatch(made);
      if (made.body !== null) return started(spec, made.body.workflow_run_id, made.body.html_url);
      // A server from before run details answers nothing: the first looks find the run.
      if (made.status === 204) return { kind: 'started', handle: {}, everyMs: spec.every };
      return { kind: 'unknown', detail: `Target ${name}: answered ${made.status} without the run.` };
    },
    find: async (request, context) => {
      const found = await lookUp(calls, request, context);
      if (found.kind === 'found') return started(spec, found.run.id, found.run.html_url);
      if (found.kind === 'unreachable') return found;
      const detail = await whyUnmarked(calls, context);
      return detail === undefined ? { kind: 'notFound' } : { kind: 'unreachable', detail };
    },
    watch: async (handle, request, context) => {
      const { id } = handleSchema.safeParse(handle).data ?? {};
      if (id !== undefined) {
        const seen = await get(calls, [...calls.runs, String(id)], runSchema, context);
        return seen.ok ? endOf(seen.body) : unseen(limited(seen));
      }
      const found = await lookUp(calls, request, context);
      if (found.kind === 'found') return endOf(found.run);
      if (found.kind === 'unreachable') return found;
      return { kind: 'gone', detail: `No run shows ${nameOfToken(request)} in its name.` };
    },
    cancel: async (handle, request, context) => {
      const { id: known } = handleSchema.safeParse(handle).data ?? {};
      const found = known === undefined ? await lookUp(calls, request, context) : undefined;
      const id = found?.kind === 'found' ? found.run.id : known;
      if (id === undefined) return { kind: 'failed', detail: 'No run is known.' };
      const path = [...calls.runs, String(id), 'cancel'];
      const asked = await callApi(api, { method: 'POST', path, headers: HEADERS, answer: z.unknown() }, context);
      if (asked.ok) return { kind: 'cancelled' };
      return asked.status === 409 ? { kind: 'over', detail: asked.detail } : notCancelled(asked);
    },
    probe: async (context) => {
      const detail = await whyUnmarked(calls, context);
      return detail === undefined
        ? { kind: 'ready', detail: `GitHub has the workflow ${spec.workflow}, and its runs show their token.` }
        : { kind: 'notReady', detail };
    },
  };
}

function callsOf(name: string, spec: GithubTargetSpec, { resolveSecret }: TargetDeps): Calls {
  const { url, token, timeout: timeoutMs } = spec;
  const repository = ['repos', ...spec.repository.split('/')];
  return {
    api: { name, url, timeoutMs, authorize: () => authorization(name, { bearer: token }, resolveSecret) },
    spec,
    repository,
    workflow: [...repository, 'actions', 'workflows', spec.workflow],
    runs: [...repository, 'actions', 'runs'],
  };
}

function get<T>(
  { api }: Calls,
  path: readonly string[],
  answer: z.ZodType<T>,
  context: CallContext,
  query: Readonly<Record<string, string>> = {},
): Promise<ApiAnswer<T>> {
  return callApi(api, { method: 'GET', path, query, headers: HEADERS, answer }, context);
}

/** Looks through the runs since the run was fired for the one that shows its token. */
async function lookUp(calls: Calls, request: StartRequest, context: CallContext): Promise<Lookup> {
  const marker = nameOfToken(request);
  const since = new Date(Date.parse(request.firedAt) - CLOCK_SLACK_MS).toISOString();
  const query = { event: 'workflow_dispatch', created: `>=${since}`, per_page: String(PAGE_RUNS) };
  const path = [...calls.workflow, 'runs'];
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const listed = await get(calls, path, listSchema, context, { ...query, page: String(page) });
    if (!listed.ok) return unreachable(limited(listed));
    const runs = listed.body.workflow_runs;
    const run = runs.find(({ display_title: title }) => title?.split(/[^A-Za-z0-9-]+/).includes(marker));
    if (run) return { kind: 'found', run };
    if (runs.length < PAGE_RUNS) return { kind: 'notFound' };
  }
  return { kind: 'unreachable', detail: `Not among the ${PAGES_MAX * PAGE_RUNS} newest runs, and there are more.` };
}

function unreachable(failure: ApiFailure): Extract<Lookup, { kind: 'unreachable' }> {
  const seen = unseen(failure);
  return seen.kind === 'gone' ? { kind: 'unreachable', detail: seen.detail } : seen;
}

/** Why a run could not be told by its token; undefined where the workflow shows it in the names of its runs. */
async function whyUnmarked(calls: Calls, context: CallContext): Promise<string | undefined> {
  const { tokenInput, ref } = calls.spec;
  const known = await get(calls, calls.workflow, workflowSchema, context);
  if (!known.ok) return known.detail;
  const { path, state } = known.body;
  if (state !== 'active') return `The workflow is ${state}.`;
  const file = await get(calls, [...calls.repository, 'contents', ...path.split('/')], fileSchema, context, { ref });
  if (!file.ok) return file.detail;
  if (showsInput(Buffer.from(file.body.content, 'base64').toString('utf8'), tokenInput)) return undefined;
  return `run-name of ${path} does not show inputs.${tokenInput}, so a run cannot be told by its token.`;
}

function started({ every }: GithubTargetSpec, id: number, link: string): Extract<StartOutcome, { kind: 'started' }> {
  return { kind: 'started', handle: { id }, result: { id, url: link }, everyMs: every, link };
}

/** The inputs, the token among them; or what is wrong with them. */
function inputsOf({ inputs, tokenInput }: GithubTargetSpec, request: StartRequest): Json | string {
  const values = inputs ?? request.params;
  if (!isNamed(values)) return 'its inputs are not a map of names to values.';
  const all = { ...Object.fromEntries(asTexts(values)), [tokenInput]: nameOfToken(request) };
  const count = Object.keys(all).length;
  return count <= INPUTS_MAX ? all : `it has ${count} inputs with the token's, and GitHub takes ${INPUTS_MAX}.`;
}

function failedDispatch(failure: ApiFailure): StartOutcome {
  const { status, start, detail } = limited(failure);
  // What failed on their side may have gone on: the look-up tells.
  return status === 500 || status === 502 ? { kind: 'unknown', detail } : start;
}

/** GitHub says "not now" with a 403 as well, and where that is until an hour later, by a header of its own. */
function limited(failure: ApiFailure): ApiFailure {
  const { status, headers = {}, body, detail } = failure;
  const message = problemSchema.safeParse(body).data?.message ?? '';
  const isSpent = headers['x-ratelimit-remaining'] === '0';
  if (status !== 429 && !(status === 403 && (isSpent || /rate limit/i.test(message)))) return failure;
  const resetMs = Number(headers['x-ratelimit-reset']) * 1_000 - Date.now();
  const untilReset = isSpent && resetMs > 0 ? Math.min(resetMs, RETRY_AFTER_MAX_MS) : undefined;
  const wait = retryAfterMs(headers['retry-after'], Date.now()) ?? untilReset;
  return { ...failure, start: { ...unavailable(detail), ...(wait !== undefined && { retryAfterMs: wait }) } };
}

/** Whether `run-name` of a workflow file, over all its lines, shows this input. */
function showsInput(file: string, input: string): boolean {
  const [runName = ''] = /^run-name:.*(?:\r?\n[ \t]+.*)*/m.exec(file) ?? [];
  const places = runName.split(`inputs.${input}`).slice(1);
  return places.some((after) => !/^[\w-]/.test(after)) || runName.includes(`inputs['${input}']`);
}

function endOf({ id, status, conclusion, html_url: url, head_sha: commit, run_attempt: attempt }: Run): WatchOutcome {
  if (status !== 'completed') return { kind: 'running', detail: status ?? 'queued' };
  const how = conclusion ?? 'unknown';
  const result = { id, url, conclusion: how, ...(commit && { commit }), ...(attempt && { attempt }) };
  return { kind: 'finished', status: ENDS[how] ?? 'failed', result, detail: `It concluded: ${how}.` };
}
