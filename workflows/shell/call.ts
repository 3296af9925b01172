import {
  ActivityCancellationType,
  ActivityFailure,
  CancellationScope,
  condition,
  isCancellation,
  log,
  patched,
  proxyActivities,
  TimeoutFailure,
} from '@temporalio/workflow';

import type {
  Activities,
  Expectation,
  Followed,
  FollowInput,
  StartTargetInput,
  Step,
  StepAttempt,
} from '../../activities/interface.ts';
import type { AboutRun, RunInput } from '../../src/contract/messages.ts';
import { TARGET_CANCEL, TARGET_HEARTBEAT_TIMEOUT_MS, TARGET_LOOK_TIMEOUT_MS } from '../../src/contract/presets.ts';
import { itemsOrManifest } from '../../src/contract/run-items.ts';
import { type Dead, type Ended, endedAs, nextAttempt, type RunOutcome, type Started } from '../../src/core/retry.ts';
import { clip, TIMER_TEXT_MAX_CHARS } from '../../src/core/view.ts';
import type { Json } from '../../src/spec/json.ts';
import type { Finish } from './finish.ts';

/** One call of a target, from its first attempt to the end of what it started. */
export type Call = {
  /** Filled in already; of a step not used. */
  readonly params: Json;
  readonly step?: Step;
  /** Pointer to it in the trigger's spec. */
  readonly place: string;
  readonly delaysMs: readonly number[];
  /** The same for an attempt of which nobody knows whether it started; `delaysMs` where absent. */
  readonly lostDelaysMs?: readonly number[];
  /** From an attempt to the end of what it started. */
  readonly timeoutMs: number;
  readonly approved?: true;
  /** Where a callback may end it. */
  readonly finish?: Finish;
  /** Asked right before each attempt; an outcome ends the call. */
  readonly before?: (attempt: number) => Promise<RunOutcome | undefined>;
  /** Shows people that it goes on. */
  readonly onStarted?: (started: Started) => void;
};

/** How a call went; of a step that expects something of the answer, whether that holds. */
export type CallOutcome = (Ended & { readonly expectation?: Expectation }) | Dead;

/** A run that calls: whole, or as its calls are told of it. */
export type Caller = RunInput | AboutRun;

/** Makes the call: attempts until it is started or a person has to look, then follows it to its end. */
export async function makeCall(input: Caller, call: Call): Promise<CallOutcome> {
  const { finish } = call;
  for (let attempt = 1, lost = false; ; attempt += 1) {
    const closed = await call.before?.(attempt);
    if (closed) return closed;
    finish?.open();
    const untilAt = Date.now() + call.timeoutMs;
    const answer = await attemptOf(input, call, { attempt, lost });
    if (finish?.answer) return endedAs(finish.answer);
    const waits = delaysAfter(answer, call);
    const next = nextAttempt(answer, attempt, waits, call.place);
    switch (next.kind) {
      case 'started':
        return follow(input, call, next, untilAt);
      case 'dead':
        return { ...next, params: call.params };
      case 'ended':
        return { ...next, ...(answer.expectation && { expectation: answer.expectation }) };
      case 'wait': {
        lost = answer.kind === 'unknown';
        const summary = `before attempt ${attempt + 1} of ${waits.length + 1}: ${next.detail}`;
        // What was started although its answer was lost may say how it ended meanwhile.
        await condition(() => finish?.answer !== undefined, next.waitMs, {
          summary: clip(summary, TIMER_TEXT_MAX_CHARS),
        });
        if (finish?.answer) return endedAs(finish.answer);
      }
    }
  }
}

function delaysAfter(answer: StepAttempt, { delaysMs, lostDelaysMs }: Call): readonly number[] {
  const isLost = answer.kind === 'unknown' && answer.restart && lostDelaysMs !== undefined;
  // Runs of before gave a check up by then.
  return isLost && patched('lost-checks') ? lostDelaysMs : delaysMs;
}

/** A run as activities are told of it. */
export function aboutOf(caller: Caller): AboutRun {
  if ('items' in caller) {
    const { trigger, run, eventCount, items, branchOf } = caller;
    return { trigger, run, eventCount, items, ...(branchOf !== undefined && { branchOf }) };
  }
  const { trigger, run: whole } = caller;
  const { items, ...run } = whole;
  return { trigger, run, eventCount: items.length, items: itemsOrManifest(whole) };
}

async function attemptOf(
  input: Caller,
  { params, step, timeoutMs, approved }: Call,
  number: Pick<StartTargetInput, 'attempt' | 'lost'>,
): Promise<StepAttempt> {
  const { startTarget } = proxyActivities<Activities>({
    startToCloseTimeout: timeoutMs,
    heartbeatTimeout: TARGET_HEARTBEAT_TIMEOUT_MS,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { maximumAttempts: 1 },
    summary: step ? `${step.name}: start ${step.target}` : `start ${input.run.settings.target}`,
  });
  try {
    const about = { ...aboutOf(input), params, ...(step && { step }) };
    return await startTarget({ ...about, ...number, ...(approved && { approved }) });
  } catch (error) {
    if (isCancellation(error)) throw error;
    const cause = error instanceof ActivityFailure ? error.cause : error;
    const timeout = cause instanceof TimeoutFailure ? cause.timeoutType : undefined;
    const limit = step ? `The time limit of ${step.name}` : 'run.timeout';
    if (timeout === 'START_TO_CLOSE') return { kind: 'finished', status: 'timedOut', detail: `${limit} is over.` };
    const detail = timeout === 'HEARTBEAT' ? 'The worker that ran it died.' : `The attempt broke off: ${String(cause)}`;
    log.warn('the outcome of a start is unknown', { detail });
    return { kind: 'unknown', detail: detail.slice(0, 400), restart: true };
  }
}

/** Waits until what was started has ended, says so itself, or has taken too long; what is cut short is told to end. */
async function follow(input: Caller, call: Call, started: Started, untilAt: number): Promise<CallOutcome> {
  const { params, step, finish, place } = call;
  const target = step?.target ?? input.run.settings.target;
  const following: FollowInput = { ...aboutOf(input), params, started, ...(step && { step }) };
  const leftMs = Math.max(1, untilAt - Date.now());
  call.onStarted?.(started);
  let seen: Followed | undefined;
  const watching = new CancellationScope();
  if (started.everyMs !== undefined) {
    void watching
      .run(() => watch(following, target, started.everyMs ?? leftMs, leftMs))
      .then(
        (followed) => (seen = followed),
        (error: unknown) => {
          if (!isCancellation(error)) seen = { kind: 'gone', detail: `It could not be followed: ${String(error)}` };
        },
      );
  }
  try {
    const summary = clip(`${target} runs; given up at the end of its time`, TIMER_TEXT_MAX_CHARS);
    await condition(() => seen !== undefined || finish?.answer !== undefined, leftMs, { summary });
  } catch (error) {
    if (isCancellation(error)) await endAtTarget(following, target);
    throw error;
  } finally {
    watching.cancel();
  }
  if (finish?.answer) return endedAs(finish.answer);
  if (!seen) {
    const told = await endAtTarget(following, target);
    return { kind: 'ended', status: 'timedOut', detail: `It took longer than it may. ${told}` };
  }
  if (seen.kind === 'gone') return { kind: 'dead', code: 'target_unknown', place, detail: seen.detail, params };
  return { ...endedAs(seen), ...(seen.expectation && { expectation: seen.expectation }) };
}

function watch(following: FollowInput, target: string, everyMs: number, leftMs: number): Promise<Followed> {
  const { watchTarget } = proxyActivities<Activities>({
    startToCloseTimeout: TARGET_LOOK_TIMEOUT_MS,
    heartbeatTimeout: TARGET_HEARTBEAT_TIMEOUT_MS,
    // The timer beside it ends the wait; this only keeps it from going on for ever.
    scheduleToCloseTimeout: leftMs + 2 * TARGET_LOOK_TIMEOUT_MS,
    retry: { initialInterval: everyMs, backoffCoefficient: 1 },
    summary: `watch ${target}`,
  });
  return watchTarget(following);
}

/** Tells the target to end what it runs, whatever ends the wait; gives what came of that in a sentence. */
function endAtTarget(following: FollowInput, target: string): Promise<string> {
  return CancellationScope.nonCancellable(async () => {
    const { cancelTarget } = proxyActivities<Activities>({ ...TARGET_CANCEL, summary: `end ${target}` });
    try {
      const outcome = await cancelTarget(following);
      if (outcome.kind === 'cancelled') return 'Its target was told to end it.';
      if (outcome.kind === 'over') return `Its target has ended it: ${outcome.detail}`;
      return `It may go on at its target: ${outcome.detail}`;
    } catch (error) {
      log.warn('a target could not be told to end a run', { target, detail: String(error) });
      return 'It may go on at its target, which could not be told.';
    }
  });
}
