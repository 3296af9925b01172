/**
 * Ticks one evaluation may use: a round of a loop is one, and so are 256 characters or list items handed to a function.
 * About 50 ms of the slowest expressions.
 */
export const TICKS_MAX = 10_000;

/** Characters and list items a function may touch for one tick. */
const TOUCHED_PER_TICK = 256;

/** Evaluation is synchronous, so one account is enough; every evaluation starts it anew. */
const account = { left: 0, patterns: new Set<string>() };

/** Starts the account of one evaluation. */
export function startMeter(): void {
  account.left = TICKS_MAX;
  account.patterns.clear();
}

/** Whether the evaluation used up its ticks, even where its result does not depend on the part that was cut off. */
export function exhausted(): boolean {
  return account.left < 0;
}

/** Why an evaluation that used up its ticks has no result. */
export const EXHAUSTED_MESSAGE = `the expression takes more than ${TICKS_MAX.toLocaleString('en')} steps on this event`;

/** Takes ticks off the account; throws when none are left. */
export function charge(ticks: number): void {
  account.left -= ticks;
  if (account.left < 0) throw new Error(EXHAUSTED_MESSAGE);
}

/** Takes the ticks for touching so many characters or list items. */
export function chargeTouching(count: number): void {
  charge(count / TOUCHED_PER_TICK);
}

/** Takes ticks the first time this evaluation uses a pattern. */
export function chargeOnce(pattern: string, ticks: number): void {
  if (account.patterns.has(pattern)) return;
  account.patterns.add(pattern);
  charge(ticks);
}
