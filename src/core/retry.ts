import type { Json } from '../spec/json.ts';

/** The longest wait a target may ask for by Retry-After, one day: past that a person should look. */
const RETRY_AFTER_MAX_MS = 86_400_000;

/** What a target did came to its end. */
export type Finished = {
  readonly kind: 'finished';
  readonly status: 'succeeded' | 'failed' | 'timedOut' | 'cancelled';
  readonly result?: Json;
  readonly detail?: string;
};

/** It goes on at the target: it is looked at every `everyMs`, or a callback says how it ended. */
export type Started = {
  readonly kind: 'started';
  readonly handle: Json;
  readonly result?: Json;
  readonly everyMs?: number;
  readonly link?: string;
  readonly detail?: string;
};

/** How one attempt to start a target ended. */
export type Attempt =
  | Finished
  | Started
  /** It surely did not start. */
  | {
      readonly kind: 'notStarted';
      readonly code: 'target_missing' | 'target_rejected' | 'target_unavailable' | 'secret_missing' | 'mapping_error';
      readonly detail: string;
      readonly permanent: boolean;
      readonly retryAfterMs?: number;
    }
  /** It may have started: the reply was lost. `restart` where starting again is safe or settles it. */
  | { readonly kind: 'unknown'; readonly detail: string; readonly restart: boolean };

/** A run, or a call of it, came to an end. */
export type Ended = {
  readonly kind: 'ended';
  /** rejected: a person or the time for an answer decided that it does not begin. skipped: its guard did. */
  readonly status: 'succeeded' | 'failed' | 'timedOut' | 'cancelled' | 'rejected' | 'skipped';
  readonly result?: Json;
  readonly detail?: string;
  /** It ended before it might have called its target. */
  readonly began?: false;
  /** What it left half done waits for a person, at this place of the trigger's spec. */
  readonly letter?: { readonly code: 'fan_out_failed'; readonly place: string; readonly params?: Json };
};

/** It needs a person. */
export type Dead = {
  readonly kind: 'dead';
  readonly code:
    | Extract<Attempt, { kind: 'notStarted' }>['code']
    | 'target_unknown'
    | 'filter_error'
    | 'guard_closed'
    | 'lane_full'
    | 'pool_missing'
    | 'revert_failed';
  /** Pointer into the trigger's spec. */
  readonly place: string;
  readonly detail: string;
  readonly params?: Json;
};

/** How a run, or a call of it, went. */
export type RunOutcome = Ended | Dead;

/** What of an end waits for a person, in a dead letter of the run; nothing where nobody is needed. */
export function letterOf(
  outcome: RunOutcome,
): { readonly code: string; readonly place: string; readonly detail: string; readonly params?: Json } | undefined {
  if (outcome.kind === 'dead') return outcome;
  const { letter, detail, status } = outcome;
  return letter && { ...letter, detail: detail ?? status };
}

/** What follows an attempt: the end, a wait before the next one, or following what goes on. */
export type Next = RunOutcome | Started | { readonly kind: 'wait'; readonly waitMs: number; readonly detail: string };

/** The end of what a target did, as the end of the run. */
export function endedAs({ status, result, detail }: Omit<Finished, 'kind'>): Ended {
  return {
    kind: 'ended',
    status,
    ...(result !== undefined && { result }),
    ...(detail !== undefined && { detail }),
  };
}

/**
 * What follows attempt number `attempt` (1 for the first) under the waits of `retry.delays`. A run that started and failed
 * is an outcome, never repeated; a start that did not happen is repeated after its delay, or after Retry-After where that
 * is longer; a permanent refusal and an unknown start go to a person.
 * `place` points to the call in the trigger's spec.
 */
export function nextAttempt(
  answer: Attempt,
  attempt: number,
  delaysMs: readonly number[],
  place = '/run/target',
): Next {
  switch (answer.kind) {
    case 'finished':
      return endedAs(answer);
    case 'started':
      return answer;
    case 'unknown': {
      const delayMs = delaysMs[attempt - 1];
      if (!answer.restart) return { kind: 'dead', code: 'target_unknown', place, detail: answer.detail };
      if (delayMs === undefined) return { kind: 'dead', code: 'target_unknown', place, detail: answer.detail };
      return { kind: 'wait', waitMs: delayMs, detail: answer.detail };
    }
    case 'notStarted': {
      const { code, detail } = answer;
      const delayMs = delaysMs[attempt - 1];
      if (answer.permanent) return { kind: 'dead', code, place, detail };
      if (delayMs === undefined)
        return { kind: 'dead', code, place, detail: `${attempt} attempts, the last: ${detail}` };
      return {
        kind: 'wait',
        waitMs: Math.max(delayMs, Math.min(answer.retryAfterMs ?? 0, RETRY_AFTER_MAX_MS)),
        detail,
      };
    }
  }
}
