import type { Database, Opened } from './database.ts';

/** Waits between attempts to open, in milliseconds: quick after a restart of the database, easy on one that is gone. */
const BACKOFF_FIRST_MS = 500;
const BACKOFF_MOST_MS = 15_000;
const BACKOFF_FACTOR = 2;

export type ConnectionState =
  | { readonly kind: 'opening' | 'closed' }
  | { readonly kind: 'ready'; readonly database: Database }
  | { readonly kind: 'down'; readonly detail: string };

/** Keeps a database open: opens it in the background, and anew when somebody says that it is lost. */
export class Connection {
  readonly #open: () => Promise<Opened>;
  readonly #onChange: (state: ConnectionState) => void;
  #state: ConnectionState = { kind: 'opening' };
  #waiting: (() => void)[] = [];
  #wake: (() => void) | undefined;
  #working: Promise<void>;

  constructor(open: () => Promise<Opened>, onChange: (state: ConnectionState) => void) {
    this.#open = open;
    this.#onChange = onChange;
    this.#working = this.#work();
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The database, as soon as it is open; undefined when the connection was closed. */
  async database(): Promise<Database | undefined> {
    while (this.#state.kind !== 'closed') {
      if (this.#state.kind === 'ready') return this.#state.database;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return undefined;
  }

  /** Says that `database` does not answer any more. It is closed, and opened anew. */
  lost(database: Database, detail: string): void {
    if (this.#state.kind !== 'ready' || this.#state.database !== database) return;
    this.#change({ kind: 'down', detail });
    this.#working = this.#working.then(async () => {
      await database.close().catch(() => undefined);
      await this.#work();
    });
  }

  /** Closes what is open; an attempt that is under way is finished first. */
  async close(): Promise<void> {
    const { state } = this;
    this.#change({ kind: 'closed' });
    this.#wake?.();
    if (state.kind === 'ready') await state.database.close();
    await this.#working;
  }

  async #work(): Promise<void> {
    let waitMs = BACKOFF_FIRST_MS;
    while (this.#isWanted()) {
      const opened = await this.#open().catch((error: unknown): Opened => ({ ok: false, detail: String(error) }));
      if (opened.ok) {
        if (this.#isWanted()) this.#change({ kind: 'ready', database: opened.database });
        else await opened.database.close();
        return;
      }
      if (!this.#isWanted()) return;
      this.#change({ kind: 'down', detail: opened.detail });
      await this.#sleep(waitMs);
      waitMs = Math.min(waitMs * BACKOFF_FACTOR, BACKOFF_MOST_MS);
    }
  }

  #isWanted(): boolean {
    return this.#state.kind !== 'closed';
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #change(state: ConnectionState): void {
    this.#state = state;
    this.#onChange(state);
    if (state.kind === 'ready' || state.kind === 'closed') for (const wake of this.#waiting.splice(0)) wake();
  }
}
