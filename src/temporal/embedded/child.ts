import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';

import { STOP_GRACE_MS } from './process-identity.ts';

/** The end of a server process. */
export type ServerExit = {
  /** Whether `stop()` was called before. */
  readonly asked: boolean;
  /** One message for a person, with the last lines of the log where it was not asked. */
  readonly message: string;
};

/** A started server process. */
export type ServerProcess = {
  readonly pid: number;
  readonly exited: Promise<ServerExit>;
  /** SIGTERM, after five seconds SIGKILL; resolves when the process is gone. */
  readonly stop: () => Promise<void>;
};

/** A log beyond this is set aside at the next start, so that two of this size are the most there is. */
const LOG_ROTATE_BYTES = 16 * 1024 * 1024;
const LAST_LINES = 8;
/** Enough for eight long log lines. */
const LAST_BYTES = 8 * 1024;

/**
 * Waits for the end of its input, which comes when the process that holds the other end is gone, in whatever way, and
 * then stops the server: no kill -9 and no closed terminal leaves an orphan.
 */
const WATCHDOG = `
read -r _
kill -TERM "$1" 2>/dev/null
i=0
while [ $i -lt 50 ] && kill -0 "$1" 2>/dev/null; do sleep 0.1; i=$((i + 1)); done
kill -KILL "$1" 2>/dev/null`;

/**
 * Starts the server in a process group of its own: a Ctrl-C reaches only us, and the server outlives our graceful stop.
 * Its output goes to the log file.
 */
export async function startServerProcess(
  path: string,
  args: readonly string[],
  logFile: string,
): Promise<{ readonly ok: true; readonly process: ServerProcess } | { readonly ok: false; readonly reason: string }> {
  if (existsSync(logFile) && statSync(logFile).size > LOG_ROTATE_BYTES) renameSync(logFile, `${logFile}.1`);
  const log = openSync(logFile, 'a');
  const offset = fstatSync(log).size;
  const child = spawn(path, args, { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  const reason = await new Promise<string | undefined>((resolve) => {
    child.once('spawn', () => resolve(undefined));
    child.once('error', (error) => resolve(error.message));
  });
  const { pid } = child;
  if (reason !== undefined || pid === undefined) return { ok: false, reason: reason ?? 'it has no process id' };
  const watchdog = spawn('/bin/sh', ['-c', WATCHDOG, 'signalbox-watchdog', `${pid}`], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without a shell there is no watchdog; the state lock still lets the next start clean up.
  watchdog.on('error', () => undefined);
  return { ok: true, process: watch(child, pid, watchdog, () => lastLines(logFile, offset)) };
}

function watch(child: ChildProcess, pid: number, watchdog: ChildProcess, log: () => string): ServerProcess {
  let asked = false;
  const exited = new Promise<ServerExit>((resolve) => {
    child.once('exit', (code, signal) => {
      // Before anything else: the process number is free from now on, and must not be signalled.
      watchdog.kill('SIGKILL');
      const how = signal === null ? `exit code ${code}` : signal;
      const message = asked
        ? 'The Temporal server was stopped'
        : `The Temporal server ended by itself (${how})${log()}`;
      resolve({ asked, message });
    });
  });
  const stop = async (): Promise<void> => {
    asked = true;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
    await exited;
    clearTimeout(timer);
  };
  return { pid, exited, stop };
}

/** The last lines this run of the server wrote. */
function lastLines(logFile: string, offset: number): string {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  const length = Math.min(size - offset, LAST_BYTES);
  if (length <= 0) return `; it wrote nothing to ${logFile}`;
  const buffer = Buffer.alloc(length);
  const file = openSync(logFile, 'r');
  readSync(file, buffer, 0, length, size - length);
  closeSync(file);
  const lines = buffer.toString('utf8').trimEnd().split('\n').slice(-LAST_LINES);
  return `. Last lines of ${logFile}:\n${lines.join('\n')}`;
}
