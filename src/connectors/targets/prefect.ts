import { z } from 'zod';

import type { Json } from '../../spec/json.ts';
import type { TargetSpec } from '../../spec/target.ts';
import type { PrefectTargetSpec } from '../../spec/targets/prefect.ts';
import { authorization, beforeStart, callApi, notCancelled, unseen, unusable } from '../api.ts';
import { refused, REPLY_EXCERPT_MAX_CHARS } from '../outgoing-answer.ts';
import { excerpt } from '../reply.ts';
import type {
  CallContext,
  CancelOutcome,
  FinishedOutcome,
  LoadedTarget,
  StartOutcome,
  StartRequest,
  Target,
  TargetDeps,
  WatchOutcome,
} from '../target.ts';

type Loaded = LoadedTarget<Extract<TargetSpec, { prefect: PrefectTargetSpec }>>;

const deploymentSchema = z.object({ id: z.string() });
const stateSchema = z.object({ type: z.string(), name: z.string().nullish(), message: z.string().nullish() });
const flowRunSchema = z.object({
  id: z.string(),
  name: z.string().nullish(),
  deployment_id: z.string().nullish(),
  state: stateSchema.nullish(),
});
const orchestrationSchema = z.object({ status: z.string(), details: z.object({ reason: z.string().nullish() }) });
const handleSchema = z.object({ flowRunId: z.string() });

type FlowRun = z.output<typeof flowRunSchema>;

/** The states that end a flow run; every other one goes on. */
const ENDS: Readonly<Record<string, FinishedOutcome['status']>> = {
  COMPLETED: 'succeeded',
  FAILED: 'failed',
  CRASHED: 'failed',
  CANCELLED: 'cancelled',
};

/** Prefect answers a duplicate with 200; a 409 is about parameters. */
const HINTS = { 409: 'Do the parameters fit the schema of the deployment?' };

/**
 * Runs a Prefect 3 deployment. The token is the idempotency key of the flow run: Prefect answers a start that it has
 * already with that flow run, for as long as it keeps it.
 */
export function createPrefectTarget({ name, spec }: Loaded, deps: TargetDeps): Target {
  const { url, auth, timeout: timeoutMs, deployment } = spec.prefect;
  const api = { name, url, timeoutMs, authorize: () => authorization(name, auth, deps.resolveSecret) };
  const findDeployment = (context: CallContext) => {
    const [flow = '', ...rest] = deployment.split('/');
    if (rest.length !== 1) {
      return unusable(refused(`Target ${name}: deployment is "${deployment}", expected <flow>/<deployment>.`));
    }
    const path = ['deployments', 'name', flow, ...rest];
    return callApi(api, { method: 'GET', path, answer: deploymentSchema }, context);
  };
  const look = (handle: Json, context: CallContext) => {
    const path = ['flow_runs', handleSchema.safeParse(handle).data?.flowRunId ?? ''];
    return callApi(api, { method: 'GET', path, answer: flowRunSchema }, context);
  };
  return {
    repeatable: true,
    start: async (request, context) => {
      const found = await findDeployment(context);
      if (!found.ok) return beforeStart(found);
      const { id } = found.body;
      const path = ['deployments', id, 'create_flow_run'];
      const body = flowRunOf(spec.prefect, request);
      const made = await callApi(api, { method: 'POST', path, body, answer: flowRunSchema, hints: HINTS }, context);
      if (!made.ok) return made.start;
      return started(spec.prefect, id, made.body, request);
    },
    watch: async (handle, _request, context) => {
      const seen = await look(handle, context);
      return seen.ok ? endOf(seen.body) : unseen(seen);
    },
    cancel: async (handle, _request, context) => {
      const seen = await look(handle, context);
      if (!seen.ok) return notCancelled(seen);
      if (ENDS[seen.body.state?.type ?? ''] !== undefined) return cancelledOf(seen.body, '');
      const path = ['flow_runs', seen.body.id, 'set_state'];
      const body = { state: { type: 'CANCELLING' }, force: false };
      const answer = orchestrationSchema;
      const asked = await callApi(api, { method: 'POST', path, body, answer }, context);
      if (!asked.ok) return notCancelled(asked);
      if (asked.body.status === 'ACCEPT') return { kind: 'cancelled' };
      // Any other answer is 200 as well; only the flow run tells what came of it.
      const then = await look(handle, context);
      if (!then.ok) return notCancelled(then);
      return cancelledOf(then.body, asked.body.details.reason ?? asked.body.status);
    },
    probe: async (context) => {
      const found = await findDeployment(context);
      return found.ok
        ? { kind: 'ready', detail: `Prefect has the deployment ${deployment}.` }
        : { kind: 'notReady', detail: found.detail };
    },
  };
}

function flowRunOf({ parameters, jobVariables, tags }: PrefectTargetSpec, request: StartRequest): Json {
  return {
    parameters: parameters ?? request.params,
    idempotency_key: request.token ?? request.runId,
    tags,
    ...(jobVariables !== undefined && { job_variables: jobVariables }),
  };
}

function started(spec: PrefectTargetSpec, deploymentId: string, run: FlowRun, request: StartRequest): StartOutcome {
  // The key belongs to the flow, not to the deployment.
  if (run.deployment_id !== deploymentId) {
    const token = request.token ?? request.runId;
    return refused(`Another deployment of this flow has the flow run ${run.id} under the idempotency key ${token}.`);
  }
  return {
    kind: 'started',
    handle: { flowRunId: run.id },
    result: { flowRunId: run.id, ...(run.name && { name: run.name }) },
    everyMs: spec.every,
    link: linkTo(spec.url, run.id),
  };
}

/** The UI stands beside the API; Prefect Cloud has a host for each. */
export function linkTo(url: string, flowRunId: string): string {
  const ui = url
    .replace(/\/+$/, '')
    .replace(/\/api$/, '')
    .replace(/^https:\/\/api\.prefect\.cloud\/api\/accounts\/([^/]+)\/workspaces\/([^/]+)$/, CLOUD_UI);
  return `${ui}/runs/flow-run/${encodeURIComponent(flowRunId)}`;
}

const CLOUD_UI = 'https://app.prefect.cloud/account/$1/workspace/$2';

function endOf({ id, name, state }: FlowRun): WatchOutcome {
  const { type = 'SCHEDULED', message } = state ?? {};
  const called = state?.name ?? type;
  const detail = message ? `${called}: ${excerpt(message, REPLY_EXCERPT_MAX_CHARS)}` : called;
  const status = ENDS[type];
  if (status === undefined) return { kind: 'running', detail };
  const result = { flowRunId: id, ...(name && { name }), state: called };
  // A flow that ran out of its own time has failed under this name.
  return { kind: 'finished', status: called === 'TimedOut' ? 'timedOut' : status, result, detail };
}

function cancelledOf(run: FlowRun, reason: string): CancelOutcome {
  const type = run.state?.type ?? '';
  if (type === 'CANCELLED' || type === 'CANCELLING') return { kind: 'cancelled' };
  if (ENDS[type] !== undefined) return { kind: 'over', detail: `It has ended: ${run.state?.name ?? type}.` };
  return { kind: 'failed', detail: `Prefect did not take the wish: ${excerpt(reason, REPLY_EXCERPT_MAX_CHARS)}` };
}
