/** A run that has started, for limits that count those that have not ended. */
export type Running = {
  readonly runId: string;
  readonly firedAt: number;
  /** It was told to end, to make room. */
  cancelling: boolean;
};

/** When something of a run counted, epoch milliseconds, and the mark of the run: what is repeated or taken back is exact. */
export type Counted = readonly [at: number, mark: string];

/** Tells the runs that a limit counts apart: 8 hex digits of the run id. */
export function markOf(runId: string): string {
  return runId.slice(4, 12);
}

/** A breaker; times in epoch milliseconds. What waits at it is parked. */
export type Breaker = { readonly mode: 'closed'; readonly failedAt: readonly Counted[] } | Unclosed;

/** `since` is from when on dead letters are replayed once it closes; absent where none are. */
type Unclosed = { readonly since?: number } & (
  | /** Without `untilAt` a person opened it, and only a person closes it. */
    { readonly mode: 'open'; readonly failures: number; readonly untilAt?: number }
  /** Probes run; `succeeded` of them have ended well. */
  | { readonly mode: 'halfOpen'; readonly probes: readonly string[]; readonly succeeded: number }
  /** What was parked starts one after the other; `runId` is the one on its way. */
  | { readonly mode: 'draining'; readonly runId?: string }
);

/** From when on its dead letters are replayed, to go on with in its next mode. */
export function sinceOf(breaker: Breaker): { readonly since?: number } {
  return breaker.mode === 'closed' || breaker.since === undefined ? {} : { since: breaker.since };
}

export const CLOSED: Breaker = { mode: 'closed', failedAt: [] };

/** What the limits of one scope count: of the whole trigger, or of one key. */
export type LimitState = { starts: Counted[]; running: Running[]; breaker: Breaker };

/** Limits that have counted nothing. */
export function noLimits(): LimitState {
  return { starts: [], running: [], breaker: CLOSED };
}

/** Whether there is nothing in it that could ever close a stage. */
export function isIdle({ starts, running, breaker }: LimitState): boolean {
  return starts.length === 0 && running.length === 0 && breaker.mode === 'closed' && breaker.failedAt.length === 0;
}
