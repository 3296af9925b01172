import {
  allHandlersFinished,
  ActivityCancellationType,
  ActivityFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  isCancellation,
  log,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  sleep,
  TimeoutFailure,
  upsertSearchAttributes,
} from '@temporalio/workflow';

import type { Activities, StartTargetInput } from '../activities/interface.ts';
import type { RunInput } from '../src/contract/messages.ts';
import { runDeadLetterId, SEARCH_ATTRIBUTE } from '../src/contract/names.ts';
import {
  EVALUATION,
  QUICK_TEMPORAL_CALLS,
  TARGET_HEARTBEAT_TIMEOUT_MS,
  TEMPORAL_CALLS,
} from '../src/contract/presets.ts';
import { itemsOrManifest } from '../src/contract/run-items.ts';
import { askOf } from '../src/core/approval.ts';
import type { RunReport } from '../src/core/fact.ts';
import { type Attempt, nextAttempt, type RunOutcome } from '../src/core/retry.ts';
import { clip, TIMER_TEXT_MAX_CHARS } from '../src/core/view.ts';
import { outcomeText, runText } from '../src/core/run-view.ts';
import { terminalFailure } from '../src/errors.ts';
import type { Json } from '../src/spec/json.ts';
import { Approval } from './shell/approval.ts';
import { timeText } from './shell/text.ts';

const { resolveParams } = proxyLocalActivities<Activities>(EVALUATION);
const { reportRun: reportNow } = proxyLocalActivities<Activities>(QUICK_TEMPORAL_CALLS);
const { reportRun, reportApproval, openDeadLetters } = proxyActivities<Activities>(TEMPORAL_CALLS);

/**
 * One started pipeline. Its id is the run id: the token the target gets. Parameters are resolved once, the target is
 * started, and the outcome goes back to the instance.
 */
export async function run(input: RunInput): Promise<RunResult> {
  const text = runText(input, timeText);
  const approval = new Approval();
  setCurrentDetails(text);
  const outcome = await carryOut(input, approval, text).catch((error: unknown): RunOutcome => {
    if (!isCancellation(error)) throw error;
    const cancelled = { kind: 'ended', status: 'cancelled', detail: 'Cancelled by a person.' } as const;
    return approval.isOver ? cancelled : { ...cancelled, began: false };
  });
  approval.close();
  setCurrentDetails(`${text}${approval.text}\n\n${outcomeText(outcome, runDeadLetterId(input.run.runId))}`);
  const status = outcome.kind === 'dead' ? 'deadLettered' : outcome.status;
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTE.outcome, value: status }]);
  await CancellationScope.nonCancellable(async () => {
    await tell(input, outcome, status);
    await condition(allHandlersFinished);
  });
  return ending(outcome);
}

/** What a run that came to a good end answers; a rejected one is an end that people chose, not a failure. */
type RunResult = { readonly status: string; readonly result?: Json; readonly reason?: string };

async function carryOut(input: RunInput, approval: Approval, text: string): Promise<RunOutcome> {
  if (input.run.mode === 'shadow')
    return { kind: 'ended', status: 'succeeded', detail: 'Shadow: no target was called.' };
  const resolved = await resolveParams(input);
  if (!resolved.ok) return { kind: 'dead', code: resolved.code, place: resolved.pointer, detail: resolved.detail };
  const ask = askOf(input.run, resolved.needsApproval ?? true);
  if (ask) {
    const { decision, by, reason } = await approval.wait(input, ask, text);
    const why = reason === undefined ? `By ${by}.` : `By ${by}: ${reason}`;
    if (decision === 'rejected') return { kind: 'ended', status: 'rejected', detail: why };
    await approved(input);
  }
  approval.close();
  for (let attempt = 1, lost = false; ; attempt += 1) {
    const answer = await start(input, { params: resolved.params, attempt, lost, ...(ask && { approved: true }) });
    const next = nextAttempt(answer, attempt, input.run.settings.retry.delaysMs);
    if (next.kind !== 'wait') return next.kind === 'dead' ? { ...next, params: resolved.params } : next;
    lost = answer.kind === 'unknown';
    const of = input.run.settings.retry.delaysMs.length + 1;
    await sleep(next.waitMs, {
      summary: clip(`before attempt ${attempt + 1} of ${of}: ${next.detail}`, TIMER_TEXT_MAX_CHARS),
    });
  }
}

/** The run goes on; one that asked because a limit was closed counts from now on. */
async function approved({ trigger, run: { asks, runId, key, firedAt } }: RunInput): Promise<void> {
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTE.outcome, value: null }]);
  if (asks) await reportApproval({ trigger, approval: { runId, key, firedAt, approvedAt: Date.now() } });
}

async function start(
  input: RunInput,
  call: Pick<StartTargetInput, 'params' | 'attempt' | 'lost' | 'approved'>,
): Promise<Attempt> {
  const { items, ...run } = input.run;
  const { startTarget } = proxyActivities<Activities>({
    startToCloseTimeout: run.settings.timeoutMs,
    heartbeatTimeout: TARGET_HEARTBEAT_TIMEOUT_MS,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { maximumAttempts: 1 },
    summary: `start ${run.settings.target}`,
  });
  try {
    const about = { eventCount: items.length, items: itemsOrManifest(input.run) };
    return await startTarget({ trigger: input.trigger, run, ...about, ...call });
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

async function tell(input: RunInput, outcome: RunOutcome, status: RunReport['status']) {
  const { trigger, run: decided } = input;
  const { runId, key, generation, firedAt, asks } = decided;
  if (outcome.kind === 'dead') {
    const { code, place, detail, params } = outcome;
    const event = { runId, trigger, key, target: decided.settings.target, ...(params !== undefined && { params }) };
    const entries = [{ at: Date.now(), id: runId, key, detail, event }];
    await openDeadLetters([{ version: 1, of: 'run', trigger, generation, code, place, entries }]);
  }
  const neverBegan = outcome.kind === 'ended' && outcome.began === false;
  const counted = { ...(!asks && { firedAt }), ...(neverBegan && { began: false as const }) };
  const report = { runId, key, status, ...counted, endedAt: Date.now() };
  await reportNow({ trigger, report }).catch(() => reportRun({ trigger, report }));
}

function ending(outcome: RunOutcome): RunResult {
  if (outcome.kind === 'dead') throw terminalFailure(outcome.code, outcome.detail);
  const { status, result, detail } = outcome;
  switch (status) {
    case 'succeeded':
      return result === undefined ? { status } : { status, result };
    case 'rejected':
      return { status, reason: detail ?? 'No reason given.' };
    case 'failed':
      throw terminalFailure('run_failed', detail ?? 'The pipeline failed.');
    case 'timedOut':
      throw terminalFailure('run_timed_out', detail ?? 'The pipeline took too long.');
    case 'cancelled':
      throw new CancelledFailure(detail ?? 'The pipeline was cancelled.');
  }
}
