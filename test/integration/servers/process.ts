import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How long a server may take until it answers, on a machine that is busy with others. */
const READY_MAX_MS = 240_000;
const LOOK_EVERY_MS = 250;
/** What is shown of the log of a server that did not come up. */
const LOG_SHOWN_CHARS = 2_000;

/**
 * Runs a program and ends it with everything it started, by asking and after five seconds by force, and removes its
 * folder, as soon as its own standard input closes: so nothing is left behind, however the tests end.
 */
const SUPERVISOR = `
folder=$PWD
"$@" </dev/null & main=$!
read -r _
trap '' TERM
kill -TERM 0
n=0
while [ $n -lt 50 ] && kill -0 $main 2>/dev/null; do sleep 0.1; n=$((n + 1)); done
cd / && rm -rf "$folder"
kill -KILL 0`;

export type Running = { readonly folder: string; stop(): Promise<void> };

/** A port nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A folder of its own for what a server keeps. */
export function serverFolder(name: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `signalbox-it-${name}-`));
}

/** Starts a server in its folder, and waits until `ready` answers with a 2xx. Stopping it removes the folder. */
export async function startServer(
  folder: string,
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  ready: string,
): Promise<Running> {
  const log = join(folder, 'server.log');
  const output = openSync(log, 'a');
  const child = spawn('sh', ['-c', SUPERVISOR, 'sh', ...command], {
    cwd: folder,
    detached: true,
    env: { ...process.env, ...environment },
    stdio: ['pipe', output, output],
  });
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.stdin?.end();
    await ended;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const until = Date.now() + READY_MAX_MS;
  while (Date.now() < until) {
    if (await answers(ready)) return { folder, stop };
    await new Promise((resolve) => {
      setTimeout(resolve, LOOK_EVERY_MS);
    });
  }
  const said = await readFile(log, 'utf8');
  await stop();
  throw new Error(`${command.join(' ')} did not answer at ${ready}:\n${said.slice(-LOG_SHOWN_CHARS)}`);
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    return false;
  }
}
