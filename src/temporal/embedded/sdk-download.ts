import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { accessSync, constants, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Which of the SDK's servers: their file names begin with this (sdk-core, ephemeral_server). */
export type SdkServer = 'temporal' | 'temporal-test-server';

/** Without a byte for this long the network forbids it; a slow line that still delivers may go on. */
const STALL_MS = 20_000;
const LOOK_EVERY_MS = 500;

/**
 * The SDK downloads as a side effect of starting its server, and installs its native runtime doing so, which a process
 * can do once: so a process of its own starts one and stops it.
 */
const PROGRAM = `
const [testing, kind, downloadDir] = process.argv.slice(1);
const { TestWorkflowEnvironment } = require(testing);
const options = { server: { executable: { type: 'cached-download', downloadDir, ttl: '3650 days' } } };
const start = kind === 'temporal' ? 'createLocal' : 'createTimeSkipping';
TestWorkflowEnvironment[start](options).then((env) => env.teardown()).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});`;

/** A server the SDK downloaded into this directory earlier. */
export function findSdkServer(kind: SdkServer, directory: string): string | undefined {
  const name = filesIn(directory).find((file) => file.startsWith(`${kind}-sdk-typescript`) && !isPartial(file));
  return name !== undefined && isExecutable(join(directory, name)) ? join(directory, name) : undefined;
}

/** Has the SDK download its server into the directory. The reason of a failure is one line. */
export async function downloadSdkServer(
  kind: SdkServer,
  directory: string,
  signal?: AbortSignal,
): Promise<{ readonly ok: true; readonly path: string } | { readonly ok: false; readonly reason: string }> {
  mkdirSync(directory, { recursive: true });
  const testing = createRequire(import.meta.url).resolve('@temporalio/testing');
  const child = spawn(process.execPath, ['-e', PROGRAM, testing, kind, directory], {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(signal && { signal }),
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr = `${stderr}${chunk}`.slice(-4_096)));
  const stall = killOnStall(child, directory);
  await new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
  stall.stop();
  const path = findSdkServer(kind, directory);
  if (path !== undefined) return { ok: true, path };
  const reason = stall.happened() ? `nothing arrived for ${STALL_MS / 1_000} s` : innermost(stderr);
  return { ok: false, reason: reason ?? 'the SDK left no executable' };
}

/** Kills the downloading process when neither the answer nor more of the file came for too long. */
function killOnStall(child: ChildProcess, directory: string): { stop: () => void; happened: () => boolean } {
  let bytes = 0;
  let progressAt = Date.now();
  let stalled = false;
  const timer = setInterval(() => {
    const now = partialBytes(directory);
    if (now !== bytes) progressAt = Date.now();
    bytes = now;
    if (Date.now() - progressAt < STALL_MS) return;
    stalled = true;
    child.kill('SIGKILL');
  }, LOOK_EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      if (stalled) for (const file of filesIn(directory)) if (isPartial(file)) rmSync(join(directory, file));
    },
    happened: () => stalled,
  };
}

function partialBytes(directory: string): number {
  const sizes = filesIn(directory).map((file) => (isPartial(file) ? (statIfThere(join(directory, file)) ?? 0) : 0));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function isPartial(file: string): boolean {
  return file.endsWith('.downloading');
}

function statIfThere(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

function filesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Whether this user may execute the file. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The SDK wraps network errors in one another, each repeating the address: the last part says what went wrong. */
function innermost(stderr: string): string | undefined {
  const line = stderr.trim().split('\n').at(-1);
  return line === undefined || line === '' ? undefined : line.replace(/^.*: (?=[^:]+: [^:]+$)/, '');
}
