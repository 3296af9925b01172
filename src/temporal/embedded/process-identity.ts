import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** One process of this machine. The start time tells it from a later process that was given the same number. */
export type ProcessIdentity = { readonly pid: number; readonly startedAt: string };

/** Time a process has to stop after SIGTERM before it is killed. */
export const STOP_GRACE_MS = 5_000;
const POLL_MS = 50;

/** The identity of a running process, undefined when there is none with that number. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = startTime(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** Whether exactly this process still runs. A zombie, which holds nothing any more, does not. */
export function isRunning({ pid, startedAt }: ProcessIdentity): boolean {
  return startTime(pid) === startedAt;
}

/** Stops exactly this process: SIGTERM, after the grace SIGKILL. Resolves when it is gone. */
export async function stopProcess(identity: ProcessIdentity): Promise<void> {
  const killAt = Date.now() + STOP_GRACE_MS;
  sendSignal(identity, 'SIGTERM');
  while (isRunning(identity)) {
    if (Date.now() > killAt) sendSignal(identity, 'SIGKILL');
    await delay(POLL_MS);
  }
}

function sendSignal(identity: ProcessIdentity, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (!isRunning(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch {
    // It ended between the check and the signal.
  }
}

/** Linux: fields 3 (state) and 22 (start, in ticks since boot) of proc(5) stat, after the name in parentheses. */
function startTime(pid: number): string | undefined {
  if (process.platform !== 'linux') return startTimeByPs(pid);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function startTimeByPs(pid: number): string | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'state=,lstart=', '-p', `${pid}`], { encoding: 'utf8' }).trim();
    const [state = '', ...start] = line.split(/\s+/);
    return state.startsWith('Z') || start.length === 0 ? undefined : start.join(' ');
  } catch {
    return undefined;
  }
}
