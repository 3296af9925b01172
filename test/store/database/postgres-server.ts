import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

import { Client } from 'pg';

/** Where distributions put what is not on the PATH. */
const PLACES = '/usr/lib/postgresql';

/** A real PostgreSQL for tests. */
export type PostgresServer = {
  readonly url: (database: string) => string;
  /** Stops at once, as a crash does; `start` brings it back with its data. */
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly remove: () => Promise<void>;
};

/** The folder with `initdb` and `postgres`; undefined where this machine has none. */
export function findPostgres(): string | undefined {
  const versions = existsSync(PLACES) ? readdirSync(PLACES).toSorted().toReversed() : [];
  const folders = [
    ...versions.map((version) => join(PLACES, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(':'),
  ];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

/** Starts one in a folder of its own, as the user `postgres` where this process is root: it refuses to be root. */
export async function startPostgres(bin: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-postgres-'));
  const owner = ownerOf(folder);
  execFileSync(join(bin, 'initdb'), ['-D', `${folder}/data`, '-U', 'postgres', '-A', 'trust', '--no-sync'], {
    ...owner,
    cwd: folder,
    stdio: 'ignore',
  });
  const port = await freePort();
  const url = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`;
  let stop: () => Promise<void> = () => Promise.resolve();
  const start = async () => {
    const flags = ['-D', `${folder}/data`, '-h', '127.0.0.1', '-p', String(port), '-k', '', '-c', 'fsync=off'];
    const server = spawn(join(bin, 'postgres'), flags, { ...owner, cwd: folder, stdio: 'ignore' });
    const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
    stop = async () => {
      // Immediate shutdown: PostgreSQL's name for ending as if it had crashed.
      server.kill('SIGQUIT');
      await ended;
    };
    await answers(url('postgres'));
  };
  await start();
  return {
    url,
    start,
    kill: () => stop(),
    remove: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function ownerOf(folder: string): { readonly uid?: number; readonly gid?: number } {
  if (userInfo().uid !== 0) return {};
  const uid = Number(execFileSync('id', ['-u', 'postgres']).toString());
  const gid = Number(execFileSync('id', ['-g', 'postgres']).toString());
  chownSync(folder, uid, gid);
  return { uid, gid };
}

async function answers(url: string): Promise<void> {
  for (let left = 150; ; left -= 1) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
