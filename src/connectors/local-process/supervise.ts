import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';

/** How long a program may take to end after SIGTERM, and a killed one's output to drain: like `docker stop`, halved. */
export const KILL_GRACE_MS = 5_000;

/** Node fires a timer set further ahead than this at once. */
const TIMER_MAX_MS = 2_147_483_647;

/**
 * Waits for the end of its standard input, which comes when the worker is gone, and then ends the process group `$1`,
 * after `$2` seconds by force. A constant text: nothing of a definition or an event ever reaches a shell.
 */
const GUARD = 'read -r _; kill -s TERM -- "-$1"; sleep "$2"; kill -s KILL -- "-$1"';

/** A program to run, everything resolved. */
export type Program = {
  readonly command: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly input: string;
  readonly timeoutMs: number;
  readonly graceMs: number;
};

/** How a program ended; `stopped` says that we ended it, and why. */
export type Ending =
  | { readonly kind: 'notSpawned'; readonly code: string; readonly detail: string }
  | {
      readonly kind: 'ended';
      readonly exitCode: number | null;
      readonly signal: string | null;
      readonly stopped?: 'timedOut' | 'cancelled';
    };

/** A running program. */
export type Supervised = { readonly ended: Promise<Ending>; stop(): void };

function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already, which is what the signal was for.
  }
}

/** Starts the guard of a process group and returns what dismisses it. Without `sh` there is none. */
function guard(pid: number, graceMs: number): () => void {
  const args = ['-c', GUARD, 'signalbox-guard', String(pid), String(graceMs / 1_000)];
  const child = spawn('/bin/sh', args, { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.on('error', () => undefined);
  if (child.pid === undefined) return () => undefined;
  child.stdin.on('error', () => undefined);
  return () => {
    child.kill('SIGKILL');
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

/**
 * Runs a program without a shell, in a process group of its own, `input` on its standard input. The whole group is
 * ended on time-out and on `stop` (SIGTERM, after `graceMs` SIGKILL), when the program itself has ended, and by a guard
 * when this process dies.
 */
export function supervise(program: Program, onOutput: (from: 'stdout' | 'stderr', chunk: Buffer) => void): Supervised {
  const { command, args, directory, environment } = program;
  try {
    const child = spawn(command, [...args], { cwd: directory, env: environment, detached: true, shell: false });
    return watch(child, program, onOutput);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { ended: Promise.resolve({ kind: 'notSpawned', code: codeOf(error), detail }), stop: () => undefined };
  }
}

function watch(
  child: ChildProcessWithoutNullStreams,
  program: Program,
  onOutput: (from: 'stdout' | 'stderr', chunk: Buffer) => void,
): Supervised {
  const { pid } = child;
  let stopped: 'timedOut' | 'cancelled' | undefined;
  const timers: NodeJS.Timeout[] = [];
  const after = (ms: number, act: () => void): void => {
    timers.push(setTimeout(act, Math.min(ms, TIMER_MAX_MS)));
  };
  const end = (why: 'timedOut' | 'cancelled'): void => {
    if (stopped || pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    stopped = why;
    signalGroup(pid, 'SIGTERM');
    after(program.graceMs, () => signalGroup(pid, 'SIGKILL'));
  };
  const ended = new Promise<Ending>((resolve) => {
    child.once('error', (error) => {
      if (pid === undefined) resolve({ kind: 'notSpawned', code: codeOf(error), detail: error.message });
    });
    if (pid === undefined) return;
    const dismiss = guard(pid, program.graceMs);
    child.once('exit', () => {
      signalGroup(pid, 'SIGKILL');
      // A descendant that left the group may hold the pipes open; the run does not wait for it.
      after(program.graceMs, () => {
        child.stdout.destroy();
        child.stderr.destroy();
      });
    });
    child.once('close', (exitCode, signal) => {
      dismiss();
      for (const timer of timers) clearTimeout(timer);
      resolve({ kind: 'ended', exitCode, signal, ...(stopped ? { stopped } : {}) });
    });
    after(program.timeoutMs, () => end('timedOut'));
  });
  if (pid === undefined) return { ended, stop: () => undefined };
  child.stdout.on('data', (chunk: Buffer) => onOutput('stdout', chunk));
  child.stderr.on('data', (chunk: Buffer) => onOutput('stderr', chunk));
  // A program that does not read its input closes the pipe (EPIPE); that is its right.
  child.stdin.on('error', () => undefined);
  child.stdin.end(program.input);
  return { ended, stop: () => end('cancelled') };
}
