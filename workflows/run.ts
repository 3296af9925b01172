import {
  ActivityCancellationType,
  ActivityFailure,
  CancellationScope,
  CancelledFailure,
  isCancellation,
  log,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  sleep,
  TimeoutFailure,
  upsertSearchAttributes,
} from '@temporalio/workflow';

import type { Activities } from '../activities/interface.ts';
import type { RunInput } from '../src/contract/messages.ts';
import { runDeadLetterId, SEARCH_ATTRIBUTE } from '../src/contract/names.ts';
import {
  EVALUATION,
  QUICK_TEMPORAL_CALLS,
  TARGET_HEARTBEAT_TIMEOUT_MS,
  TEMPORAL_CALLS,
} from '../src/contract/presets.ts';
import { itemsOrManifest } from '../src/contract/run-items.ts';
import { type Attempt, nextAttempt, type RunOutcome } from '../src/core/retry.ts';
import { clip, TIMER_TEXT_MAX_CHARS } from '../src/core/view.ts';
import { outcomeText, runText } from '../src/core/run-view.ts';
import { terminalFailure } from '../src/errors.ts';
import type { Json } from '../src/spec/json.ts';
import { timeText } from './shell/text.ts';

const { resolveParams } = proxyLocalActivities<Activities>(EVALUATION);
const { reportRun: reportNow } = proxyLocalActivities<Activities>(QUICK_TEMPORAL_CALLS);
const { reportRun, openDeadLetters } = proxyActivities<Activities>(TEMPORAL_CALLS);

/**
 * One started pipeline. Its id is the run id: the token the target gets. Parameters are resolved once, the target is
 * started, and the outcome goes back to the instance.
 */
export async function run(input: RunInput): Promise<{ readonly status: string; readonly result?: Json }> {
  const text = runText(input, timeText);
  setCurrentDetails(text);
  const outcome = await carryOut(input).catch((error: unknown): RunOutcome => {
    if (isCancellation(error)) return { kind: 'ended', status: 'cancelled', detail: 'Cancelled by a person.' };
    throw error;
  });
  setCurrentDetails(`${text}\n\n${outcomeText(outcome, runDeadLetterId(input.run.runId))}`);
  const status = outcome.kind === 'dead' ? 'deadLettered' : outcome.status;
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTE.outcome, value: status }]);
  await CancellationScope.nonCancellable(() => tell(input, outcome, status));
  return ending(outcome);
}

async function carryOut(input: RunInput): Promise<RunOutcome> {
  if (input.run.mode === 'shadow')
    return { kind: 'ended', status: 'succeeded', detail: 'Shadow: no target was called.' };
  const resolved = await resolveParams(input);
  if (!resolved.ok) return { kind: 'dead', code: resolved.code, place: resolved.pointer, detail: resolved.detail };
  for (let attempt = 1, lost = false; ; attempt += 1) {
    const answer = await start(input, resolved.params, attempt, lost);
    const next = nextAttempt(answer, attempt, input.run.settings.retry.delaysMs);
    if (next.kind !== 'wait') return next.kind === 'dead' ? { ...next, params: resolved.params } : next;
    lost = answer.kind === 'unknown';
    const of = input.run.settings.retry.delaysMs.length + 1;
    await sleep(next.waitMs, {
      summary: clip(`before attempt ${attempt + 1} of ${of}: ${next.detail}`, TIMER_TEXT_MAX_CHARS),
    });
  }
}

async function start(input: RunInput, params: Json, attempt: number, lost: boolean): Promise<Attempt> {
  const { items, ...run } = input.run;
  const { startTarget } = proxyActivities<Activities>({
    startToCloseTimeout: run.settings.timeoutMs,
    heartbeatTimeout: TARGET_HEARTBEAT_TIMEOUT_MS,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { maximumAttempts: 1 },
    summary: `start ${run.settings.target}`,
  });
  try {
    const about = { eventCount: items.length, items: itemsOrManifest(input.run), params };
    return await startTarget({ trigger: input.trigger, run, ...about, attempt, lost });
  } catch (error) {
    if (isCancellation(error)) throw error;
    const cause = error instanceof ActivityFailure ? error.cause : error;
    const timeout = cause instanceof TimeoutFailure ? cause.timeoutType : undefined;
    if (timeout === 'START_TO_CLOSE') return { kind: 'finished', status: 'timedOut', detail: 'run.timeout is over.' };
    const detail = timeout === 'HEARTBEAT' ? 'The worker that ran it died.' : `The attempt broke off: ${String(cause)}`;
    log.warn('the outcome of a start is unknown', { detail });
    return { kind: 'unknown', detail: detail.slice(0, 400), restart: true };
  }
}

async function tell(
  input: RunInput,
  outcome: RunOutcome,
  status: 'deadLettered' | 'succeeded' | 'failed' | 'timedOut' | 'cancelled',
) {
  const { trigger, run: decided } = input;
  const { runId, key, generation } = decided;
  if (outcome.kind === 'dead') {
    const { code, place, detail, params } = outcome;
    const event = { runId, trigger, key, target: decided.settings.target, ...(params !== undefined && { params }) };
    const entries = [{ at: Date.now(), id: runId, key, detail, event }];
    await openDeadLetters([{ version: 1, of: 'run', trigger, generation, code, place, entries }]);
  }
  const report = { runId, key, status };
  await reportNow({ trigger, report }).catch(() => reportRun({ trigger, report }));
}

function ending(outcome: RunOutcome): { readonly status: string; readonly result?: Json } {
  if (outcome.kind === 'dead') throw terminalFailure(outcome.code, outcome.detail);
  const { status, result, detail } = outcome;
  switch (status) {
    case 'succeeded':
      return result === undefined ? { status } : { status, result };
    case 'failed':
      throw terminalFailure('run_failed', detail ?? 'The pipeline failed.');
    case 'timedOut':
      throw terminalFailure('run_timed_out', detail ?? 'The pipeline took too long.');
    case 'cancelled':
      throw new CancelledFailure(detail ?? 'The pipeline was cancelled.');
  }
}
