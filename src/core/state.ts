import type { DebounceSettings, Definition } from '../spec/definition.ts';
import { Deadlines } from './deadlines.ts';
import type { RunReport, RunRequest } from './fact.ts';
import {
  COOLDOWN_OVERHEAD_BYTES,
  GENERATION_OVERHEAD_BYTES,
  HOLD_OVERHEAD_BYTES,
  ITEM_OVERHEAD_BYTES,
  KEY_OVERHEAD_BYTES,
  RUN_OVERHEAD_BYTES,
  WINDOW_OVERHEAD_BYTES,
} from './limits.ts';
import { type Item, jsonBytes, type LastEvent } from './offer.ts';
import type { StageName } from './reason.ts';
import { SeenIdentities } from './seen.ts';

/** Events on their way to one run. `bytes` is what they weigh when carried. */
export type Gathered = {
  readonly items: Item[];
  last: LastEvent;
  /** The earliest arrival among them, epoch milliseconds. */
  receivedAt: number;
  bytes: number;
};

/** An open debounce window. It ends by the settings that opened it, whatever is loaded meanwhile. */
export type Window = {
  /** suppressing: the leading edge took its event, the rest of the window goes. */
  readonly mode: 'collecting' | 'suppressing';
  readonly settings: DebounceSettings;
  readonly openedAt: number;
  dueAt: number;
} & Gathered;

/** A candidate that an admission stage keeps back until it may open. */
type Hold = { stage: StageName; untilAt: number } & Gathered;

/** Everything of one key. A key without any of it has no entry. */
export type KeyState = { window?: Window; hold?: Hold; coolingUntil?: number };

/** Running totals since the instance first started. */
export type Counts = {
  accepted: number;
  suppressed: { [stage in StageName]: number };
  deadLettered: number;
  runs: number;
  eventsInRuns: number;
  ended: { [status in RunReport['status']]: number };
};

/** How full an instance is, next to its caps. */
export type Pressure = {
  readonly pendingItems: number;
  readonly pendingBytes: number;
  readonly keys: number;
  readonly keyBytes: number;
  readonly identities: number;
};

/**
 * The state of one instance. `evolve` owns it: growing collections change in place, so that a step costs the same with one
 * key or ten thousand. Nobody else changes it.
 */
export type TriggerState = {
  /** Version of the decision rules this run decides by; raised only when a run starts. */
  readonly rules: 1;
  definition: Definition;
  /** Facts so far. */
  seq: number;
  /** The latest moment seen, epoch milliseconds. */
  clock: number;
  readonly seen: SeenIdentities;
  readonly keys: Map<string, KeyState>;
  readonly deadlines: Deadlines;
  /** Decided runs whose start is not confirmed, by run id. */
  readonly starting: Map<string, RunRequest>;
  readonly counts: Counts;
  /** Events in windows, holds and unstarted runs, and what they weigh when carried. */
  pendingItems: number;
  pendingBytes: number;
  /** The part of them that waits for the confirmed start of its run. */
  startingItems: number;
  startingBytes: number;
  keyBytes: number;
};

/** An instance that has seen nothing. */
export function initialState(definition: Definition): TriggerState {
  return {
    rules: 1,
    definition,
    seq: 0,
    clock: 0,
    seen: new SeenIdentities(),
    keys: new Map(),
    deadlines: new Deadlines(),
    starting: new Map(),
    counts: {
      accepted: 0,
      suppressed: { dedupe: 0, freshness: 0, debounce: 0, cooldown: 0, run: 0 },
      deadLettered: 0,
      runs: 0,
      eventsInRuns: 0,
      ended: { succeeded: 0, failed: 0, timedOut: 0, cancelled: 0, deadLettered: 0, rejected: 0, skipped: 0 },
    },
    pendingItems: 0,
    pendingBytes: 0,
    startingItems: 0,
    startingBytes: 0,
    keyBytes: 0,
  };
}

/** Adds a decided run to those that wait for their start. Changes the state in place. */
export function addStarting(state: TriggerState, run: RunRequest): void {
  const bytes = runBytes(run);
  state.starting.set(run.runId, run);
  state.startingItems += run.items.length;
  state.startingBytes += bytes;
  state.pendingItems += run.items.length;
  state.pendingBytes += bytes;
}

/** When something of the key is due next, epoch milliseconds. A cooldown's end is due so that the entry can go. */
export function dueAt(key: KeyState | undefined): number | undefined {
  if (key === undefined) return undefined;
  const { window, hold, coolingUntil = Infinity } = key;
  const at = Math.min(window ? window.dueAt : Infinity, hold ? hold.untilAt : Infinity, coolingUntil);
  return at === Infinity ? undefined : at;
}

/** The next moment anything is due, epoch milliseconds, and the key it belongs to. */
export function nextDeadline(state: TriggerState): { readonly at: number; readonly key: string } | undefined {
  return state.deadlines.next((key) => dueAt(state.keys.get(key)));
}

/** How full the instance is. */
export function pressureOf(state: TriggerState): Pressure {
  return {
    pendingItems: state.pendingItems,
    pendingBytes: state.pendingBytes + otherSettingsBytes(state),
    keys: state.keys.size,
    keyBytes: state.keyBytes,
    identities: state.seen.size,
  };
}

/** Bytes of one pending event as it is carried. */
export function itemBytes(item: Item): number {
  return ITEM_OVERHEAD_BYTES + jsonBytes(item.value);
}

/** Bytes of the last event of a window, a hold or a run as it is carried, beyond the `{}` that each of them has. */
export function lastBytes(last: LastEvent): number {
  const { event, identity, traceparent } = last;
  const isEmpty = event === undefined && identity === undefined && traceparent === undefined;
  return isEmpty ? 0 : jsonBytes(last) - '{}'.length;
}

/** Bytes of events and the last of them, as a window, a hold or a run carries them. */
export function gatheredBytes(items: readonly Item[], last: LastEvent): number {
  return items.reduce((sum, item) => sum + itemBytes(item), lastBytes(last));
}

/** Bytes of an unstarted run as it is carried, with its events. */
export function runBytes(run: RunRequest): number {
  return RUN_OVERHEAD_BYTES + jsonBytes(run.key) + run.bytes;
}

/** Bytes of what a key's entry holds as it is carried, without the key's text and without pending events. */
export function heldBytes({ window, hold, coolingUntil }: KeyState): number {
  return (
    (window ? WINDOW_OVERHEAD_BYTES : 0) +
    (hold ? HOLD_OVERHEAD_BYTES : 0) +
    (coolingUntil === undefined ? 0 : COOLDOWN_OVERHEAD_BYTES)
  );
}

/** Bytes of a key's entry as it is carried, without pending events. */
export function keyEntryBytes(name: string, key: KeyState): number {
  return KEY_OVERHEAD_BYTES + jsonBytes(name) + heldBytes(key);
}

/** Bytes of the run settings that unstarted runs of other generations make the state carry. */
function otherSettingsBytes({ starting, definition }: TriggerState): number {
  const counted = new Set([definition.generation]);
  let bytes = 0;
  for (const { generation, settings } of starting.values()) {
    if (counted.has(generation)) continue;
    counted.add(generation);
    bytes += GENERATION_OVERHEAD_BYTES + jsonBytes(settings);
  }
  return bytes;
}
