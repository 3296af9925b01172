/** Bars of a timeline: one is two to four pixels wide on a page. */
const BINS_MAX = 240;
/** Width of a bar at first; it doubles as the span grows. */
const WIDTH_MIN_MS = 1_000;

/** What happened when, in bars of equal width that together cover the span, however long that is. */
export type Bars = {
  readonly fromAt: number;
  readonly widthMs: number;
  readonly events: readonly number[];
  readonly runs: readonly number[];
  /** Whether something was held back by an admission stage. */
  readonly held: readonly boolean[];
};

/** Counts into bars while time goes on; its size does not depend on how much is counted. */
export class Timeline {
  readonly #fromAt: number;
  #widthMs = WIDTH_MIN_MS;
  #events: number[] = [];
  #runs: number[] = [];
  #heldFrom: number[] = [];
  #heldUntil: number[] = [];

  constructor(fromAt: number) {
    this.#fromAt = fromAt;
  }

  event(at: number): void {
    const bin = this.#binOf(at);
    this.#events[bin] = (this.#events[bin] ?? 0) + 1;
  }

  run(at: number): void {
    const bin = this.#binOf(at);
    this.#runs[bin] = (this.#runs[bin] ?? 0) + 1;
  }

  held(fromAt: number, untilAt: number): void {
    const until = this.#binOf(untilAt);
    const from = this.#binOf(fromAt);
    this.#heldFrom[from] = (this.#heldFrom[from] ?? 0) + 1;
    this.#heldUntil[until] = (this.#heldUntil[until] ?? 0) + 1;
  }

  /** Everything up to a moment. */
  bars(untilAt: number): Bars {
    const bins = Array.from({ length: this.#binOf(untilAt) + 1 }, (_, bin) => bin);
    let open = 0;
    const held = bins.map((bin) => {
      open += this.#heldFrom[bin] ?? 0;
      const some = open > 0;
      open -= this.#heldUntil[bin] ?? 0;
      return some;
    });
    const counts = (of: readonly number[]): readonly number[] => bins.map((bin) => of[bin] ?? 0);
    return {
      fromAt: this.#fromAt,
      widthMs: this.#widthMs,
      events: counts(this.#events),
      runs: counts(this.#runs),
      held,
    };
  }

  #binOf(at: number): number {
    while (at - this.#fromAt >= BINS_MAX * this.#widthMs) this.#double();
    return Math.max(0, Math.floor((at - this.#fromAt) / this.#widthMs));
  }

  #double(): void {
    this.#widthMs *= 2;
    this.#events = inPairs(this.#events);
    this.#runs = inPairs(this.#runs);
    this.#heldFrom = inPairs(this.#heldFrom);
    this.#heldUntil = inPairs(this.#heldUntil);
  }
}

function inPairs(counts: readonly number[]): number[] {
  const length = Math.ceil(counts.length / 2);
  return Array.from({ length }, (_, bin) => (counts[2 * bin] ?? 0) + (counts[2 * bin + 1] ?? 0));
}
