import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { connectClient } from '../connect.ts';
import { startServerProcess } from './child.ts';
import type { ServerExit, ServerProcess } from './child.ts';
import { setupFailure } from './outcome.ts';
import type { SetupFailure } from './outcome.ts';
import { choosePort } from './ports.ts';
import type { PortRequest } from './ports.ts';
import { findServerBinary } from './server-binary.ts';
import type { BinaryOptions, FoundBinary } from './server-binary.ts';
import { serverArguments } from './server-settings.ts';
import { lockState } from './state-lock.ts';
import type { StateLock } from './state-lock.ts';

/** The embedded server as the settings want it. `port` and `uiPort` are on 127.0.0.1. */
export type EmbeddedOptions = BinaryOptions & {
  /** Holds the database, the log and the lock; made when missing. */
  readonly stateDirectory: string;
  readonly port: PortRequest;
  readonly uiPort: PortRequest;
  readonly namespace: string;
};

/** A running embedded server. */
export type EmbeddedServer = {
  /** host:port of its gRPC frontend. */
  readonly address: string;
  readonly uiUrl: string;
  readonly namespace: string;
  readonly pid: number;
  /** How the executable was found. */
  readonly origin: string;
  readonly databaseFile: string;
  readonly logFile: string;
  /** Resolves when the server is gone, asked or not; never rejects. */
  readonly exited: Promise<ServerExit>;
  /** Stops the server and frees the state directory. Safe to call twice, and after the server ended by itself. */
  readonly stop: () => Promise<void>;
};

/** An old, large database may need this long to be opened on a slow disk; normally it is half a second. */
const READY_TIMEOUT_MS = 60_000;
const HOST = '127.0.0.1';

/**
 * Finds or builds the dev server and starts it on a database file in the state directory. Resolves when it answers.
 * One state directory has one server: a second start is told who holds it.
 */
export async function startEmbedded(
  options: EmbeddedOptions,
): Promise<{ readonly ok: true; readonly server: EmbeddedServer } | SetupFailure> {
  mkdirSync(options.stateDirectory, { recursive: true });
  const locked = await lockState(options.stateDirectory, options.report);
  if (!locked.ok) return locked;
  const started = await startLocked(options, locked.lock).catch((error: unknown) => {
    locked.lock.release();
    throw error;
  });
  if (!started.ok) locked.lock.release();
  return started;
}

async function startLocked(
  options: EmbeddedOptions,
  lock: StateLock,
): Promise<{ readonly ok: true; readonly server: EmbeddedServer } | SetupFailure> {
  const binary = await findServerBinary(options);
  if (!binary.ok) return binary;
  const ports = await choosePorts(options);
  if (!ports.ok) return ports;
  if (options.signal?.aborted === true) return setupFailure('The start was interrupted', 'Start again.');
  const databaseFile = join(options.stateDirectory, 'temporal.db');
  const logFile = join(options.stateDirectory, 'temporal.log');
  const args = serverArguments({ ...ports, databaseFile, namespace: options.namespace });
  const spawned = await startServerProcess(binary.path, args, logFile);
  if (!spawned.ok)
    return setupFailure(`The Temporal server at ${binary.path} could not be started: ${spawned.reason}`, FIX);
  lock.recordServer(spawned.process.pid);

  const address = `${HOST}:${ports.port}`;
  const ready = await waitUntilReady(spawned.process, address, options.namespace);
  if (!ready.ok) {
    await spawned.process.stop();
    return ready;
  }
  const { pid, exited } = spawned.process;
  const stop = async (): Promise<void> => {
    await spawned.process.stop();
    lock.release();
  };
  const uiUrl = `http://${HOST}:${ports.uiPort}`;
  const { origin } = binary satisfies FoundBinary;
  const server = { address, uiUrl, namespace: options.namespace, pid, origin, databaseFile, logFile, exited, stop };
  return { ok: true, server };
}

const FIX = 'See the log; set SIGNALBOX_TEMPORAL_BIN to another server, or SIGNALBOX_STATE to a fresh directory.';

type Ports = { readonly ok: true; readonly port: number; readonly uiPort: number };

async function choosePorts(options: EmbeddedOptions): Promise<Ports | SetupFailure> {
  const wanted = [
    { request: options.port, what: 'the Temporal server', variable: 'SIGNALBOX_TEMPORAL_PORT' },
    { request: options.uiPort, what: 'the Temporal UI', variable: 'SIGNALBOX_UI_PORT' },
  ];
  const chosen: number[] = [];
  for (const { request, what, variable } of wanted) {
    const choice = await choosePort(request, { host: HOST, what, variable });
    if (!choice.ok) return choice;
    if (choice.instead !== undefined) {
      options.report(`Port ${choice.instead} is taken: ${what} listens on ${choice.port} (${variable} sets it)`);
    }
    chosen.push(choice.port);
  }
  const [port = 0, uiPort = 0] = chosen;
  return { ok: true, port, uiPort };
}

async function waitUntilReady(
  process: ServerProcess,
  address: string,
  namespace: string,
): Promise<{ readonly ok: true } | SetupFailure> {
  const abandoned = new AbortController();
  const answered = connectClient({ kind: 'address', address, namespace }, READY_TIMEOUT_MS, abandoned.signal);
  const first = await Promise.race([answered, process.exited]);
  abandoned.abort();
  if ('asked' in first) return setupFailure(first.message, FIX);
  if (!first.ok) return setupFailure(`The Temporal server does not answer: ${first.message}`, FIX);
  await first.connection.close();
  return { ok: true };
}
