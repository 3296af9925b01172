import type { Arrival } from './arrival.ts';

/** Events kept back so that later lines can come before them; more would not stay small in memory. */
const KEPT_EVENTS_MAX = 10_000;
/** The same in bytes of their lines: parsed they take about four times as much. */
const KEPT_BYTES_MAX = 32 * 1_024 * 1_024;

/**
 * Puts arrivals into the order of their time, within a bounded buffer. One that comes after the buffer has let go of later
 * ones counts as arriving when the latest of those did: kept, and counted.
 */
export class InOrder {
  /** A binary heap, the earliest arrival at its root. */
  readonly #heap: Arrival[] = [];
  #bytes = 0;
  #latestSeenAt = -Infinity;
  #clock = -Infinity;
  /** Lines that came after a line with a later time. */
  unordered = 0;
  /** Those among them that came too late for the buffer, and by how much the latest of them did, in milliseconds. */
  late = 0;
  latestByMs = 0;

  /** Takes one arrival; gives those whose turn it is now. */
  *push(arrival: Arrival): Generator<Arrival> {
    if (arrival.receivedAt < this.#latestSeenAt) this.unordered += 1;
    else this.#latestSeenAt = arrival.receivedAt;
    if (arrival.receivedAt < this.#clock) {
      this.late += 1;
      this.latestByMs = Math.max(this.latestByMs, this.#clock - arrival.receivedAt);
      yield { ...arrival, receivedAt: this.#clock };
      return;
    }
    this.#bytes += arrival.bytes;
    this.#rise(arrival);
    while (this.#heap.length > KEPT_EVENTS_MAX || this.#bytes > KEPT_BYTES_MAX) yield* this.#first();
  }

  /** Gives everything that is left. */
  *end(): Generator<Arrival> {
    while (this.#heap.length > 0) yield* this.#first();
  }

  *#first(): Generator<Arrival> {
    const [first] = this.#heap;
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) return;
    if (last !== first) this.#sink(last);
    this.#bytes -= first.bytes;
    this.#clock = first.receivedAt;
    yield first;
  }

  #rise(arrival: Arrival): void {
    const heap = this.#heap;
    let place = heap.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(arrival, above)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = arrival;
  }

  #sink(arrival: Arrival): void {
    const heap = this.#heap;
    let place = 0;
    for (;;) {
      const left = heap[2 * place + 1];
      const right = heap[2 * place + 2];
      if (left === undefined) break;
      const useRight = right !== undefined && isBefore(right, left);
      const child = useRight ? right : left;
      if (!isBefore(child, arrival)) break;
      heap[place] = child;
      place = 2 * place + (useRight ? 2 : 1);
    }
    heap[place] = arrival;
  }
}

/** Lines of the same moment stay in the order of the input. */
function isBefore(one: Arrival, other: Arrival): boolean {
  return one.receivedAt < other.receivedAt || (one.receivedAt === other.receivedAt && one.line < other.line);
}
