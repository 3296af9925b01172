/** A key and the moment, epoch milliseconds, at which something of it is due. */
export type Deadline = { readonly at: number; readonly key: string };

function isBefore(a: Deadline, b: Deadline): boolean {
  return a.at < b.at || (a.at === b.at && a.key < b.key);
}

/**
 * The next moment anything is due, over all keys: a binary heap with one live entry a key. It is derived from the keys'
 * state, never carried. A key whose deadline moves later keeps its early entry until that surfaces, so a window that every
 * event extends costs nothing here.
 */
export class Deadlines {
  private readonly heap: Deadline[] = [];
  private readonly scheduled = new Map<string, number>();

  /** Tells that something of `key` is due at `at`, or nothing any more. O(log keys), O(1) when it only moved later. */
  set(key: string, at: number | undefined): void {
    if (at === undefined) {
      this.scheduled.delete(key);
      return;
    }
    const known = this.scheduled.get(key);
    if (known !== undefined && known <= at) return;
    this.scheduled.set(key, at);
    this.push({ at, key });
  }

  /** The earliest deadline; `dueAt` tells the true one of a key. Ties go by the key's text. */
  next(dueAt: (key: string) => number | undefined): Deadline | undefined {
    for (;;) {
      const top = this.heap[0];
      if (top === undefined) return undefined;
      const live = this.scheduled.get(top.key) === top.at;
      const due = live ? dueAt(top.key) : undefined;
      if (due === top.at) return top;
      this.pop();
      if (!live) continue;
      this.scheduled.delete(top.key);
      this.set(top.key, due);
    }
  }

  private push(entry: Deadline): void {
    let index = this.heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.heap[parent];
      if (above === undefined || !isBefore(entry, above)) break;
      this.heap[index] = above;
      index = parent;
    }
    this.heap[index] = entry;
  }

  private pop(): void {
    const last = this.heap.pop();
    if (last === undefined || this.heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = this.heap[left + 1];
      const first = this.heap[left];
      if (first === undefined) break;
      const useRight = right !== undefined && isBefore(right, first);
      const child = useRight ? right : first;
      if (!isBefore(child, last)) break;
      this.heap[index] = child;
      index = useRight ? left + 1 : left;
    }
    this.heap[index] = last;
  }
}
