import { existsSync, mkdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

import { type Database, DatabaseError, type Opened, type Statement } from './database.ts';

/** What the thread is asked. */
export type ThreadRequest =
  | { readonly kind: 'run'; readonly id: number; readonly statements: readonly Statement[] }
  | { readonly kind: 'maintain'; readonly id: number }
  | { readonly kind: 'close' };

/** What the thread says. */
export type ThreadReply =
  | { readonly kind: 'open' | 'closed' }
  | { readonly kind: 'refused'; readonly detail: string }
  | { readonly kind: 'rows'; readonly id: number; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string; readonly sqlState?: string };

/** A statement that takes longer has hung: WebAssembly cannot be interrupted, so its thread is ended. */
const ANSWER_MS = 60_000;
/** Looking at every row of a large store takes minutes on a busy machine. */
const MAINTAIN_MS = 15 * 60_000;
/** Closing writes a checkpoint. */
const CLOSE_MS = 10_000;

const THREAD = new URL(`./embedded-thread${extname(fileURLToPath(import.meta.url))}`, import.meta.url);

/** Run from sources, a thread has to be told how to read TypeScript: it does not have the loader of the process. */
function startThread(dataDir: string): Worker {
  const workerData = { dataDir };
  if (!THREAD.pathname.endsWith('.ts')) return new Worker(THREAD, { workerData });
  const code = `import('tsx/esm/api').then((tsx) => { tsx.register(); return import('${THREAD.href}'); });`;
  return new Worker(code, { eval: true, workerData });
}

/** Opens (and makes) the PGlite database in `dataDir`, in a thread of its own. Nobody else may have it open. */
export async function openEmbedded(dataDir: string): Promise<Opened> {
  mkdirSync(dataDir, { recursive: true });
  const thread = startThread(dataDir);
  const database = new EmbeddedDatabase(thread, dataDir);
  return database.opened();
}

type Waiting = {
  readonly resolve: (rows: readonly (readonly string[])[]) => void;
  readonly reject: (error: DatabaseError) => void;
  readonly timer: NodeJS.Timeout;
};

class EmbeddedDatabase implements Database {
  readonly #thread: Worker;
  readonly #dataDir: string;
  readonly #waiting = new Map<number, Waiting>();
  readonly #opening: Promise<Opened>;
  readonly #ended: Promise<void>;
  #settle: (opened: Opened) => void = () => undefined;
  #next = 0;
  #maintained: Promise<void> = Promise.resolve();
  #gone: string | undefined;

  constructor(thread: Worker, dataDir: string) {
    this.#thread = thread;
    this.#dataDir = dataDir;
    this.#opening = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#ended = new Promise((resolve) => {
      thread.once('exit', () => {
        this.#lose('the thread of the store has ended');
        resolve();
      });
    });
    thread.on('message', (reply: ThreadReply) => this.#hear(reply));
    thread.on('error', (error) => this.#lose(error.message));
  }

  opened(): Promise<Opened> {
    return this.#opening;
  }

  async run(statements: readonly Statement[]): Promise<readonly (readonly string[])[]> {
    await this.#maintained;
    // The files that are open outlive their directory: what is written then is lost without a word.
    if (!existsSync(join(this.#dataDir, 'PG_VERSION'))) this.#end('the directory of the store is gone');
    if (this.#gone !== undefined) throw new DatabaseError(this.#gone, undefined);
    const id = (this.#next += 1);
    return this.#answered({ kind: 'run', id, statements }, ANSWER_MS);
  }

  async maintain(): Promise<void> {
    if (this.#gone !== undefined) return;
    const done = this.#answered({ kind: 'maintain', id: (this.#next += 1) }, MAINTAIN_MS);
    // What comes meanwhile waits here, so that its own time begins when the thread can look at it.
    this.#maintained = done.then(
      () => undefined,
      () => undefined,
    );
    await done;
  }

  async close(): Promise<void> {
    if (this.#gone === undefined) this.#ask({ kind: 'close' });
    const timer = setTimeout(() => void this.#thread.terminate(), CLOSE_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  #answered(
    request: Exclude<ThreadRequest, { kind: 'close' }>,
    withinMs: number,
  ): Promise<readonly (readonly string[])[]> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#end(`no answer within ${withinMs / 1_000} s`), withinMs);
      timer.unref();
      this.#waiting.set(request.id, { resolve, reject, timer });
      this.#ask(request);
    });
  }

  #ask(request: ThreadRequest): void {
    this.#thread.postMessage(request);
  }

  #hear(reply: ThreadReply): void {
    switch (reply.kind) {
      case 'open':
        this.#settle({ ok: true, database: this });
        return;
      case 'refused':
        this.#settle({ ok: false, detail: reply.detail });
        this.#end(reply.detail);
        return;
      case 'rows':
        this.#take(reply.id)?.resolve(reply.rows);
        return;
      case 'failed':
        this.#take(reply.id)?.reject(new DatabaseError(reply.message, reply.sqlState));
        return;
      case 'closed':
        this.#lose('the store is closed');
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.timer);
    return waiting;
  }

  #end(why: string): void {
    this.#lose(why);
    void this.#thread.terminate();
  }

  #lose(why: string): void {
    this.#gone ??= why;
    this.#settle({ ok: false, detail: `The store in ${this.#dataDir} cannot be opened: ${why}` });
    for (const id of this.#waiting.keys()) this.#take(id)?.reject(new DatabaseError(why, undefined));
  }
}
