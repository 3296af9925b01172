import type { DebounceSettings, Definition } from '../spec/definition.ts';
import { Deadlines } from './deadlines.ts';
import type { RunRequest } from './fact.ts';
import { ITEM_OVERHEAD_BYTES, KEY_OVERHEAD_BYTES } from './limits.ts';
import { type Item, jsonBytes, type LastEvent, utf8Bytes } from './offer.ts';
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
export type Hold = { stage: StageName; untilAt: number } & Gathered;

/** Everything of one key. A key without any of it has no entry. */
export type KeyState = { window?: Window; hold?: Hold; coolingUntil?: number };

/** Running totals since the instance first started. */
export type Counts = {
  accepted: number;
  suppressed: { [stage in StageName]: number };
  deadLettered: number;
  runs: number;
  eventsInRuns: number;
  ended: { succeeded: number; failed: number; timedOut: number; cancelled: number; deadLettered: number };
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
  pendingItems: number;
  pendingBytes: number;
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
      ended: { succeeded: 0, failed: 0, timedOut: 0, cancelled: 0, deadLettered: 0 },
    },
    pendingItems: 0,
    pendingBytes: 0,
    keyBytes: 0,
  };
}

/** When something of the key is due next, epoch milliseconds. A cooldown's end is due so that the entry can go. */
export function dueAt(key: KeyState | undefined): number | undefined {
  if (key === undefined) return undefined;
  const moments = [key.window?.dueAt, key.hold?.untilAt, key.coolingUntil].filter((at) => at !== undefined);
  return moments.length === 0 ? undefined : Math.min(...moments);
}

/** The next moment anything is due, epoch milliseconds, and the key it belongs to. */
export function nextDeadline(state: TriggerState): { readonly at: number; readonly key: string } | undefined {
  return state.deadlines.next((key) => dueAt(state.keys.get(key)));
}

/** How full the instance is. */
export function pressureOf(state: TriggerState): Pressure {
  return {
    pendingItems: state.pendingItems,
    pendingBytes: state.pendingBytes,
    keys: state.keys.size,
    keyBytes: state.keyBytes,
    identities: state.seen.size,
  };
}

/** Bytes of one pending event as it is carried. */
export function itemBytes(item: Item): number {
  return ITEM_OVERHEAD_BYTES + jsonBytes(item.value);
}

/** Bytes of the last event of a window, a hold or a run as it is carried. */
export function lastBytes(last: LastEvent): number {
  return jsonBytes(last.event) + (last.identity?.length ?? 0) + (last.traceparent?.length ?? 0);
}

/** Bytes of a key's entry as it is carried, without pending events. */
export function keyEntryBytes(key: string): number {
  return KEY_OVERHEAD_BYTES + utf8Bytes(key);
}
