import type { DebounceSettings, Definition, RunSettings } from '../spec/definition.ts';
import type { Json } from '../spec/json.ts';
import type { RunRequest } from './fact.ts';
import type { Item, LastEvent } from './offer.ts';
import type { StageName } from './reason.ts';
import { SeenIdentities } from './seen.ts';
import {
  addStarting,
  type Counts,
  dueAt,
  type Gathered,
  gatheredBytes,
  initialState,
  keyEntryBytes,
  type KeyState,
  type TriggerState,
  type Window,
} from './state.ts';

/** An item as it is carried: id without `evt_`, milliseconds before the state's clock, value. */
type CarriedItem = readonly [string, number] | readonly [string, number, Json];
/** A window: the row of its settings, 1 when it only suppresses, opened, due, earliest arrival, last event, events. */
type CarriedWindow = readonly [number, 0 | 1, number, number, number, LastEvent, readonly CarriedItem[]];
/** A hold: stage, until, earliest arrival, last event, events. */
type CarriedHold = readonly [StageName, number, number, LastEvent, readonly CarriedItem[]];
type CarriedKey = { readonly window?: CarriedWindow; readonly hold?: CarriedHold; readonly coolingUntil?: number };
/** A run without what is counted anew; `settings` is the row of its generation, absent where that is the current one. */
type CarriedRun = Omit<RunRequest, 'items' | 'settings' | 'generation' | 'bytes'> & {
  readonly items: readonly CarriedItem[];
  readonly settings?: number;
};
/** A generation that decided a run which is not started yet. */
type CarriedGeneration = { readonly generation: string; readonly settings: RunSettings };

/**
 * A state as plain JSON, carried over continue-as-new. Collections keyed by what users send are arrays of pairs, never
 * object members. Settings shared by many windows or runs stand once, in a table.
 */
export type CarriedState = {
  readonly version: 1;
  readonly rules: 1;
  readonly definition: Definition;
  readonly seq: number;
  readonly clock: number;
  readonly seen: string;
  readonly windowSettings: readonly DebounceSettings[];
  readonly runSettings: readonly CarriedGeneration[];
  readonly keys: readonly (readonly [string, CarriedKey])[];
  readonly starting: readonly CarriedRun[];
  readonly counts: Counts;
};

/** The state as it is carried. */
export function carry(state: TriggerState): CarriedState {
  const { clock, definition } = state;
  const windowSettings = new Table<DebounceSettings>();
  const runSettings = new Table<CarriedGeneration>();
  const keys = [...state.keys].map(([name, key]) => [name, carryKey(key, clock, windowSettings)] as const);
  const starting = [...state.starting.values()].map((run) => carryRun(run, state, runSettings));
  return {
    version: 1,
    rules: state.rules,
    definition,
    seq: state.seq,
    clock,
    seen: state.seen.pack(clock, definition.dedupe.windowMs),
    windowSettings: windowSettings.rows,
    runSettings: runSettings.rows,
    keys,
    starting,
    counts: state.counts,
  };
}

/** The inverse of `carry`. */
export function restore(carried: CarriedState): TriggerState {
  const { clock } = carried;
  const state: TriggerState = {
    ...initialState(carried.definition),
    seq: carried.seq,
    clock,
    seen: SeenIdentities.unpack(carried.seen, clock),
    counts: structuredCopy(carried.counts),
  };
  for (const [name, carriedKey] of carried.keys) {
    const key = restoreKey(carriedKey, clock, carried.windowSettings);
    state.keys.set(name, key);
    state.keyBytes += keyEntryBytes(name, key);
    state.deadlines.set(name, dueAt(key));
    for (const gathered of [key.window, key.hold]) {
      state.pendingItems += gathered?.items.length ?? 0;
      state.pendingBytes += gathered?.bytes ?? 0;
    }
  }
  for (const carriedRun of carried.starting) {
    addStarting(state, restoreRun(carriedRun, carried));
  }
  return state;
}

/** Rows by first appearance; each stands once. */
class Table<T> {
  readonly rows: T[] = [];
  private readonly known = new Map<string, number>();

  indexOf(identity: string, row: () => T): number {
    const index = this.known.get(identity) ?? this.rows.push(row()) - 1;
    this.known.set(identity, index);
    return index;
  }
}

function carryKey({ window, hold, coolingUntil }: KeyState, clock: number, table: Table<DebounceSettings>): CarriedKey {
  return {
    ...(window && { window: carryWindow(window, clock, table) }),
    ...(hold && {
      hold: [hold.stage, hold.untilAt, hold.receivedAt, hold.last, carryItems(hold.items, clock)] as const,
    }),
    ...(coolingUntil !== undefined && { coolingUntil }),
  };
}

function carryWindow(window: Window, clock: number, table: Table<DebounceSettings>): CarriedWindow {
  const { settings, mode, openedAt, dueAt: at, receivedAt, last, items } = window;
  const row = table.indexOf(JSON.stringify(settings), () => settings);
  return [row, mode === 'suppressing' ? 1 : 0, openedAt, at, receivedAt, last, carryItems(items, clock)];
}

function carryRun(run: RunRequest, { clock, definition }: TriggerState, table: Table<CarriedGeneration>): CarriedRun {
  const { runId, key, cause, firedAt, generation, settings, mode, members, last, receivedAt } = run;
  const isOther = generation !== definition.generation;
  return {
    runId,
    key,
    cause,
    firedAt,
    mode,
    members,
    last,
    receivedAt,
    items: carryItems(run.items, clock),
    ...(isOther && { settings: table.indexOf(generation, () => ({ generation, settings })) }),
  };
}

function carryItems(items: readonly Item[], clock: number): readonly CarriedItem[] {
  return items.map((item) => carryItem(item, clock));
}

function carryItem(item: Item, clock: number): CarriedItem {
  const head = [item.eventId.slice('evt_'.length), clock - item.time] as const;
  return item.value === undefined ? head : [...head, item.value];
}

function restoreKey(carried: CarriedKey, clock: number, table: readonly DebounceSettings[]): KeyState {
  const { window, hold, coolingUntil } = carried;
  return {
    ...(window && restoreWindow(window, clock, table)),
    ...(hold && { hold: { stage: hold[0], untilAt: hold[1], ...restoreGathered(hold[2], hold[3], hold[4], clock) } }),
    ...(coolingUntil !== undefined && { coolingUntil }),
  };
}

function restoreWindow(carried: CarriedWindow, clock: number, table: readonly DebounceSettings[]): KeyState {
  const [row, suppressing, openedAt, at, receivedAt, last, items] = carried;
  const settings = table[row];
  if (settings === undefined) return {};
  const mode = suppressing ? 'suppressing' : 'collecting';
  return { window: { mode, settings, openedAt, dueAt: at, ...restoreGathered(receivedAt, last, items, clock) } };
}

function restoreGathered(
  receivedAt: number,
  last: LastEvent,
  carried: readonly CarriedItem[],
  clock: number,
): Gathered {
  const items = carried.map((item) => restoreItem(item, clock));
  return { items, last, receivedAt, bytes: gatheredBytes(items, last) };
}

function restoreRun({ items: carriedItems, settings: row, ...run }: CarriedRun, carried: CarriedState): RunRequest {
  const items = carriedItems.map((item) => restoreItem(item, carried.clock));
  const { generation, run: settings } = carried.definition;
  const decidedBy = (row === undefined ? undefined : carried.runSettings[row]) ?? { generation, settings };
  return { ...run, ...decidedBy, items, bytes: gatheredBytes(items, run.last) };
}

function restoreItem(carried: CarriedItem, clock: number): Item {
  const [id, beforeMs, value] = carried;
  const item = { eventId: `evt_${id}`, time: clock - beforeMs };
  return value === undefined ? item : { ...item, value };
}

/** What a state carried by an older release does not count yet. */
const NONE_ENDED = { rejected: 0, skipped: 0 };

function structuredCopy(counts: Counts): Counts {
  return { ...counts, suppressed: { ...counts.suppressed }, ended: { ...NONE_ENDED, ...counts.ended } };
}
