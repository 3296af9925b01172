import type { RunRequest } from './fact.ts';
import type { TriggerState } from './state.ts';
import { runBytes } from './weight.ts';

/** Adds a decided run to those that wait for their start. Changes the state in place. */
export function addStarting(state: TriggerState, run: RunRequest): void {
  const bytes = runBytes(run);
  state.starting.set(run.runId, run);
  state.startingItems += run.items.length;
  state.startingBytes += bytes;
  state.pendingItems += run.items.length;
  state.pendingBytes += bytes;
}

/** Takes a run whose start is confirmed out of them; undefined where it does not wait. Changes the state in place. */
export function takeStarting(state: TriggerState, runId: string): RunRequest | undefined {
  const run = state.starting.get(runId);
  if (!run) return undefined;
  state.starting.delete(runId);
  const bytes = runBytes(run);
  state.startingItems -= run.items.length;
  state.startingBytes -= bytes;
  state.pendingItems -= run.items.length;
  state.pendingBytes -= bytes;
  return run;
}
