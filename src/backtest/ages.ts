/** A bin of a distribution is 2 % wide: finer than anybody reads it. */
const GROWTH = 1.02;
const LOG_GROWTH = Math.log(GROWTH);
/** Bins up to 30 years in milliseconds; longer ones count as the last. */
const BINS = 2 + Math.ceil(Math.log(30 * 365 * 86_400_000) / LOG_GROWTH);

/** Bin 0 holds what is below 1 ms. */
function binOf(ms: number): number {
  return ms < 1 ? 0 : Math.min(BINS - 1, 1 + Math.floor(Math.log(ms) / LOG_GROWTH));
}

const LOWER_MS = Float64Array.from({ length: BINS + 1 }, (_, bin) => (bin === 0 ? 0 : GROWTH ** (bin - 1)));

function lowerOf(bin: number): number {
  return LOWER_MS[bin] ?? 0;
}

/** How long spans were, in milliseconds: constant memory, quantiles within 2 %, exact where all spans are equal. */
export class Spans {
  readonly #counts = new Float64Array(BINS);
  readonly #sums = new Float64Array(BINS);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(ms: number): void {
    const bin = binOf(ms);
    this.#counts[bin] = (this.#counts[bin] ?? 0) + 1;
    this.#sums[bin] = (this.#sums[bin] ?? 0) + ms;
    this.#count += 1;
  }

  /** The span that a share `q` of all spans does not exceed; undefined where there are none. */
  quantile(q: number): number | undefined {
    let left = Math.max(1, Math.ceil(q * this.#count));
    for (let bin = 0; bin < BINS; bin += 1) {
      const count = this.#counts[bin] ?? 0;
      left -= count;
      if (count > 0 && left <= 0) return (this.#sums[bin] ?? 0) / count;
    }
    return undefined;
  }
}

/** For how much of the time something had which age, in milliseconds: constant memory, quantiles within 2 %. */
export class Ages {
  /** Time spent in a part of a bin. */
  readonly #partMs = new Float64Array(BINS);
  /** How often all of a bin was passed: one more from this bin on, or one less. */
  readonly #wholes = new Float64Array(BINS + 1);
  #zeroMs = 0;
  #totalMs = 0;

  /** For `forMs` the age was zero. */
  none(forMs: number): void {
    this.#zeroMs += forMs;
    this.#totalMs += forMs;
  }

  /** Time passed while the age grew from one value to another: as much time as it grew. */
  grew(fromMs: number, toMs: number): void {
    if (toMs <= fromMs) return;
    const [first, last] = [binOf(fromMs), binOf(toMs)];
    this.#totalMs += toMs - fromMs;
    if (first === last) {
      this.#partMs[first] = (this.#partMs[first] ?? 0) + toMs - fromMs;
      return;
    }
    this.#partMs[first] = (this.#partMs[first] ?? 0) + lowerOf(first + 1) - fromMs;
    this.#partMs[last] = (this.#partMs[last] ?? 0) + toMs - lowerOf(last);
    this.#wholes[first + 1] = (this.#wholes[first + 1] ?? 0) + 1;
    this.#wholes[last] = (this.#wholes[last] ?? 0) - 1;
  }

  addAll(other: Ages): void {
    for (let bin = 0; bin < BINS; bin += 1) {
      this.#partMs[bin] = (this.#partMs[bin] ?? 0) + (other.#partMs[bin] ?? 0);
      this.#wholes[bin] = (this.#wholes[bin] ?? 0) + (other.#wholes[bin] ?? 0);
    }
    this.#zeroMs += other.#zeroMs;
    this.#totalMs += other.#totalMs;
  }

  /** The age that was not exceeded for a share `q` of the time, 0 where no time passed. */
  quantile(q: number): number {
    let left = q * this.#totalMs - this.#zeroMs;
    if (left <= 0) return 0;
    let wholes = 0;
    for (let bin = 0; bin < BINS; bin += 1) {
      wholes += this.#wholes[bin] ?? 0;
      const width = lowerOf(bin + 1) - lowerOf(bin);
      const spent = (this.#partMs[bin] ?? 0) + wholes * width;
      if (spent >= left && spent > 0) return lowerOf(bin) + width * (left / spent);
      left -= spent;
    }
    return lowerOf(BINS - 1);
  }
}

/** Integrates the age of what has waited longest, as time passes. */
export class AgeClock {
  readonly ages = new Ages();
  #at: number;

  constructor(startAt: number) {
    this.#at = startAt;
  }

  /** Time passes to `at`, during which the oldest thing that waited had come at `oldestAt`; undefined: nothing waited. */
  passTo(at: number, oldestAt: number | undefined): void {
    if (at <= this.#at) return;
    if (oldestAt === undefined) this.ages.none(at - this.#at);
    else this.ages.grew(this.#at - oldestAt, at - oldestAt);
    this.#at = at;
  }
}
