import type { Json } from '../spec/json.ts';

/** The longest wait a target may ask for by Retry-After, one day: past that a person should look. */
const RETRY_AFTER_MAX_MS = 86_400_000;

/** How one attempt to start a target ended. */
export type Attempt =
  | {
      readonly kind: 'finished';
      readonly status: 'succeeded' | 'failed' | 'timedOut' | 'cancelled';
      readonly result?: Json;
      readonly detail?: string;
    }
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

/** How a run went. */
export type RunOutcome =
  | {
      readonly kind: 'ended';
      /** rejected: a person or the time for an answer decided that it does not begin. */
      readonly status: 'succeeded' | 'failed' | 'timedOut' | 'cancelled' | 'rejected';
      readonly result?: Json;
      readonly detail?: string;
      /** It was cancelled before it might have called its target. */
      readonly began?: false;
    }
  | {
      readonly kind: 'dead';
      readonly code: Extract<Attempt, { kind: 'notStarted' }>['code'] | 'target_unknown' | 'filter_error';
      /** Pointer into the trigger's spec. */
      readonly place: string;
      readonly detail: string;
      readonly params?: Json;
    };

/** What follows an attempt: the end, or a wait before the next one. */
export type Next = RunOutcome | { readonly kind: 'wait'; readonly waitMs: number; readonly detail: string };

/**
 * What follows attempt number `attempt` (1 for the first) under the waits of `retry.delays`. A run that started and failed
 * is an outcome, never repeated; a start that did not happen is repeated after its delay, or after Retry-After where that
 * is longer; a permanent refusal and an unknown start go to a person.
 */
export function nextAttempt(answer: Attempt, attempt: number, delaysMs: readonly number[]): Next {
  const place = '/run/target';
  switch (answer.kind) {
    case 'finished': {
      const { status, result, detail } = answer;
      return {
        kind: 'ended',
        status,
        ...(result !== undefined && { result }),
        ...(detail !== undefined && { detail }),
      };
    }
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
