import { type Breaker, CLOSED, type Counted, isIdle, type LimitState, type Running } from './limit-state.ts';

/** A run that has not ended: id, when it was decided, 1 when it was told to end. */
type CarriedRunning = readonly [string, number] | readonly [string, number, 1];

/** Without a mark in releases that had none: then nothing of it is ever taken back. */
type CarriedCount = number | Counted;
type CarriedClosed = { readonly mode: 'closed'; readonly failedAt: readonly CarriedCount[] };

/** What limits have counted; what is absent is none. */
export type CarriedLimits = {
  readonly starts?: readonly CarriedCount[];
  readonly running?: readonly CarriedRunning[];
  readonly breaker?: Exclude<Breaker, { mode: 'closed' }> | CarriedClosed;
};

/** Limits as they are carried; undefined where they count nothing. */
export function carryLimits(limits: LimitState | undefined): CarriedLimits | undefined {
  if (limits === undefined || isIdle(limits)) return undefined;
  const { starts, running, breaker } = limits;
  return {
    ...(starts.length > 0 && { starts }),
    ...(running.length > 0 && { running: running.map(carryRunning) }),
    ...(!(breaker.mode === 'closed' && breaker.failedAt.length === 0) && { breaker }),
  };
}

function carryRunning({ runId, firedAt, cancelling }: Running): CarriedRunning {
  return cancelling ? [runId, firedAt, 1] : [runId, firedAt];
}

/** The inverse of `carryLimits`. */
export function restoreLimits({ starts = [], running = [], breaker = CLOSED }: CarriedLimits = {}): LimitState {
  return {
    starts: starts.map(restoreCount),
    running: running.map(([runId, firedAt, cancelling]) => ({ runId, firedAt, cancelling: cancelling === 1 })),
    breaker: restoreBreaker(breaker),
  };
}

function restoreBreaker(breaker: NonNullable<CarriedLimits['breaker']>): Breaker {
  if (breaker.mode !== 'closed') return breaker;
  return breaker.failedAt.length === 0 ? CLOSED : { mode: 'closed', failedAt: breaker.failedAt.map(restoreCount) };
}

function restoreCount(carried: CarriedCount): Counted {
  return typeof carried === 'number' ? [carried, ''] : carried;
}
