import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';

import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import { Client } from 'pg';

import { databaseError, type Statement } from './database.ts';
import { migrate } from './migrate.ts';
import type { ThreadReply, ThreadRequest } from './embedded.ts';

/** What accepts and decides goes first where cores are short; on Linux a priority belongs to one thread. */
const NICENESS = 10;

/**
 * How PGlite is started besides its own settings. A torn page after a power loss costs a store that can be rebuilt, and
 * pages written whole to the log would double what is written; the cache is a part of the memory of the service.
 */
const SETTINGS = {
  full_page_writes: 'off',
  synchronous_commit: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  shared_buffers: '64MB',
  max_wal_size: '256MB',
  min_wal_size: '32MB',
  jit: 'off',
} as const;

async function open(dataDir: string): Promise<PGlite> {
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return PGlite.create({ dataDir, startParams: [...PGlite.defaultStartParams, ...settings] });
}

async function run(database: PGlite, statements: readonly Statement[]): Promise<string[][]> {
  return database.transaction(async (tx) => {
    const results: string[][] = [];
    for (const { sql, params } of statements) {
      const { rows } = await tx.query<unknown[]>(sql, [...params], { rowMode: 'array' });
      results.push(rows.map((row) => String(row[0])));
    }
    return results;
  });
}

async function maintain(database: PGlite): Promise<string[][]> {
  await database.exec('vacuum (analyze)');
  return [];
}

async function serve(dataDir: string): Promise<void> {
  const database = await open(dataDir);
  const client = new Client(createPgConfig(database));
  await client.connect();
  const migrated = await migrate(client);
  if (!migrated.ok) {
    await database.close();
    reply({ kind: 'refused', detail: migrated.detail });
    return;
  }
  if (process.platform === 'linux') setPriority(NICENESS);
  reply({ kind: 'open' });
  parentPort?.on('message', (request: ThreadRequest) => {
    if (request.kind === 'close') {
      void database.close().finally(() => {
        reply({ kind: 'closed' });
        parentPort?.close();
      });
      return;
    }
    const { id } = request;
    const done = request.kind === 'run' ? run(database, request.statements) : maintain(database);
    done.then(
      (rows) => reply({ kind: 'rows', id, rows }),
      (error: unknown) => {
        const { message, sqlState } = databaseError(error);
        reply({ kind: 'failed', id, message, ...(sqlState !== undefined && { sqlState }) });
      },
    );
  });
}

function reply(message: ThreadReply): void {
  parentPort?.postMessage(message);
}

const { dataDir }: { readonly dataDir: string } = workerData;
serve(dataDir).catch((error: unknown) => {
  reply({ kind: 'refused', detail: `The store in ${dataDir} cannot be opened: ${databaseError(error).message}` });
  parentPort?.close();
});
