import { setImmediate } from 'node:timers/promises';

/** Longest a load keeps the thread: a reload of thousands of definitions must not delay acknowledgements. */
const TURN_MS = 10;

/** Divides long work into short turns, between which everything else in the process runs. */
export class Turns {
  #startedAt = performance.now();

  /** Call between pieces of work; gives way when the turn is used up. */
  async next(): Promise<void> {
    if (performance.now() - this.#startedAt < TURN_MS) return;
    await setImmediate();
    this.#startedAt = performance.now();
  }
}
