import { dueAt, turnAt } from './due.ts';
import { settleLimits } from './limit-count.ts';
import { type KeyState, LINES, type TriggerState } from './state.ts';
import { heldBytes, keyEntryBytes } from './weight.ts';

/** An entry without anything. All have one shape from the first on: reading and changing them is most of what a step does. */
function blankKey(): KeyState {
  return {
    order: undefined,
    join: undefined,
    tally: undefined,
    window: undefined,
    waiting: undefined,
    coolingUntil: undefined,
    cooledBy: undefined,
    limits: undefined,
    limitsOverAt: undefined,
    paused: undefined,
  };
}

/** Whether nothing is left in an entry. */
function isEmpty({ order, join, tally, window, waiting, coolingUntil, limits, paused }: KeyState): boolean {
  const holds = order ?? join ?? tally ?? window ?? waiting ?? coolingUntil ?? limits ?? paused;
  return holds === undefined;
}

/** Tells the deadlines and the lines what a key waits for. */
export function indexKey(state: TriggerState, name: string, key: KeyState | undefined): void {
  state.deadlines.set(name, dueAt(key));
  indexLines(state, name, key);
}

function indexLines(state: TriggerState, name: string, key: KeyState | undefined): void {
  for (const stage of LINES) state.lines[stage].set(name, turnAt(key, stage));
}

/** Changes one key's entry, makes it where there is none, and lets go of it when nothing is left in it. */
export function changeKey(state: TriggerState, name: string, change: (key: KeyState) => void): void {
  const known = state.keys.get(name);
  const key = known ?? blankKey();
  const heldBefore = known ? heldBytes(key) : 0;
  const waited = key.waiting !== undefined;
  change(key);
  tidy(key);
  settleLimits(key, state);
  const empty = isEmpty(key);
  state.deadlines.set(name, empty ? undefined : dueAt(key));
  if (waited || key.waiting !== undefined) indexLines(state, name, empty ? undefined : key);
  if (known) state.keyBytes += heldBytes(key) - heldBefore;
  if (empty && known) {
    state.keys.delete(name);
    state.keyBytes -= keyEntryBytes(name, key);
  } else if (!empty && !known) {
    state.keys.set(name, key);
    state.keyBytes += keyEntryBytes(name, key);
  }
}

/** A cooldown is over. Changes the key in place. */
export function warm(key: KeyState): void {
  key.coolingUntil = undefined;
  key.cooledBy = undefined;
}

/** Drops what has become empty. */
function tidy(key: KeyState): void {
  if (key.join?.parts.length === 0) key.join = undefined;
  if (key.tally?.units.length === 0) key.tally = undefined;
  if (key.waiting?.length === 0) key.waiting = undefined;
}
