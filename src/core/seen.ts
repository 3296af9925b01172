import { IDENTITIES_MAX } from './limits.ts';

/** One remembered identity: the hash of its first body ('' for a `dedupe.by` identity) and when it came first. */
export type Seen = { readonly body: string; readonly at: number };

type Entry = Seen & { readonly id: string };

const ID_LENGTH = 12;
const BODY_LENGTH = 6;
const TIME_LENGTH = 6;
const RECORD_LENGTH = ID_LENGTH + BODY_LENGTH + TIME_LENGTH;
const NO_BODY = '.'.repeat(BODY_LENGTH);
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** Relative times have six base-64 digits: 2.1 years in milliseconds. */
const TIME_MAX = 64 ** TIME_LENGTH - 1;

/**
 * The identities an instance has seen, oldest first, at most 20,000. Looking up and adding are O(1). An identity is cut to
 * 72 bits, which 20,000 random ones share by chance once in 10^13 instances; the body hash is cut to 36 bits.
 */
export class SeenIdentities {
  private readonly entries = new Map<string, Entry>();
  /** All entries in the order they came, from `first` on. One whose identity came again later is no longer in the map. */
  private queue: Entry[] = [];
  private first = 0;

  get size(): number {
    return this.entries.size;
  }

  /** When the identity was seen first within `windowMs` before `nowMs`; undefined otherwise. */
  find(identity: string, nowMs: number, windowMs: number): Seen | undefined {
    const seen = this.entries.get(identity.slice(0, ID_LENGTH));
    return seen && counts(nowMs - seen.at, windowMs) ? seen : undefined;
  }

  /** Lets go of what was seen before `windowMs`. Changes the structure in place. */
  forget(nowMs: number, windowMs: number): void {
    for (let oldest = this.oldest(); oldest && !counts(nowMs - oldest.at, windowMs); oldest = this.oldest()) {
      this.entries.delete(oldest.id);
    }
  }

  /** Whether a body hash is the one that came first. */
  static sameBody(seen: Seen, body: string): boolean {
    return seen.body === body.slice(0, BODY_LENGTH);
  }

  /** Remembers an identity as the newest and lets go of the oldest above the cap. Changes the structure in place. */
  add(identity: string, body: string, at: number): void {
    const entry = { id: identity.slice(0, ID_LENGTH), body: body.slice(0, BODY_LENGTH), at };
    this.entries.set(entry.id, entry);
    this.queue.push(entry);
    if (this.queue.length > 2 * IDENTITIES_MAX) this.compact();
    const oldest = this.entries.size > IDENTITIES_MAX ? this.oldest() : undefined;
    if (oldest) this.entries.delete(oldest.id);
  }

  /** When the oldest remembered identity was seen, epoch milliseconds: how far back dedup reaches. */
  oldestAt(): number | undefined {
    return this.oldest()?.at;
  }

  /** The oldest entry that counts; what precedes it in the queue is let go of. */
  private oldest(): Entry | undefined {
    for (; this.first < this.queue.length; this.first += 1) {
      const entry = this.queue[this.first];
      if (entry && this.entries.get(entry.id) === entry) break;
    }
    return this.queue[this.first];
  }

  /** Leaves the entries that count, at most half of what is there: so adding stays O(1) on average. */
  private compact(): void {
    this.queue = this.queue.filter((entry) => this.entries.get(entry.id) === entry);
    this.first = 0;
  }

  /** 24 characters an identity; those outside `windowMs` are left out, they no longer decide anything. */
  pack(nowMs: number, windowMs: number): string {
    const parts: string[] = [];
    for (let place = this.first; place < this.queue.length; place += 1) {
      const entry = this.queue[place];
      if (!entry || this.entries.get(entry.id) !== entry) continue;
      const { id, body, at } = entry;
      const ageMs = nowMs - at;
      if (counts(ageMs, windowMs)) parts.push(id, body === '' ? NO_BODY : body, encode(ageMs));
    }
    return parts.join('');
  }

  /** The inverse of `pack`, with the same `nowMs`. */
  static unpack(packed: string, nowMs: number): SeenIdentities {
    const seen = new SeenIdentities();
    for (let start = 0; start + RECORD_LENGTH <= packed.length; start += RECORD_LENGTH) {
      const body = packed.slice(start + ID_LENGTH, start + ID_LENGTH + BODY_LENGTH);
      const age = decode(packed.slice(start + ID_LENGTH + BODY_LENGTH, start + RECORD_LENGTH));
      seen.add(packed.slice(start, start + ID_LENGTH), body === NO_BODY ? '' : body, nowMs - age);
    }
    return seen;
  }
}

/** Whether something seen so long ago still decides: 2.1 years is the longest any window reaches. */
function counts(ageMs: number, windowMs: number): boolean {
  return ageMs < windowMs && ageMs <= TIME_MAX;
}

function encode(value: number): string {
  let rest = value;
  let text = '';
  for (let digit = 0; digit < TIME_LENGTH; digit += 1) {
    text = DIGITS.charAt(rest % 64) + text;
    rest = Math.floor(rest / 64);
  }
  return text;
}

function decode(text: string): number {
  let value = 0;
  for (const digit of text) value = value * 64 + DIGITS.indexOf(digit);
  return value;
}
