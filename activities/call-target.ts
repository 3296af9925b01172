import { CancelledFailure, Context } from '@temporalio/activity';

import { needsCallback, takesCallback } from '../src/connectors/callback.ts';
import type { AboutRun } from '../src/contract/messages.ts';
import { createTarget } from '../src/connectors/registry.ts';
import {
  type CallContext,
  HANDLE_MAX_BYTES,
  HEARTBEAT_EVERY_MS,
  type StartOutcome,
  type StartRequest,
  type Target,
  type TargetDeps,
} from '../src/connectors/target.ts';
import type { Attempt } from '../src/core/retry.ts';
import type { Definitions, LoadedTarget } from '../src/load/definitions.ts';
import { compileExpression } from '../src/match/expression.ts';
import type { Logger } from '../src/observability/log.ts';
import type { Metrics } from '../src/observability/metrics.ts';
import type { Json } from '../src/spec/json.ts';
import type { StartTargetInput } from './interface.ts';
import { resolveTarget } from './resolve-target.ts';

export type CallDependencies = {
  readonly definitions: () => Definitions;
  readonly targets: TargetDeps;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Where a run is told how it ended, and its token; undefined where no such address is known. */
  readonly callbackOf: (runId: string) => { readonly url: string; readonly token: string } | undefined;
};

/** What a call is for: the start of the run, or a step of it with a token of its own. */
export type CallAs = { readonly step: string; readonly token?: string };

type Prepared =
  | { readonly ok: true; readonly target: Target; readonly request: StartRequest }
  | { readonly ok: false; readonly detail: string };

/** A target with everything it needs for one call of a run. `result` is the answer to its start, once there is one. */
export function prepareCall(
  loaded: LoadedTarget,
  input: AboutRun & { readonly params: Json; readonly attempt: number },
  as: CallAs,
  dependencies: CallDependencies,
  result?: Json,
): Prepared {
  const resolved = resolveTarget(loaded, input, result);
  if (!resolved.ok) return resolved;
  const callback = takesCallback(loaded.spec) ? dependencies.callbackOf(input.run.runId) : undefined;
  return {
    ok: true,
    target: createTarget(resolved.target, dependencies.targets),
    request: { ...requestOf(input), ...as, ...(callback && { callback }) },
  };
}

/** Calls a target for a run, or looks first whether an attempt whose answer was lost has started it. */
export async function callTarget(
  loaded: LoadedTarget,
  input: Omit<StartTargetInput, 'step'>,
  dependencies: CallDependencies,
  as: CallAs,
): Promise<Attempt> {
  if (needsCallback(loaded.spec) && !dependencies.callbackOf(input.run.runId)) {
    const detail = 'It is told how it ended by a callback, and no address for that is known: set SIGNALBOX_API_URL.';
    return { kind: 'notStarted', code: 'target_unavailable', detail, permanent: false };
  }
  const prepared = prepareCall(loaded, input, as, dependencies);
  if (!prepared.ok) return { kind: 'notStarted', code: 'mapping_error', detail: prepared.detail, permanent: true };
  const { target, request } = prepared;
  const asked = loaded.spec.onUnknown === 'retry';
  // A local program keeps its own record of what was started.
  const settles = target.repeatable ?? (target.find !== undefined || 'command' in loaded.spec);
  if (input.lost && !asked && !settles) {
    return { kind: 'unknown', detail: 'An attempt broke off after the target may have been called.', restart: false };
  }
  const restart = asked || target.repeatable === true || target.find !== undefined;
  return withHeartbeats(dependencies, async (context) => {
    if (input.lost && target.find) {
      const found = await target.find(request, context);
      if (found.kind === 'unreachable') return { kind: 'unknown', detail: found.detail, restart: true };
      if (found.kind !== 'notFound') return attemptOf(found, restart);
    }
    return attemptOf(await target.start(request, context), restart);
  });
}

/** What a call has around it. Heartbeats go on for as long as it lasts: by them a cancellation comes in, and a death is noticed. */
export async function withHeartbeats<T>(
  { log }: Pick<CallDependencies, 'log'>,
  call: (context: CallContext) => Promise<T>,
): Promise<T> {
  const activity = Context.current();
  let last: string | undefined;
  const timer = setInterval(() => activity.heartbeat(last), HEARTBEAT_EVERY_MS);
  const heartbeat = (detail?: string) => {
    last = detail;
    activity.heartbeat(detail);
  };
  const context = { signal: activity.cancellationSignal, heartbeat, log, evaluate };
  const outcome = await call(context).finally(() => clearInterval(timer));
  if (activity.cancellationSignal.aborted) throw new CancelledFailure('The run was cancelled.');
  return outcome;
}

/** Bare CEL over these variables. */
const evaluate: CallContext['evaluate'] = (source, variables) => {
  const compiled = compileExpression(source, Object.keys(variables));
  return compiled.ok ? compiled.expression.evaluate(variables) : { ok: false, message: compiled.message };
};

/** What a target is told of a run. */
export function requestOf({
  run,
  trigger,
  params,
  attempt,
}: AboutRun & { readonly params: Json; readonly attempt: number }): Omit<StartRequest, 'step'> {
  const { runId, key, cause, settings, firedAt, last } = run;
  return {
    runId,
    trigger,
    key,
    kind: settings.kind,
    cause,
    firedAt: new Date(firedAt).toISOString(),
    params,
    attempt,
    ...(last.traceparent !== undefined && { traceparent: last.traceparent }),
  };
}

function attemptOf(outcome: StartOutcome, restart: boolean): Attempt {
  if (outcome.kind === 'unknown') return { ...outcome, restart };
  if (outcome.kind !== 'started' || Buffer.byteLength(JSON.stringify(outcome.handle)) <= HANDLE_MAX_BYTES) {
    return outcome;
  }
  const detail = `It started, and what identifies it there is larger than ${HANDLE_MAX_BYTES} bytes.`;
  return { kind: 'unknown', detail, restart: false };
}
