import type { Connection } from './connection.ts';
import { databaseError, type Statement } from './database.ts';

/** Rows deleted by one statement: a writer or a question waits for one of them at most. */
const ROWS_AT_ONCE = 500;
/** Between two looks: old rows may stay a little longer than asked. */
const LOOK_EVERY_MS = 10 * 60_000;
/** Every so many looks the database is maintained, the first time at the start. */
const MAINTAIN_EVERY = 6;
/** Between two statements, so that others come in between. */
const PAUSE_MS = 20;

const TABLES = ['events', 'runs', 'actions'] as const;
const AGE_COLUMN = { events: 'received_at', runs: 'decided_at', actions: 'at' } as const;

export type RetentionOptions = {
  readonly connection: Connection;
  /** How long rows stay, in milliseconds. */
  readonly keepMs: number;
  readonly now: () => number;
  readonly failed: (detail: string) => void;
};

/** Deletes what is older than the retention, now and then, in small steps. Gives a function that ends it. */
export function startRetention(options: RetentionOptions): () => void {
  const { connection, failed } = options;
  let isRunning = false;
  let looks = 0;
  const look = () => {
    if (isRunning) return;
    isRunning = true;
    const isDue = looks % MAINTAIN_EVERY === 0;
    looks += 1;
    deleteOld(options)
      .then(async () => {
        if (isDue) await (await connection.database())?.maintain();
      })
      .catch((error: unknown) => failed(databaseError(error).message))
      .finally(() => {
        isRunning = false;
      });
  };
  const timer = setInterval(look, LOOK_EVERY_MS).unref();
  look();
  return () => clearInterval(timer);
}

/** Deletes everything that is older than the retention; resolves with the number of rows. */
async function deleteOld({ connection, keepMs, now }: RetentionOptions): Promise<number> {
  const before = now() - keepMs;
  let deleted = 0;
  for (const table of TABLES) {
    const column = AGE_COLUMN[table];
    deleted += await repeat(connection, {
      sql: `delete from signalbox.${table} where ctid in (select ctid from signalbox.${table} where ${column} < $1 order by ${column} limit ${ROWS_AT_ONCE}) returning '1'`,
      params: [before],
    });
  }
  for (const trigger of await triggers(connection)) {
    deleted += await repeat(connection, {
      sql: `delete from signalbox.entries where ctid in (select ctid from signalbox.entries where trigger = $2 and at < $1 order by at limit ${ROWS_AT_ONCE}) returning '1'`,
      params: [before, trigger],
    });
  }
  return deleted;
}

async function triggers(connection: Connection): Promise<readonly string[]> {
  const database = await connection.database();
  const rows = await database?.run([{ sql: 'select distinct trigger from signalbox.instances', params: [] }]);
  return rows?.[0] ?? [];
}

async function repeat(connection: Connection, statement: Statement): Promise<number> {
  let deleted = 0;
  for (;;) {
    const database = await connection.database();
    const [rows = []] = (await database?.run([statement])) ?? [];
    deleted += rows.length;
    if (rows.length < ROWS_AT_ONCE) return deleted;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
