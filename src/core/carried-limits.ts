import { type Breaker, CLOSED, isIdle, type LimitState, type Running } from './limit-state.ts';

/** A run that has not ended: id, when it was decided, 1 when it was told to end. */
type CarriedRunning = readonly [string, number] | readonly [string, number, 1];

/** What limits have counted; what is absent is none. */
export type CarriedLimits = {
  readonly starts?: readonly number[];
  readonly running?: readonly CarriedRunning[];
  readonly breaker?: Breaker;
};

/** Limits as they are carried; undefined where they count nothing. */
export function carryLimits(limits: LimitState | undefined): CarriedLimits | undefined {
  if (limits === undefined || isIdle(limits)) return undefined;
  const { starts, running, breaker } = limits;
  return {
    ...(starts.length > 0 && { starts }),
    ...(running.length > 0 && { running: running.map(carryRunning) }),
    ...(breaker !== CLOSED && { breaker }),
  };
}

function carryRunning({ runId, firedAt, cancelling }: Running): CarriedRunning {
  return cancelling ? [runId, firedAt, 1] : [runId, firedAt];
}

/** The inverse of `carryLimits`. */
export function restoreLimits({ starts = [], running = [], breaker = CLOSED }: CarriedLimits = {}): LimitState {
  return {
    starts: [...starts],
    running: running.map(([runId, firedAt, cancelling]) => ({ runId, firedAt, cancelling: cancelling === 1 })),
    breaker,
  };
}
