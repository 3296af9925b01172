import { HARD_TASKS, SOFT_GROWTH_BYTES, SOFT_GROWTH_MAX_BYTES, SOFT_SIGNALS, SOFT_TASKS } from './limits.ts';

/**
 * A pause that a sender announces at the soft growth, as it estimates it, is taken from this share on: a pause that comes
 * a little too early would be wasted, and the next one comes after Temporal's own limit of 4 MiB.
 */
const PAUSED_SHARE = 0.75;

/** What a run of an instance has used up. */
export type Used = {
  readonly signals: number;
  readonly tasks: number;
  /** History bytes now, and when the run began. */
  readonly historyBytes: number;
  readonly firstBytes: number;
  /** Temporal's own advice. */
  readonly suggested: boolean;
};

/** History an instance may grow by before a pause is taken: four times what it carries, within bounds, in bytes. */
export function softGrowthBytes(carriedBytes: number): number {
  return Math.min(SOFT_GROWTH_MAX_BYTES, Math.max(SOFT_GROWTH_BYTES, 4 * carriedBytes));
}

/**
 * Whether an instance should continue as new. With the sender's pause the soft limits count, since nothing is refused
 * then; without it twice those, because every attempt races the next signal.
 */
export function shouldContinue(used: Used, paused: boolean): boolean {
  const growth = used.historyBytes - used.firstBytes;
  const softGrowth = softGrowthBytes(used.firstBytes);
  if (used.suggested || used.tasks >= HARD_TASKS || used.signals >= 2 * SOFT_SIGNALS || growth >= 2 * softGrowth)
    return true;
  return paused && (used.signals >= SOFT_SIGNALS || used.tasks >= SOFT_TASKS || growth >= PAUSED_SHARE * softGrowth);
}
