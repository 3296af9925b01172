import { Pool, type PoolClient } from 'pg';

import { type Database, databaseError, type Opened, type Statement } from './database.ts';
import { migrate } from './migrate.ts';

/** One for the writer, the others for questions. */
const CONNECTIONS_MAX = 4;
const CONNECT_MS = 5_000;
/** A statement that takes longer is ended by the server; the client gives up a little later, for a server that is gone. */
const STATEMENT_MS = 30_000;
const ANSWER_MS = 35_000;

/** Opens a PostgreSQL database. `url` holds a password: it stands in no message. */
export async function openPostgres(url: string): Promise<Opened> {
  const pool = new Pool({
    connectionString: url,
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: ANSWER_MS,
    application_name: 'signalbox',
  });
  // A connection that breaks while nobody uses it; the next one to be used says so itself.
  pool.on('error', () => undefined);
  try {
    const client = await pool.connect();
    try {
      const migrated = await migrate(client);
      if (migrated.ok) return { ok: true, database: databaseOf(pool) };
      void pool.end();
      return migrated;
    } finally {
      client.release();
    }
  } catch (error) {
    void pool.end();
    const { message, sqlState } = databaseError(error);
    return { ok: false, detail: `The database of DATABASE_URL cannot be used: ${sqlState ?? ''} ${message}`.trim() };
  }
}

function databaseOf(pool: Pool): Database {
  return {
    run: async (statements) => {
      const client = await pool.connect().catch((error: unknown) => Promise.reject(databaseError(error)));
      try {
        const rows = await transaction(client, statements);
        client.release();
        return rows;
      } catch (error) {
        const failure = databaseError(error);
        const isBroken = failure.sqlState === undefined || !(await rolledBack(client));
        client.release(isBroken);
        throw failure;
      }
    },
    // Autovacuum.
    maintain: () => Promise.resolve(),
    close: () => pool.end(),
  };
}

async function transaction(client: PoolClient, statements: readonly Statement[]): Promise<string[][]> {
  const results: string[][] = [];
  const isOne = statements.length === 1;
  if (!isOne) await client.query('begin');
  for (const { sql, params } of statements) {
    const { rows } = await client.query<unknown[]>({ text: sql, values: [...params], rowMode: 'array' });
    results.push(rows.map((row) => String(row[0])));
  }
  if (!isOne) await client.query('commit');
  return results;
}

async function rolledBack(client: PoolClient): Promise<boolean> {
  return client.query('rollback').then(
    () => true,
    () => false,
  );
}
