import type { DebounceSettings, Definition, RunSettings } from '../spec/definition.ts';
import type { Json } from '../spec/json.ts';
import type { RunRequest } from './fact.ts';
import { RUN_OVERHEAD_BYTES } from './limits.ts';
import type { Item, LastEvent } from './offer.ts';
import type { StageName } from './reason.ts';
import { SeenIdentities } from './seen.ts';
import {
  type Counts,
  dueAt,
  type Gathered,
  initialState,
  keyEntryBytes,
  type KeyState,
  type TriggerState,
} from './state.ts';

/** An item as it is carried: id without `evt_`, milliseconds before the state's clock, value. */
type CarriedItem = readonly [string, number] | readonly [string, number, Json];
type CarriedGathered = {
  readonly items: readonly CarriedItem[];
  readonly last: LastEvent;
  readonly receivedAt: number;
  readonly bytes: number;
};
/** A window: its settings stand in the table at `settings`. */
type CarriedWindow = {
  readonly settings: number;
  readonly suppressing?: true;
  readonly openedAt: number;
  readonly dueAt: number;
};
type CarriedKey = {
  readonly window?: CarriedWindow & CarriedGathered;
  readonly hold?: { readonly stage: StageName; readonly untilAt: number } & CarriedGathered;
  readonly coolingUntil?: number;
};
type CarriedRun = Omit<RunRequest, 'items' | 'settings'> & {
  readonly items: readonly CarriedItem[];
  readonly settings: number;
};

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
  readonly runSettings: readonly RunSettings[];
  readonly keys: readonly (readonly [string, CarriedKey])[];
  readonly starting: readonly CarriedRun[];
  readonly counts: Counts;
};

/** The state as it is carried. */
export function carry(state: TriggerState): CarriedState {
  const { clock, definition } = state;
  const windowSettings = new Table<DebounceSettings>();
  const runSettings = new Table<RunSettings>();
  const keys = [...state.keys].map(([name, key]) => [name, carryKey(key, clock, windowSettings)] as const);
  const starting = [...state.starting.values()].map((run) => ({
    ...run,
    items: run.items.map((item) => carryItem(item, clock)),
    settings: runSettings.indexOf(run.settings),
  }));
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
    state.keyBytes += keyEntryBytes(name);
    state.deadlines.set(name, dueAt(key));
    for (const gathered of [key.window, key.hold]) {
      state.pendingItems += gathered?.items.length ?? 0;
      state.pendingBytes += gathered?.bytes ?? 0;
    }
  }
  for (const { items, settings, ...rest } of carried.starting) {
    const found = carried.runSettings[settings] ?? carried.definition.run;
    const run = { ...rest, settings: found, items: items.map((item) => restoreItem(item, clock)) };
    state.starting.set(run.runId, run);
    state.pendingItems += run.items.length;
    state.pendingBytes += run.bytes + RUN_OVERHEAD_BYTES;
  }
  return state;
}

/** Settings by first appearance; equal ones share a row. */
class Table<T> {
  readonly rows: T[] = [];
  private readonly known = new Map<T, number>();
  private readonly texts = new Map<string, number>();

  indexOf(row: T): number {
    const known = this.known.get(row);
    if (known !== undefined) return known;
    const text = JSON.stringify(row);
    const index = this.texts.get(text) ?? this.rows.push(row) - 1;
    this.texts.set(text, index);
    this.known.set(row, index);
    return index;
  }
}

function carryKey(key: KeyState, clock: number, table: Table<DebounceSettings>): CarriedKey {
  const { window, hold, coolingUntil } = key;
  return {
    ...(window && {
      window: {
        settings: table.indexOf(window.settings),
        ...(window.mode === 'suppressing' && { suppressing: true as const }),
        openedAt: window.openedAt,
        dueAt: window.dueAt,
        ...carryGathered(window, clock),
      },
    }),
    ...(hold && { hold: { stage: hold.stage, untilAt: hold.untilAt, ...carryGathered(hold, clock) } }),
    ...(coolingUntil !== undefined && { coolingUntil }),
  };
}

function carryGathered({ items, last, receivedAt, bytes }: Gathered, clock: number): CarriedGathered {
  return { items: items.map((item) => carryItem(item, clock)), last, receivedAt, bytes };
}

function carryItem(item: Item, clock: number): CarriedItem {
  const head = [item.eventId.slice('evt_'.length), clock - item.time] as const;
  return item.value === undefined ? head : [...head, item.value];
}

function restoreKey(carried: CarriedKey, clock: number, table: readonly DebounceSettings[]): KeyState {
  const { window, hold, coolingUntil } = carried;
  const settings = window && table[window.settings];
  return {
    ...(window &&
      settings && {
        window: {
          mode: window.suppressing ? ('suppressing' as const) : ('collecting' as const),
          settings,
          openedAt: window.openedAt,
          dueAt: window.dueAt,
          ...restoreGathered(window, clock),
        },
      }),
    ...(hold && { hold: { stage: hold.stage, untilAt: hold.untilAt, ...restoreGathered(hold, clock) } }),
    ...(coolingUntil !== undefined && { coolingUntil }),
  };
}

function restoreGathered({ items, last, receivedAt, bytes }: CarriedGathered, clock: number): Gathered {
  return { items: items.map((item) => restoreItem(item, clock)), last, receivedAt, bytes };
}

function restoreItem(carried: CarriedItem, clock: number): Item {
  const [id, beforeMs, value] = carried;
  const item = { eventId: `evt_${id}`, time: clock - beforeMs };
  return value === undefined ? item : { ...item, value };
}

function structuredCopy(counts: Counts): Counts {
  return { ...counts, suppressed: { ...counts.suppressed }, ended: { ...counts.ended } };
}
