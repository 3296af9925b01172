import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { formatFinding, loadDefinitions } from '../load/load.ts';
import { type Check, fail, ok, warn } from './check.ts';
import { messageOf } from './exit.ts';
import { counted } from '../explain/counted.ts';

/** What package.json asks for: below it some dependency does not run. */
const NODE_MIN = { major: 20, minor: 19 } as const;
const MIB = 1_024 * 1_024;
/** A day of 20 events a second may take this much. */
const DISK_LOW_BYTES = 1_024 * MIB;
/** A database that cannot grow stops acknowledging. */
const DISK_EMPTY_BYTES = 100 * MIB;
/** Clocks further apart than this put events into the wrong windows. */
export const CLOCK_SKEW_MAX_MS = 5_000;

/** Whether this Node runs every dependency. Takes a version such as `20.19.0`. */
export function nodeCheck(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > NODE_MIN.major || (major === NODE_MIN.major && minor >= NODE_MIN.minor);
  if (isEnough) return ok('Node', version);
  const wanted = `${NODE_MIN.major}.${NODE_MIN.minor}`;
  return fail('Node', `${version} is older than ${wanted}`, `Install Node ${wanted} or newer from https://nodejs.org.`);
}

/** Whether the definitions would be taken at a start. */
export async function definitionsCheck(directory: string): Promise<Check> {
  const name = 'definitions';
  const loaded = await loadDefinitions(directory, { now: Date.now });
  const [finding] = loaded.ok ? loaded.warnings : loaded.findings;
  const remedy = `See all: signalbox lint ${directory}`;
  if (!loaded.ok) return fail(name, finding ? formatFinding(finding) : directory, remedy);
  if (finding) return warn(name, formatFinding(finding), remedy);
  return ok(name, `${counted(loaded.definitions.triggers.size, 'trigger')} in ${directory}`);
}

/** Whether state can be written, whether there is room, and whether its disk has the time this machine has. */
export async function stateChecks(directory: string, now: () => number): Promise<readonly Check[]> {
  const name = 'state';
  try {
    const parent = await nearestDirectory(directory);
    // Under a name of its own and gone again: a directory that is not there yet is left to the first start.
    const probe = await mkdtemp(join(parent, `.signalbox-doctor-`));
    try {
      const skewMs = await diskSkewMs(probe, now);
      const { bavail, bsize } = await statfs(probe);
      return [ok(name, `${directory} can be written`), diskCheck(bavail * bsize), diskClockCheck(skewMs)];
    } finally {
      await rm(probe, { recursive: true, force: true });
    }
  } catch (error) {
    const remedy = 'Make it writable, or set SIGNALBOX_STATE to another directory.';
    return [fail(name, `${directory} cannot be written: ${messageOf(error)}`, remedy)];
  }
}

/** The directory itself, or the nearest one above that is there. */
async function nearestDirectory(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined && dirname(path) !== path) return nearestDirectory(dirname(path));
  if (found?.isDirectory() !== true) throw new Error(`${path} is not a directory`);
  return path;
}

async function diskSkewMs(directory: string, now: () => number): Promise<number> {
  const file = join(directory, randomUUID());
  const before = now();
  await writeFile(file, '');
  const { mtimeMs } = await stat(file);
  return mtimeMs < before ? mtimeMs - before : Math.max(0, mtimeMs - now());
}

/** Takes the bytes that are free for this user. */
export function diskCheck(freeBytes: number): Check {
  const free = `${Math.floor(freeBytes / MIB)} MiB free`;
  const remedy = 'Free some space, or set SIGNALBOX_STATE to a larger disk.';
  if (freeBytes < DISK_EMPTY_BYTES) return fail('disk', `${free}: the database cannot grow`, remedy);
  if (freeBytes < DISK_LOW_BYTES) return warn('disk', `${free}: a busy day may take 1,024 MiB`, remedy);
  return ok('disk', free);
}

function diskClockCheck(skewMs: number): Check {
  const apart = `${Math.round(Math.abs(skewMs) / 1_000)} s ${skewMs < 0 ? 'behind' : 'ahead'}`;
  if (Math.abs(skewMs) <= CLOCK_SKEW_MAX_MS) return ok('clock', `${new Date().toISOString()}, as the disk has it`);
  const remedy = 'Set the clock by NTP here and where the disk is.';
  return warn('clock', `The disk of the state directory is ${apart} of this machine`, remedy);
}
