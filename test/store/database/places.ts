import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import { Client } from 'pg';

import { openEmbedded } from '../../../src/store/embedded.ts';
import type { StorePlace } from '../../../src/store/open.ts';
import { findPostgres, type PostgresServer, startPostgres } from './postgres-server.ts';

/** A database that the same tests run on. */
export type Places = {
  readonly name: string;
  /** Why its tests are skipped on this machine. */
  readonly missing?: string;
  readonly start: () => Promise<void>;
  /** A place where nothing is. */
  readonly empty: () => Promise<StorePlace>;
  readonly stop: () => Promise<void>;
};

/** The embedded database, and PostgreSQL where this machine has one. */
export const PLACES: readonly Places[] = [embedded(), postgres()];

function embedded(): Places {
  let folder = '';
  let count = 0;
  return {
    name: 'PGlite',
    // Making a database takes seconds; the others are copies of this one.
    start: async () => {
      folder = mkdtempSync(join(tmpdir(), 'signalbox-store-'));
      const made = await openEmbedded(join(folder, 'empty'));
      if (!made.ok) throw new Error(made.detail);
      await made.database.close();
    },
    empty: () => {
      count += 1;
      const directory = join(folder, `store-${count}`);
      cpSync(join(folder, 'empty'), directory, { recursive: true });
      return Promise.resolve({ kind: 'embedded', directory });
    },
    stop: () => {
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

function postgres(): Places {
  const bin = findPostgres();
  let server: PostgresServer | undefined;
  let databases = 0;
  return {
    name: 'PostgreSQL',
    ...(bin === undefined && {
      missing: 'initdb and postgres are not on this machine: install PostgreSQL to run these',
    }),
    start: async () => {
      if (bin !== undefined) server = await startPostgres(bin);
    },
    empty: async () => {
      if (!server) throw new Error('PostgreSQL is not started');
      databases += 1;
      const name = `store_${databases}`;
      const client = new Client({ connectionString: server.url('postgres') });
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      return { kind: 'postgres', url: server.url(name) };
    },
    stop: async () => server?.remove(),
  };
}

/** A client of the database at a place that nobody else has open, as it stands: nothing is migrated. */
export async function connected<T>(place: StorePlace, use: (client: Client) => Promise<T>): Promise<T> {
  const embedded = place.kind === 'embedded' ? await PGlite.create({ dataDir: place.directory }) : undefined;
  const client = new Client(
    place.kind === 'postgres' ? { connectionString: place.url } : embedded && createPgConfig(embedded),
  );
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
    await embedded?.close();
  }
}
