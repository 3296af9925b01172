type Entry = { readonly at: number; readonly order: number; readonly act: () => void };

const isBefore = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** What will happen in virtual time: a binary heap; at one moment what was planned first comes first. */
export class Agenda {
  /** Virtual now, epoch milliseconds. */
  now: number;
  /** How much has happened. */
  happened = 0;
  readonly #heap: Entry[] = [];
  #planned = 0;

  constructor(startAt: number) {
    this.now = startAt;
  }

  /** Plans something, at the earliest now. */
  at(moment: number, act: () => void): void {
    this.#planned += 1;
    const entry = { at: Math.max(this.now, moment), order: this.#planned, act };
    let place = this.#heap.length;
    for (let parent = (place - 1) >> 1; place > 0; parent = (place - 1) >> 1) {
      const above = this.#heap[parent];
      if (above === undefined || !isBefore(entry, above)) break;
      this.#heap[place] = above;
      place = parent;
    }
    this.#heap[place] = entry;
  }

  after(ms: number, act: () => void): void {
    this.at(this.now + ms, act);
  }

  /** When something happens next, epoch milliseconds; Infinity where nothing is planned. */
  get nextAt(): number {
    return this.#heap[0]?.at ?? Infinity;
  }

  /** Everything planned happens, at its moment, up to `untilMs`. */
  advance(untilMs: number): void {
    while (this.nextAt <= untilMs) {
      const [next] = this.#heap;
      this.#take();
      this.now = next?.at ?? this.now;
      this.happened += 1;
      next?.act();
    }
    this.now = Math.max(this.now, untilMs);
  }

  #take(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const one = this.#heap[left];
      const other = this.#heap[left + 1];
      if (one === undefined) break;
      const isOther = other !== undefined && isBefore(other, one);
      const child = isOther ? other : one;
      if (!isBefore(child, last)) break;
      this.#heap[place] = child;
      place = isOther ? left + 1 : left;
    }
    this.#heap[place] = last;
  }
}
