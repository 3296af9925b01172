import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { setupFailure } from './outcome.ts';
import type { SetupFailure } from './outcome.ts';
import { identify, isRunning, stopProcess } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** Who works in a state directory: the service, and the server it started. */
type Holder = { readonly service: ProcessIdentity; readonly server?: ProcessIdentity };

export type StateLock = {
  /** Records the started server, so that a successor can stop it should this process be killed. */
  readonly recordServer: (pid: number) => void;
  readonly release: () => void;
};

/** A lock that changes hands this often while we look is being fought over by more than people. */
const MAX_TRIES = 20;

/**
 * Takes the state directory for this process. A lock of a process that no longer runs is taken over, and the server
 * it left behind is stopped first (its settings and its log are unknown, so it is not adopted): two servers on one
 * database file would corrupt each other.
 */
export async function lockState(
  stateDirectory: string,
  report: (line: string) => void,
): Promise<{ readonly ok: true; readonly lock: StateLock } | SetupFailure> {
  const service = identify(process.pid) ?? { pid: process.pid, startedAt: 'unknown' };
  const path = join(stateDirectory, 'temporal.lock');
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    if (createWhole(path, { service })) return { ok: true, lock: lockAt(path, service) };
    const content = readIfThere(path);
    if (content === undefined) continue;
    const holder = parseHolder(content);
    if (holder !== undefined && isRunning(holder.service)) {
      const message = `Another Signalbox (process ${holder.service.pid}) works in ${stateDirectory}`;
      const remedy = `Stop it (kill ${holder.service.pid}), or set SIGNALBOX_STATE to another directory.`;
      return setupFailure(message, remedy);
    }
    if (holder?.server !== undefined && isRunning(holder.server)) {
      report(`Stopping the Temporal server (process ${holder.server.pid}) that an earlier Signalbox left behind`);
      await stopProcess(holder.server);
    }
    discard(path, content);
  }
  return setupFailure(`${path} keeps changing hands`, 'Start one Signalbox at a time in a state directory.');
}

function lockAt(path: string, service: ProcessIdentity): StateLock {
  return {
    recordServer: (pid) => {
      const server = identify(pid);
      if (server !== undefined) replace(path, { service, server });
    },
    release: () => rmSync(path, { force: true }),
  };
}

/** Creates the file with its content in one step: a reader never sees it half written. False when it is there. */
function createWhole(path: string, holder: Holder): boolean {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(holder));
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function replace(path: string, holder: Holder): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(holder));
  renameSync(draft, path);
}

/** Removes exactly the lock that was read: what another process put there meanwhile goes back. */
function discard(path: string, content: string): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
    if (readIfThere(aside) !== content) linkSync(aside, path);
  } catch {
    // Another process was faster; the next try sees what it made of it.
  } finally {
    rmSync(aside, { force: true });
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function parseHolder(content: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value !== 'object' || value === null || !('service' in value) || !isIdentity(value.service))
      return undefined;
    const server = 'server' in value && isIdentity(value.server) ? { server: value.server } : {};
    return { service: value.service, ...server };
  } catch {
    return undefined;
  }
}

function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('startedAt' in value)) return false;
  return Number.isInteger(value.pid) && typeof value.startedAt === 'string';
}
