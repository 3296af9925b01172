import { ApplicationFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';

import type { CancelOutcome, WatchOutcome } from '../src/connectors/target.ts';
import { type CallDependencies, prepareCall, withHeartbeats } from './call-target.ts';
import { expectationOf } from './expectation.ts';
import type { Activities, FollowInput } from './interface.ts';
import { stepParams } from './step-params.ts';

/** How long a started call may be unknown to its target, which may show it a moment later than it answered. */
const UNKNOWN_AT_FIRST_LOOKS = 3;

/**
 * Looks once at what was started. While it goes on the attempt fails, and Temporal looks again after the interval that
 * the target names: history does not grow by that, and no worker is kept busy.
 */
export function createWatchTarget(dependencies: CallDependencies): Activities['watchTarget'] {
  return async (input) => {
    const seen = await lookAt(input, dependencies);
    const { run, trigger, step } = input;
    const about = { runId: run.runId, trigger, target: targetOf(input), ...(step && { step: step.name }) };
    switch (seen.kind) {
      case 'finished':
        dependencies.log.info({ ...about, status: seen.status, detail: seen.detail }, 'run at its target ended');
        return step ? { ...seen, ...expectationOf(input, step, seen) } : seen;
      case 'gone':
        if (Context.current().info.attempt <= UNKNOWN_AT_FIRST_LOOKS) throw goesOn(seen.detail);
        dependencies.log.warn({ ...about, detail: seen.detail }, 'run is unknown to its target');
        return seen;
      case 'running':
        throw goesOn(seen.detail ?? 'It runs.');
      case 'unreachable':
        throw goesOn(`It cannot be asked: ${seen.detail}`, seen.retryAfterMs);
    }
  };
}

/** Shown in the Temporal UI as the last failure of the pending activity: what the target said last. */
function goesOn(detail: string, retryAfterMs?: number): ApplicationFailure {
  return ApplicationFailure.create({
    message: detail,
    type: 'still_running',
    ...(retryAfterMs !== undefined && { nextRetryDelay: retryAfterMs }),
  });
}

async function lookAt(input: FollowInput, dependencies: CallDependencies): Promise<WatchOutcome> {
  const prepared = prepare(input, dependencies);
  if (!prepared.ok) return { kind: 'unreachable', detail: prepared.detail };
  const { target, request } = prepared;
  return withHeartbeats(dependencies, async (context) => {
    const seen = await target.watch?.(input.started.handle, request, context);
    return seen ?? { kind: 'unreachable', detail: 'This target cannot be asked how a run goes.' };
  });
}

/** Asks the target to end what was started; a target that cannot says so. */
export function createCancelTarget(dependencies: CallDependencies): Activities['cancelTarget'] {
  return async (input) => {
    const outcome = await cancelAt(input, dependencies);
    const { run, trigger, step } = input;
    const about = { runId: run.runId, trigger, target: targetOf(input), ...(step && { step: step.name }) };
    dependencies.log.info({ ...about, outcome: outcome.kind, ...detailOf(outcome) }, 'target asked to end a run');
    return outcome;
  };
}

async function cancelAt(input: FollowInput, dependencies: CallDependencies): Promise<CancelOutcome> {
  const prepared = prepare(input, dependencies);
  if (!prepared.ok) return { kind: 'failed', detail: prepared.detail };
  const { target, request } = prepared;
  return withHeartbeats(dependencies, async (context) => {
    const outcome = await target.cancel?.(input.started.handle, request, context);
    return outcome ?? { kind: 'failed', detail: 'This target cannot be told to end a run.' };
  });
}

function detailOf(outcome: CancelOutcome): { readonly detail?: string } {
  return outcome.kind === 'cancelled' ? {} : { detail: outcome.detail };
}

function targetOf({ step, run }: FollowInput): string {
  return step?.target ?? run.settings.target;
}

function prepare(input: FollowInput, dependencies: CallDependencies) {
  const { step, started } = input;
  const name = targetOf(input);
  const loaded = dependencies.definitions().targets.get(name);
  if (!loaded)
    return { ok: false, detail: `No target is named ${name} in the definitions this worker has loaded.` } as const;
  const params = step ? stepParams(input, step) : ({ ok: true, value: input.params } as const);
  if (!params.ok) return params;
  const as = step ? { step: step.name, token: step.token } : { step: 'start' };
  const call = { ...input, params: params.value, attempt: Context.current().info.attempt };
  return prepareCall(loaded, call, as, dependencies, started.result ?? null);
}
