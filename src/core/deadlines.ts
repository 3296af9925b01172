/** A key and the moment, epoch milliseconds, at which something of it is due. */
export type Deadline = { readonly at: number; readonly key: string };

/** `place` is where it stands in the heap. */
type Entry = { at: number; readonly key: string; place: number };

function isBefore(a: Deadline, b: Deadline): boolean {
  return a.at < b.at || (a.at === b.at && a.key < b.key);
}

/**
 * The next moment anything is due, over all keys: a binary heap with one entry a key. It is derived from the keys' state,
 * never carried. An entry is never later than what is due; one that is earlier is corrected when it surfaces, so a window
 * that every event extends costs nothing here.
 */
export class Deadlines {
  private readonly heap: Entry[] = [];
  private readonly entries = new Map<string, Entry>();

  /** Keys with an entry. */
  get size(): number {
    return this.heap.length;
  }

  /** A moment before which nothing is due; Infinity where nothing is due at all. */
  get earliest(): number {
    return this.heap[0]?.at ?? Infinity;
  }

  /** Tells that something of `key` is due at `at`, or nothing any more. O(log keys), O(1) when it only moved later. */
  set(key: string, at: number | undefined): void {
    const known = this.entries.get(key);
    if (at === undefined) {
      if (known) this.remove(known);
    } else if (known === undefined) {
      const entry = { at, key, place: this.heap.length };
      this.entries.set(key, entry);
      this.rise(entry, entry.place);
    } else if (at < known.at) {
      known.at = at;
      this.rise(known, known.place);
    }
  }

  /** The earliest deadline; `dueAt` tells the true one of a key. Ties go by the key's text. */
  next(dueAt: (key: string) => number | undefined): Deadline | undefined {
    for (;;) {
      const top = this.heap[0];
      if (top === undefined) return undefined;
      const due = dueAt(top.key);
      if (due === top.at) return { at: due, key: top.key };
      if (due === undefined) {
        this.remove(top);
      } else {
        top.at = due;
        this.sink(top, 0);
      }
    }
  }

  private remove(gone: Entry): void {
    this.entries.delete(gone.key);
    const last = this.heap.pop();
    if (last === undefined || last === gone) return;
    this.rise(last, gone.place);
    this.sink(last, last.place);
  }

  private put(entry: Entry, place: number): void {
    this.heap[place] = entry;
    entry.place = place;
  }

  private rise(entry: Entry, from: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.heap[parent];
      if (above === undefined || !isBefore(entry, above)) break;
      this.put(above, place);
      place = parent;
    }
    this.put(entry, place);
  }

  private sink(entry: Entry, from: number): void {
    let place = from;
    for (;;) {
      const left = 2 * place + 1;
      const first = this.heap[left];
      const second = this.heap[left + 1];
      if (first === undefined) break;
      const useSecond = second !== undefined && isBefore(second, first);
      const child = useSecond ? second : first;
      if (!isBefore(child, entry)) break;
      this.put(child, place);
      place = useSecond ? left + 1 : left;
    }
    this.put(entry, place);
  }
}
