/** Facts that an instance may decide in a second: thousands of times what it can. */
export const NUMBERS_A_SECOND = 2 ** 22;
/** With this beginning the numbers are exact in JavaScript until 2094. */
const BEGINNING = Date.UTC(2026, 0, 1);

/**
 * The number after which an instance that knows of no earlier facts counts its own: another one for every second it may
 * have begun in. So what an instance decided whose state is lost keeps its numbers, and nothing takes its place.
 * `startedAt`: epoch milliseconds.
 */
export function numberBefore(startedAt: number): number {
  return Math.max(0, Math.floor((startedAt - BEGINNING) / 1_000)) * NUMBERS_A_SECOND;
}
