/** Keys of which dropped data is remembered: as many as an instance may have live. */
const DROPPED_KEYS_MAX = 10_000;
/** Closed entries are cleared away when there are more of them than open ones, and at least so many. */
const CLOSED_MIN = 1_000;

type Entry = { readonly at: number; isOpen: boolean; heldAt?: number };

/**
 * The data of one trigger that is in no run yet, and how old the oldest of it is. Data that a stage dropped is in no run of
 * its own: the next run of its key covers it, for a pipeline reads what is there when it starts.
 */
export class Waiting {
  readonly #byId = new Map<string, Entry>();
  readonly #droppedByKey = new Map<string, Entry>();
  /** In the order of arrival; entries that wait no longer stay until they are cleared away. */
  #entries: Entry[] = [];
  #first = 0;
  #closed = 0;
  /** Keys whose dropped data was let go of, so that memory stays flat: it no longer counts as waiting. */
  forgottenKeys = 0;

  /** When the oldest of it arrived, epoch milliseconds; undefined where nothing waits. */
  get oldestAt(): number | undefined {
    for (; this.#first < this.#entries.length; this.#first += 1) {
      const entry = this.#entries[this.#first];
      if (entry?.isOpen) return entry.at;
    }
    return undefined;
  }

  arrived(eventId: string, at: number): void {
    const entry = { at, isOpen: true };
    this.#byId.set(eventId, entry);
    this.#entries.push(entry);
  }

  /** An admission stage keeps it back from `at` on. */
  held(eventId: string, at: number): void {
    const entry = this.#byId.get(eventId);
    if (entry) entry.heldAt ??= at;
  }

  /** It is in a run now, or it is no data. Gives when it was first held back, if it was. */
  done(eventId: string): number | undefined {
    const entry = this.#byId.get(eventId);
    if (!entry) return undefined;
    this.#byId.delete(eventId);
    this.#close(entry);
    return entry.heldAt;
  }

  /** It will be in no run of its own. */
  dropped(eventId: string, key: string): void {
    const entry = this.#byId.get(eventId);
    if (!entry) return;
    this.#byId.delete(eventId);
    const earlier = this.#droppedByKey.get(key);
    if (earlier && earlier.at <= entry.at) {
      this.#close(entry);
      return;
    }
    if (earlier) this.#close(earlier);
    this.#droppedByKey.set(key, entry);
    if (this.#droppedByKey.size <= DROPPED_KEYS_MAX) return;
    for (const [oldest, forgotten] of this.#droppedByKey) {
      this.#droppedByKey.delete(oldest);
      this.#close(forgotten);
      this.forgottenKeys += 1;
      return;
    }
  }

  /** A run of the key started: it covers what was dropped before. */
  ran(key: string): void {
    const entry = this.#droppedByKey.get(key);
    if (!entry) return;
    this.#droppedByKey.delete(key);
    this.#close(entry);
  }

  #close(entry: Entry): void {
    entry.isOpen = false;
    this.#closed += 1;
    if (this.#closed < CLOSED_MIN || 2 * this.#closed < this.#entries.length) return;
    this.#entries = this.#entries.filter((one) => one.isOpen);
    this.#first = 0;
    this.#closed = 0;
  }
}
