/** A key and the moment, epoch milliseconds, at which something of it is due. */
export type Deadline = { readonly at: number; readonly key: string };

type Entry = { at: number; readonly key: string };

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
  private readonly places = new Map<string, number>();

  /** Keys with an entry. */
  get size(): number {
    return this.heap.length;
  }

  /** Tells that something of `key` is due at `at`, or nothing any more. O(log keys), O(1) when it only moved later. */
  set(key: string, at: number | undefined): void {
    const place = this.places.get(key);
    if (at === undefined) {
      if (place !== undefined) this.remove(place);
      return;
    }
    const known = place === undefined ? undefined : this.heap[place];
    if (place === undefined || known === undefined) {
      this.rise({ at, key }, this.heap.length);
    } else if (at < known.at) {
      known.at = at;
      this.rise(known, place);
    }
  }

  /** The earliest deadline; `dueAt` tells the true one of a key. Ties go by the key's text. */
  next(dueAt: (key: string) => number | undefined): Deadline | undefined {
    for (;;) {
      const top = this.heap[0];
      if (top === undefined) return undefined;
      const due = dueAt(top.key);
      if (due === top.at) return { at: top.at, key: top.key };
      if (due === undefined) {
        this.remove(0);
      } else {
        top.at = due;
        this.sink(top, 0);
      }
    }
  }

  private remove(place: number): void {
    const gone = this.heap[place];
    const last = this.heap.pop();
    if (gone === undefined || last === undefined) return;
    this.places.delete(gone.key);
    if (last === gone) return;
    this.rise(last, place);
    this.sink(last, this.places.get(last.key) ?? place);
  }

  private put(entry: Entry, place: number): void {
    this.heap[place] = entry;
    this.places.set(entry.key, place);
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
