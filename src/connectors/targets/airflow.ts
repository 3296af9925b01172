import { z } from 'zod';

import type { Json } from '../../spec/json.ts';
import type { TargetSpec } from '../../spec/target.ts';
import type { AirflowTargetSpec } from '../../spec/targets/airflow.ts';
import {
  type ApiAnswer,
  type ApiRequest,
  authorization,
  type Authorized,
  beforeStart,
  callApi,
  isAbsent,
  notCancelled,
  unseen,
  unusable,
} from '../api.ts';
import { refused, secretMissing, unavailable } from '../outgoing-answer.ts';
import type {
  CallContext,
  FinishedOutcome,
  LoadedTarget,
  StartOutcome,
  Target,
  TargetDeps,
  WatchOutcome,
} from '../target.ts';

type Loaded = LoadedTarget<Extract<TargetSpec, { airflow: AirflowTargetSpec }>>;

const dagSchema = z.object({ dag_id: z.string(), is_paused: z.boolean() });
const runSchema = z.object({ dag_run_id: z.string(), state: z.string() });
// Called by another name in some versions.
const tokenSchema = z
  .union([z.object({ access_token: z.string() }), z.object({ jwt_token: z.string() })])
  .transform((body) => ('access_token' in body ? body.access_token : body.jwt_token));
const handleSchema = z.object({ dagRunId: z.string() });

type DagRun = z.output<typeof runSchema>;

/** The states that end a DAG run; every other one goes on. */
const ENDS: Readonly<Record<string, FinishedOutcome['status']>> = { success: 'succeeded', failed: 'failed' };

/** What Airflow lets a run be called by default (`[api] allowed_run_id_pattern`). */
const RUN_ID = /^[A-Za-z0-9_.~:+-]+$/;

/** Logins a process keeps at once: one for each account its targets use. */
const LOGINS_MAX = 64;

/** What the logins of this process brought, by address and account, for as long as its dependencies live. */
const logins = new WeakMap<TargetDeps, Map<string, string>>();

/**
 * Runs a DAG of Airflow 3. The token is the id of the DAG run, which Airflow keeps unique: a duplicate is answered with
 * 409 and looked up. A paused DAG would take a run and never begin it, so none is started while it is paused.
 */
export function createAirflowTarget(loaded: Loaded, deps: TargetDeps): Target {
  const { dag, conf, every, url } = loaded.spec.airflow;
  const call = <T>(context: CallContext, path: readonly string[], request: Omit<ApiRequest<T>, 'path'>) =>
    callWithLogin(loaded, deps, { ...request, path: ['api', 'v2', 'dags', dag, ...path] }, context);
  const look = (context: CallContext, dagRunId: string) =>
    call(context, ['dagRuns', dagRunId], { method: 'GET', answer: runSchema });
  const started = ({ dag_run_id: dagRunId }: DagRun, detail?: string): StartOutcome => ({
    kind: 'started',
    handle: { dagRunId },
    result: { dag, dagRunId },
    everyMs: every,
    link: `${url.replace(/\/+$/, '')}/dags/${encodeURIComponent(dag)}/runs/${encodeURIComponent(dagRunId)}`,
    ...(detail !== undefined && { detail }),
  });
  const findDag = (context: CallContext) => call(context, [], { method: 'GET', answer: dagSchema });
  return {
    repeatable: true,
    start: async (request, context) => {
      const dagRunId = request.token ?? request.runId;
      if (!RUN_ID.test(dagRunId)) return refused(`Airflow takes no DAG run with the id ${dagRunId}.`);
      const found = await findDag(context);
      if (!found.ok) return beforeStart(found);
      if (found.body.is_paused) {
        const earlier = await look(context, dagRunId);
        if (earlier.ok) return started(earlier.body, pausedText(dag));
        return isAbsent(earlier) ? unavailable(`${pausedText(dag)} Unpause it.`) : beforeStart(earlier);
      }
      const body = { dag_run_id: dagRunId, logical_date: null, conf: conf ?? request.params };
      const made = await call(context, ['dagRuns'], { method: 'POST', body, answer: runSchema });
      if (made.ok) return started(made.body);
      if (made.status !== 409) return made.start;
      // It does not say what is taken: this id, or something else of the DAG.
      const there = await look(context, dagRunId);
      if (there.ok) return started(there.body);
      return isAbsent(there) ? made.start : { kind: 'unknown', detail: there.detail };
    },
    watch: async (handle, _request, context) => {
      const seen = await look(context, idOf(handle));
      if (!seen.ok) return unseen(seen);
      if (seen.body.state !== 'queued') return endOf(dag, seen.body);
      const found = await findDag(context);
      return { kind: 'running', detail: found.ok && found.body.is_paused ? `queued. ${pausedText(dag)}` : 'queued' };
    },
    cancel: async (handle, _request, context) => {
      const seen = await look(context, idOf(handle));
      if (!seen.ok) return notCancelled(seen);
      if (ENDS[seen.body.state] !== undefined) return { kind: 'over', detail: `It has ended: ${seen.body.state}.` };
      const path = ['dagRuns', seen.body.dag_run_id];
      // Airflow has no state of its own for it.
      const asked = await call(context, path, { method: 'PATCH', body: { state: 'failed' }, answer: runSchema });
      return asked.ok ? { kind: 'cancelled' } : notCancelled(asked);
    },
    probe: async (context) => {
      const found = await findDag(context);
      if (!found.ok) return { kind: 'notReady', detail: found.detail };
      return found.body.is_paused
        ? { kind: 'notReady', detail: pausedText(dag) }
        : { kind: 'ready', detail: `Airflow has the DAG ${dag}.` };
    },
  };
}

function pausedText(dag: string): string {
  return `The DAG ${dag} is paused: it takes runs and begins none.`;
}

function idOf(handle: Json): string {
  return handleSchema.safeParse(handle).data?.dagRunId ?? '';
}

function endOf(dag: string, { dag_run_id: dagRunId, state }: DagRun): WatchOutcome {
  const status = ENDS[state];
  if (status === undefined) return { kind: 'running', detail: state };
  return { kind: 'finished', status, result: { dag, dagRunId, state }, detail: state };
}

/** Sends a request; one that is answered with 401 once more with a new login. */
async function callWithLogin<T>(
  loaded: Loaded,
  deps: TargetDeps,
  request: ApiRequest<T>,
  context: CallContext,
): Promise<ApiAnswer<T>> {
  const { name, spec } = loaded;
  const { url, timeout: timeoutMs, auth } = spec.airflow;
  const send = (authorize: () => Authorized | Promise<Authorized>) =>
    callApi({ name, url, timeoutMs, authorize }, request, context);
  if (auth === undefined || !('login' in auth)) return send(() => authorization(name, auth, deps.resolveSecret));
  const answer = await send(() => logIn(loaded, auth.login, deps, context));
  if (answer.ok || answer.status !== 401) return answer;
  logins.delete(deps);
  return send(() => logIn(loaded, auth.login, deps, context));
}

type Login = { readonly username: string; readonly password: { readonly secret: string } };

async function logIn(
  { name, spec }: Loaded,
  { username, password }: Login,
  deps: TargetDeps,
  context: CallContext,
): Promise<Authorized> {
  const { url, timeout: timeoutMs } = spec.airflow;
  const secret = deps.resolveSecret(password.secret);
  if (!secret.ok) return unusable(secretMissing(`Target ${name}: ${secret.detail}`));
  const account = JSON.stringify([url, username, secret.value]);
  const known = logins.get(deps) ?? new Map<string, string>();
  const token = known.get(account);
  if (token !== undefined) return bearer(token, secret.value);
  const api = {
    name,
    url,
    timeoutMs,
    authorize: (): Authorized => ({ ok: true, headers: {}, secrets: [secret.value] }),
  };
  const body = { username, password: secret.value };
  const answer = await callApi(api, { method: 'POST', path: ['auth', 'token'], body, answer: tokenSchema }, context);
  if (!answer.ok) {
    // Nothing was started by asking for a token.
    const { status: _, ...failure } = answer;
    return { ...failure, start: beforeStart(answer) };
  }
  if (known.size >= LOGINS_MAX) known.clear();
  logins.set(deps, known.set(account, answer.body));
  return bearer(answer.body, secret.value);
}

function bearer(token: string, password: string): Authorized {
  return { ok: true, headers: { authorization: `Bearer ${token}` }, secrets: [password, token] };
}
