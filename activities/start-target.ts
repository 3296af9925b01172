import type { Attempt } from '../src/core/retry.ts';
import type { Metrics } from '../src/observability/metrics.ts';
import { type CallDependencies, callTarget } from './call-target.ts';
import { expectationOf } from './expectation.ts';
import type { Activities, StartTargetInput, StepAttempt } from './interface.ts';
import { stepParams } from './step-params.ts';

/** Calls the target of a run, or of a step of it, once, and answers every expected outcome as a value. */
export function createStartTarget(dependencies: CallDependencies): Activities['startTarget'] {
  return async (input) => {
    const { trigger, run, step, attempt: number } = input;
    const name = step?.target ?? run.settings.target;
    const attempt = await attemptAt(name, input, dependencies);
    const outcome = outcomeLabel(attempt);
    dependencies.metrics.count('signalbox_dispatch_total', { trigger, target: name, outcome });
    const about = { runId: run.runId, trigger, target: name, ...(step && { step: step.name }), attempt: number };
    dependencies.log.info({ ...about, outcome, detail: attempt.detail, ...endOf(attempt) }, 'target called');
    return attempt;
  };
}

async function attemptAt(name: string, input: StartTargetInput, dependencies: CallDependencies): Promise<StepAttempt> {
  const target = dependencies.definitions().targets.get(name);
  if (!target) return missing(name);
  const { step, ...call } = input;
  if (!step) {
    measureLatency(input, dependencies.metrics);
    return callTarget(target, call, dependencies, { step: 'start' });
  }
  const params = stepParams(input, step);
  if (!params.ok) return { kind: 'notStarted', code: 'mapping_error', detail: params.detail, permanent: true };
  const as = { step: step.name, token: step.token };
  const attempt = await callTarget(target, { ...call, params: params.value }, dependencies, as);
  return attempt.kind === 'finished' ? { ...attempt, ...expectationOf(input, step, attempt) } : attempt;
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

function measureLatency({ run, trigger, attempt, approved }: StartTargetInput, metrics: Metrics): void {
  if (attempt !== 1 || approved) return;
  const nowMs = Date.now();
  const waitedMs = Math.max(0, nowMs - run.receivedAt);
  metrics.observe('signalbox_accept_to_dispatch_seconds', { trigger }, waitedMs / 1_000);
  metrics.set('signalbox_last_dispatch_timestamp_seconds', { trigger }, nowMs / 1_000);
}

function outcomeLabel(attempt: Attempt): 'started' | 'failed' | 'unknown' {
  if (attempt.kind === 'finished' || attempt.kind === 'started') return 'started';
  return attempt.kind === 'unknown' ? 'unknown' : 'failed';
}
