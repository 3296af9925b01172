import { fileURLToPath } from 'node:url';

import { runner } from 'node-pg-migrate';
import type { ClientBase } from 'pg';

import { type Migration, MIGRATIONS } from './migrations.ts';

const SCHEMA = 'signalbox';
const TABLE = 'migrations';
/** The library reads a directory before it asks its loader; ours gives what is compiled in, whatever stands there. */
const DIRECTORY = fileURLToPath(new URL('./migrations/', import.meta.url));
/** One number for every process of ours that migrates one database: they take turns. */
const ADVISORY_LOCK = 4_873_115_220_917;

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * Brings the schema up to this version, which is the last of `migrations`; several processes may do so at once. Each
 * migration is a transaction of its own: one that fails throws, leaves nothing once the client is closed, and the next start
 * begins with it. A schema that a newer version made is left alone and refused: what that version writes may be unreadable here.
 */
export async function migrate(
  client: ClientBase,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<{ readonly ok: true } | { readonly ok: false; readonly detail: string }> {
  const unknown = (await namesOf(client)).find((name) => !migrations.some((migration) => migration.name === name));
  if (unknown !== undefined) {
    const detail = `The store has the schema of a newer Signalbox (${unknown}). Run that version, or give this one a store of its own.`;
    return { ok: false, detail };
  }
  await runner({
    dbClient: client,
    dir: DIRECTORY,
    ignorePattern: '.*\\.map',
    migrationLoaderStrategies: [{ extensions: ['.ts', '.js'], loader: () => Promise.resolve(unitsOf(migrations)) }],
    migrationsTable: TABLE,
    migrationsSchema: SCHEMA,
    createMigrationsSchema: true,
    direction: 'up',
    lockValue: ADVISORY_LOCK,
    advisoryLockMode: 'wait',
    logger: quiet,
  });
  return { ok: true };
}

function unitsOf(migrations: readonly Migration[]) {
  return migrations.map(({ name, sql }) => ({
    id: `${name}.sql`,
    filePaths: [],
    actions: { up: (pgm: { sql(text: string): void }) => pgm.sql(sql), down: false as const },
  }));
}

/** The migrations that the database remembers. */
async function namesOf(client: ClientBase): Promise<readonly string[]> {
  const known = await client.query<{ present: boolean }>(
    `select to_regclass('${SCHEMA}.${TABLE}') is not null as present`,
  );
  if (!known.rows[0]?.present) return [];
  const { rows } = await client.query<{ name: string }>(`select name from ${SCHEMA}.${TABLE} order by id`);
  return rows.map(({ name }) => name);
}
