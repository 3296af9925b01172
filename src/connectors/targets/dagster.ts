import { z } from 'zod';

import type { Json } from '../../spec/json.ts';
import type { TargetSpec } from '../../spec/target.ts';
import type { DagsterTargetSpec } from '../../spec/targets/dagster.ts';
import type { ApiAnswer, Authorized } from '../api.ts';
import { authorization, beforeStart, callApi, notCancelled, unseen, unusable } from '../api.ts';
import { refused, REPLY_EXCERPT_MAX_CHARS, secretMissing, unavailable } from '../outgoing-answer.ts';
import { excerpt } from '../reply.ts';
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

type Loaded = LoadedTarget<Extract<TargetSpec, { dagster: DagsterTargetSpec }>>;

/** Our own, so that no schedule or sensor of Dagster takes it for one of its own run keys. */
const TAG = 'signalbox/run_key';
/** Re-executions carry the tags of their first run, which is the last one listed. */
const SAME_TAG_MAX = 100;

const PROBE = `query($selector: PipelineSelector!) {
  answer: pipelineOrError(params: $selector) { __typename ... on Error { message } }
}`;
const FIND = `query($filter: RunsFilter!, $limit: Int!) {
  answer: runsOrError(filter: $filter, limit: $limit) {
    __typename ... on Runs { results { runId status } } ... on Error { message }
  }
}`;
const LAUNCH = `mutation($params: ExecutionParams!) {
  answer: launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId status } }
    ... on RunConfigValidationInvalid { errors { message } }
    ... on Error { message }
  }
}`;
const LOOK = `query($runId: ID!) {
  answer: runOrError(runId: $runId) { __typename ... on Run { runId status } ... on Error { message } }
}`;
const TERMINATE = `mutation($runId: String!) {
  answer: terminateRun(runId: $runId) {
    __typename ... on TerminateRunFailure { message } ... on Error { message }
  }
}`;

const runSchema = z.object({ runId: z.string(), status: z.string() });
const handleSchema = z.object({ runId: z.string() });
/** One of the types that Dagster answers with; errors are types of a 200. */
const answerSchema = z.object({
  data: z.object({
    answer: z.object({
      __typename: z.string(),
      message: z.string().optional(),
      errors: z.array(z.object({ message: z.string() })).optional(),
      run: runSchema.optional(),
      runId: z.string().optional(),
      status: z.string().optional(),
      results: z.array(runSchema).optional(),
    }),
  }),
  errors: z.never().optional(),
});

type Run = z.output<typeof runSchema>;
type Answer = z.output<typeof answerSchema>['data']['answer'];

/** The states that end a run; every other one goes on. */
const ENDS: Readonly<Record<string, FinishedOutcome['status']>> = {
  SUCCESS: 'succeeded',
  FAILURE: 'failed',
  CANCELED: 'cancelled',
};

/** Answers to a launch that no repetition changes. A PythonError is none: it may come after the run was made. */
const REFUSALS: ReadonlySet<string> = new Set([
  'ConflictingExecutionParamsError',
  'InvalidOutputError',
  'InvalidStepError',
  'InvalidSubsetError',
  'NoModeProvidedError',
  'PipelineNotFoundError',
  'PresetNotFoundError',
  'RunConfigValidationInvalid',
  'RunConflict',
  'UnauthorizedError',
]);

/**
 * Runs a job of Dagster, over GraphQL. Dagster takes no token: a run carries it as a tag, and is looked for by it before
 * each start and whenever an answer was lost.
 */
export function createDagsterTarget({ name, spec }: Loaded, deps: TargetDeps): Target {
  const settings = spec.dagster;
  const { url, timeout: timeoutMs } = settings;
  const api = { name, url, timeoutMs, authorize: () => authorize(name, settings.auth, deps) };
  const ask = async (query: string, variables: Json, context: CallContext): Promise<ApiAnswer<Answer>> => {
    const body = { query, variables };
    const came = await callApi(api, { method: 'POST', path: ['graphql'], body, answer: answerSchema }, context);
    return came.ok ? { ...came, body: came.body.data.answer } : came;
  };
  const look = (handle: Json, context: CallContext) =>
    ask(LOOK, { runId: handleSchema.safeParse(handle).data?.runId ?? '' }, context);
  const found = async (request: StartRequest, context: CallContext) => {
    const filter = { tags: [{ key: TAG, value: tokenOf(request) }] };
    return ask(FIND, { filter, limit: SAME_TAG_MAX }, context);
  };
  return {
    start: async (request, context) => {
      const earlier = await found(request, context);
      if (!earlier.ok) return beforeStart(earlier);
      const { results, __typename: type, message } = earlier.body;
      if (!results) return unavailable(`Target ${name}: ${said(type, message)}`);
      const run = results.at(-1);
      if (run) return started(settings, run);
      const made = await ask(LAUNCH, { params: executionParams(settings, request) }, context);
      if (made.ok) return launched(name, settings, made.body);
      // Behind an error of the server the run may have been made.
      return (made.status ?? 0) >= 500 ? { kind: 'unknown', detail: made.detail } : made.start;
    },
    find: async (request, context) => {
      const seen = await found(request, context);
      if (!seen.ok) return { ...unseen(seen), kind: 'unreachable' };
      const { results, message, __typename: type } = seen.body;
      if (!results) return { kind: 'unreachable', detail: said(type, message) };
      const run = results.at(-1);
      return run ? started(settings, run) : { kind: 'notFound' };
    },
    watch: async (handle, _request, context) => {
      const seen = await look(handle, context);
      return seen.ok ? endOf(settings.job, seen.body) : unseen(seen);
    },
    cancel: async (handle, _request, context) => {
      const seen = await look(handle, context);
      if (!seen.ok) return notCancelled(seen);
      const { message, runId, status = '' } = seen.body;
      if (runId === undefined || ENDS[status]) return { kind: 'over', detail: message ?? `It has ended: ${status}.` };
      const asked = await ask(TERMINATE, { runId }, context);
      if (!asked.ok) return notCancelled(asked);
      if (asked.body.__typename === 'TerminateRunSuccess') return { kind: 'cancelled' };
      return { kind: 'failed', detail: said(asked.body.__typename, asked.body.message) };
    },
    probe: async (context) => {
      const { location, repository, job } = settings;
      const selector = { repositoryLocationName: location, repositoryName: repository, pipelineName: job };
      const seen = await ask(PROBE, { selector }, context);
      if (!seen.ok) return { kind: 'notReady', detail: seen.detail };
      const { __typename: type, message } = seen.body;
      return type === 'Pipeline'
        ? { kind: 'ready', detail: `Dagster has the job ${job}.` }
        : { kind: 'notReady', detail: said(type, message) };
    },
  };
}

function tokenOf({ token, runId }: StartRequest): string {
  return token ?? runId;
}

function executionParams(settings: DagsterTargetSpec, request: StartRequest): Json {
  const { location, repository, job, runConfig, tags } = settings;
  const own = Object.entries(tags).map(([key, value]) => ({ key, value }));
  return {
    selector: { repositoryLocationName: location, repositoryName: repository, jobName: job },
    runConfigData: runConfig ?? request.params,
    executionMetadata: { tags: [...own, { key: TAG, value: tokenOf(request) }] },
  };
}

function launched(name: string, settings: DagsterTargetSpec, answer: Answer): StartOutcome {
  const { run, __typename: type, message, errors } = answer;
  if (run) return started(settings, run);
  const reasons = errors?.map((error) => error.message).join('; ');
  const detail = `Target ${name}: ${said(type, reasons ?? message)}`;
  return REFUSALS.has(type) ? refused(detail) : { kind: 'unknown', detail };
}

function started({ url, job, every }: DagsterTargetSpec, { runId }: Run) {
  const link = `${url.replace(/\/+$/, '')}/runs/${encodeURIComponent(runId)}`;
  return { kind: 'started', handle: { runId }, result: { job, runId }, everyMs: every, link } as const;
}

function endOf(job: string, { __typename: type, message, runId, status }: Answer): WatchOutcome {
  if (type === 'RunNotFoundError') return { kind: 'gone', detail: said(type, message) };
  if (runId === undefined || status === undefined) return { kind: 'unreachable', detail: said(type, message) };
  const ended = ENDS[status];
  if (ended === undefined) return { kind: 'running', detail: status };
  return { kind: 'finished', status: ended, result: { job, runId, status }, detail: status };
}

function said(type: string, message = ''): string {
  return `Dagster answered ${[type, excerpt(message, REPLY_EXCERPT_MAX_CHARS)].filter((part) => part !== '').join(': ')}`;
}

function authorize(name: string, auth: DagsterTargetSpec['auth'], deps: TargetDeps): Authorized {
  if (auth === undefined || !('cloudToken' in auth)) return authorization(name, auth, deps.resolveSecret);
  const secret = deps.resolveSecret(auth.cloudToken.secret);
  if (!secret.ok) return unusable(secretMissing(`Target ${name}: ${secret.detail}`));
  return { ok: true, headers: { 'dagster-cloud-api-token': secret.value }, secrets: [secret.value] };
}
