import { Backlog, rowsOf } from './backlog.ts';
import type { Connection } from './connection.ts';
import { type Database, databaseError, failureKind } from './database.ts';
import { coverStatements, writableTogether, type WriteItem, writeStatements } from './statements.ts';

/** Rows and bytes of one transaction: from here on a row costs the same, and a question waits no longer than 50 ms. */
const BATCH_ROWS_MAX = 500;
const BATCH_BYTES_MAX = 1_024 * 1_024;
/** How long the first row of a batch waits for others: few transactions, and still there when a person looks. */
const LINGER_MS = 50;
/** After a failure; the connection has its own waits. */
const PAUSE_MS = 200;
/** How often the state of the backlog is told: more often than metrics are read. */
const TELL_EVERY_MS = 1_000;

/** What the writer tells about itself. */
export type WriterObserver = {
  readonly wrote: (kind: WriteItem['kind'], rows: number) => void;
  /** full: no room in the backlog. rejected: the database will never take them. */
  readonly dropped: (kind: WriteItem['kind'], why: 'full' | 'rejected', rows: number, detail?: string) => void;
  readonly failed: (detail: string) => void;
  readonly backlog: (rows: number, bytes: number, lagMs: number) => void;
};

/** Writes what waits, in order and in batches. Nothing waits for it; what has no room is dropped and counted. */
export class Writer {
  readonly #connection: Connection;
  readonly #observer: WriterObserver;
  readonly #now: () => number;
  readonly #backlog = new Backlog();
  /** Ends the sleep of the loop: of one that waits for rows, or of any one at the end. */
  #wake: (() => void) | undefined;
  #stopping: (() => void) | undefined;
  #emptied: (() => void)[] = [];
  #closing = false;
  readonly #done: Promise<void>;
  readonly #telling: NodeJS.Timeout;

  constructor(connection: Connection, observer: WriterObserver, now: () => number) {
    this.#connection = connection;
    this.#observer = observer;
    this.#now = now;
    this.#telling = setInterval(() => this.#tell(), TELL_EVERY_MS).unref();
    this.#done = this.#work();
  }

  add(item: WriteItem): void {
    if (this.#closing || !this.#backlog.add(item, this.#now())) {
      this.#observer.dropped(item.kind, 'full', rowsOf(item));
      return;
    }
    if (this.#backlog.rows === rowsOf(item) || this.#backlog.rows >= BATCH_ROWS_MAX) this.#wake?.();
  }

  /** Resolves when everything that waits now is written, or was dropped. */
  flushed(): Promise<void> {
    if (this.#backlog.rows === 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptied.push(resolve));
  }

  /** Writes what waits for at most `withinMs`; the rest is dropped. The connection is closed by its owner, before or after. */
  async close(withinMs: number): Promise<void> {
    const timer = setTimeout(() => this.#stop(), withinMs);
    await this.flushed();
    clearTimeout(timer);
    this.#stop();
    await this.#done;
  }

  #stop(): void {
    this.#closing = true;
    clearInterval(this.#telling);
    this.#stopping?.();
    for (const emptied of this.#emptied.splice(0)) emptied();
  }

  async #work(): Promise<void> {
    while (!this.#closing) {
      if (this.#backlog.rows === 0) await this.#sleep('row');
      if (!this.#closing && this.#backlog.rows < BATCH_ROWS_MAX) await this.#sleep('row', LINGER_MS);
      while (!this.#closing && this.#backlog.rows > 0) {
        if (!(await this.#writeSome())) await this.#sleep('end', PAUSE_MS);
      }
      for (const emptied of this.#emptied.splice(0)) emptied();
    }
  }

  /** Writes the first items; false where it must be tried again. */
  async #writeSome(): Promise<boolean> {
    const database = await this.#ready();
    if (!database) return false;
    const items = this.#backlog.peek(BATCH_ROWS_MAX, BATCH_BYTES_MAX);
    const together = items.slice(0, writableTogether(items));
    try {
      await this.#write(database, together);
      this.#backlog.remove(together.length);
      return true;
    } catch (error) {
      const { message } = databaseError(error);
      this.#observer.failed(message);
      if (failureKind(error) === 'away') this.#connection.lost(database, message);
      return false;
    }
  }

  /** Writes these items, without those that the database will never take. Writing some of them twice changes nothing. */
  async #write(database: Database, items: readonly WriteItem[]): Promise<void> {
    try {
      await database.run(writeStatements(items));
      for (const item of items) this.#observer.wrote(item.kind, rowsOf(item));
    } catch (error) {
      if (failureKind(error) !== 'data') throw error;
      const [item] = items;
      if (items.length > 1) {
        const half = Math.ceil(items.length / 2);
        await this.#write(database, items.slice(0, half));
        await this.#write(database, items.slice(half));
      } else if (item) {
        this.#observer.dropped(item.kind, 'rejected', rowsOf(item), databaseError(error).message);
        if (item.kind === 'page') await database.run(coverStatements([item.rows]));
      }
    }
  }

  async #ready(): Promise<Database | undefined> {
    const stopped = new Promise<undefined>((resolve) => {
      this.#stopping = () => resolve(undefined);
    });
    return Promise.race([this.#connection.database(), stopped]);
  }

  #tell(): void {
    const { rows, bytes, oldestAt } = this.#backlog;
    this.#observer.backlog(rows, bytes, oldestAt === undefined ? 0 : Math.max(0, this.#now() - oldestAt));
  }

  /** Until the end, for so long, or until a row makes it worth while. */
  #sleep(until: 'row' | 'end', ms?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => wake(), ms);
      const wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        this.#stopping = undefined;
        resolve();
      };
      if (until === 'row') this.#wake = wake;
      this.#stopping = wake;
    });
  }
}
