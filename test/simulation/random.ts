/** Turns text into 32 bits: FNV-1a (Fowler, Noll, Vo). */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** Splitmix with 32 bits, a Weyl sequence through the finalizer of MurmurHash3: fills a state from one number. */
function* splitmix(seed: number): Generator<number, never> {
  for (let state = seed >>> 0; ;) {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    yield (mixed ^ (mixed >>> 16)) >>> 0;
  }
}

const rotated = (value: number, by: number): number => ((value << by) | (value >>> (32 - by))) >>> 0;

/**
 * Repeatable chance: xoshiro128** 1.1 by David Blackman and Sebastiano Vigna (prng.di.unimi.it). A fork has a stream of its
 * own, so what one part of a world draws never changes what another one gets.
 */
export class Random {
  readonly #name: string;
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(name: string) {
    this.#name = name;
    const seeds = splitmix(hashOf(name));
    this.#a = seeds.next().value;
    this.#b = seeds.next().value;
    this.#c = seeds.next().value;
    this.#d = seeds.next().value;
  }

  /** Another stream, the same for the same name. */
  fork(name: string): Random {
    return new Random(`${this.#name}/${name}`);
  }

  /** In [0, 1). */
  next(): number {
    const result = Math.imul(rotated(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotated(this.#d, 11);
    return result / 2 ** 32;
  }

  /** A whole number in [min, max]. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(first: T, ...others: readonly T[]): T {
    const place = this.int(0, others.length);
    return (place === 0 ? undefined : others[place - 1]) ?? first;
  }

  /** Waiting times of what happens at random, `mean` apart; whole. */
  spaced(mean: number): number {
    return Math.ceil(-Math.log(1 - this.next()) * mean);
  }

  /** Evenly spread over orders of magnitude, whole: as often between 1 and 10 as between 10 and 100. */
  magnitude(min: number, max: number): number {
    return Math.round(min * (max / min) ** this.next());
  }
}
