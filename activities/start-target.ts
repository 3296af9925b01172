import { CancelledFailure, Context } from '@temporalio/activity';

import { createTarget } from '../src/connectors/registry.ts';
import { HEARTBEAT_EVERY_MS, type StartOutcome, type StartRequest, type TargetDeps } from '../src/connectors/target.ts';
import type { Attempt } from '../src/core/retry.ts';
import type { Definitions, LoadedTarget } from '../src/load/definitions.ts';
import type { Logger } from '../src/observability/log.ts';
import type { Metrics } from '../src/observability/metrics.ts';
import type { Activities, StartTargetInput } from './interface.ts';
import { resolveTarget } from './resolve-target.ts';

export type StartTargetDependencies = {
  readonly definitions: () => Definitions;
  readonly targets: TargetDeps;
  readonly log: Logger;
  readonly metrics: Metrics;
};

const START = { step: 'start' } as const;

/** Calls the target of a run once, and answers every expected outcome as a value. */
export function createStartTarget(dependencies: StartTargetDependencies): Activities['startTarget'] {
  return async (input) => {
    const name = input.run.settings.target;
    const { runId } = input.run;
    const target = dependencies.definitions().targets.get(name);
    const attempt = target ? await callTarget(target, input, dependencies) : missing(name);
    const outcome = outcomeLabel(attempt);
    dependencies.metrics.count('signalbox_dispatch_total', { trigger: input.trigger, target: name, outcome });
    const { attempt: number, trigger } = input;
    dependencies.log.info(
      { runId, trigger, target: name, attempt: number, outcome, detail: attempt.detail, ...endOf(attempt) },
      'target called',
    );
    return attempt;
  };
}

/** How a run that has ended went; the result as a text, which the log cuts. */
function endOf(attempt: Attempt): { readonly status?: string; readonly result?: string } {
  if (attempt.kind !== 'finished') return {};
  const { status, result } = attempt;
  return { status, ...(result !== undefined && { result: JSON.stringify(result) }) };
}

function missing(name: string): Attempt {
  const detail = `No target is named ${name} in the definitions this worker has loaded.`;
  return { kind: 'notStarted', code: 'target_missing', detail, permanent: false };
}

/** Calls a target for a run. `as` is what the call is: the start of the run, unless it says otherwise. */
export async function callTarget(
  loaded: LoadedTarget,
  input: StartTargetInput,
  dependencies: StartTargetDependencies,
  as: { readonly step: string; readonly token?: string } = START,
): Promise<Attempt> {
  const restart = loaded.spec.onUnknown === 'retry';
  if (input.lost && 'http' in loaded.spec && !restart) {
    return { kind: 'unknown', detail: 'An attempt broke off after the target may have been called.', restart };
  }
  const resolved = resolveTarget(loaded, input);
  if (!resolved.ok) return { kind: 'notStarted', code: 'mapping_error', detail: resolved.detail, permanent: true };
  const context = Context.current();
  if (as === START) measureLatency(input, dependencies.metrics);
  const alive = heartbeats(context);
  const outcome = await createTarget(resolved.target, dependencies.targets)
    .start(
      { ...requestOf(input), ...as },
      { signal: context.cancellationSignal, heartbeat: alive.beat, log: dependencies.log },
    )
    .finally(alive.stop);
  if (context.cancellationSignal.aborted) throw new CancelledFailure('The run was cancelled.');
  return attemptOf(outcome, restart);
}

/** Heartbeats for as long as a call lasts, whatever the target does: by them a cancellation comes in, and a death is noticed. */
function heartbeats(context: Context) {
  let last: string | undefined;
  const beat = (detail?: string) => {
    last = detail;
    context.heartbeat(detail);
  };
  const timer = setInterval(() => context.heartbeat(last), HEARTBEAT_EVERY_MS);
  return { beat, stop: () => clearInterval(timer) };
}

function requestOf({ run, trigger, params, attempt }: StartTargetInput): Omit<StartRequest, 'step'> {
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

function measureLatency({ run, trigger, attempt, approved }: StartTargetInput, metrics: Metrics): void {
  if (attempt !== 1 || approved) return;
  const nowMs = Date.now();
  const waitedMs = Math.max(0, nowMs - run.receivedAt);
  metrics.observe('signalbox_accept_to_dispatch_seconds', { trigger }, waitedMs / 1_000);
  metrics.set('signalbox_last_dispatch_timestamp_seconds', { trigger }, nowMs / 1_000);
}

function attemptOf(outcome: StartOutcome, restart: boolean): Attempt {
  if (outcome.kind === 'unknown') return { ...outcome, restart };
  return outcome;
}

function outcomeLabel(attempt: Attempt): 'started' | 'failed' | 'unknown' {
  if (attempt.kind === 'finished') return 'started';
  return attempt.kind === 'unknown' ? 'unknown' : 'failed';
}
