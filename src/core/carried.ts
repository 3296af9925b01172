import type { Definition, RunSettings } from '../spec/definition.ts';
import { carryItems, type CarriedItem, restoreItem } from './carried-item.ts';
import { type CarriedKey, type CarriedPause, carryKey, carryPause, restoreKey, restorePause } from './carried-key.ts';
import { type CarriedLimits, carryLimits, restoreLimits } from './carried-limits.ts';
import { SettingsTables, type SettingsRows, Table } from './carried-table.ts';
import type { RunRequest } from './fact.ts';
import { dedupeFrom } from './kept.ts';
import { indexKey } from './key-entry.ts';
import { pendingOf } from './pending.ts';
import { SeenIdentities } from './seen.ts';
import { addStarting } from './starting.ts';
import { blankState, type Counts, noCounts, type TriggerState, type Watched } from './state.ts';
import { refreshShared } from './watching.ts';
import { fallbackDueAt } from './stages/fallback.ts';
import { gatheredBytes, keptBytes, keyEntryBytes, limitBytes, watchBytes } from './weight.ts';

/** A run without what is counted anew; `settings` is the row of its generation, absent where that is the current one. */
type CarriedRun = Omit<RunRequest, 'items' | 'settings' | 'generation' | 'bytes'> & {
  readonly items: readonly CarriedItem[];
  readonly settings?: number;
};
/** A generation that decided a run which is not started yet. */
type CarriedGeneration = { readonly generation: string; readonly settings: RunSettings };
/** What a fallback knows of a key; null where it never happened. */
type CarriedWatch = readonly [key: string, sinceAt: number, lastAt: number | null, firedAt: number | null];

/**
 * A state as plain JSON, carried over continue-as-new. Collections keyed by what users send are arrays of pairs, never
 * object members. Settings shared by many windows or runs stand once, in a table. What is absent is empty.
 */
export type CarriedState = {
  readonly version: 1;
  readonly rules: 1;
  readonly definition: Definition;
  readonly seq: number;
  readonly clock: number;
  readonly seen: string;
  readonly windowSettings: SettingsRows['windows'];
  readonly joinSettings?: SettingsRows['joins'];
  readonly tallySettings?: SettingsRows['tallies'];
  readonly runSettings: readonly CarriedGeneration[];
  readonly keys: readonly (readonly [string, CarriedKey])[];
  readonly starting: readonly CarriedRun[];
  readonly counts: Partial<Omit<Counts, 'suppressed' | 'ended'>> & {
    readonly suppressed?: Partial<Counts['suppressed']>;
    readonly ended?: Partial<Counts['ended']>;
  };
  readonly limits?: CarriedLimits;
  readonly watched?: readonly CarriedWatch[];
  readonly paused?: CarriedPause;
  readonly checkedAt?: number;
  readonly turns?: number;
};

/** The state as it is carried. */
export function carry(state: TriggerState): CarriedState {
  const { clock, definition } = state;
  const tables = new SettingsTables();
  const runSettings = new Table<CarriedGeneration>();
  const keys = [...state.keys].map(([name, key]) => [name, carryKey(key, clock, tables)] as const);
  const starting = [...state.starting.values()].map((run) => carryRun(run, state, runSettings));
  const { windows, joins, tallies } = tables;
  const limits = carryLimits(state.limits);
  return {
    version: 1,
    rules: state.rules,
    definition,
    seq: state.seq,
    clock,
    seen: state.seen.pack(clock, definition.dedupe.windowMs + clock - dedupeFrom(state)),
    windowSettings: windows.rows,
    ...(joins.rows.length > 0 && { joinSettings: joins.rows }),
    ...(tallies.rows.length > 0 && { tallySettings: tallies.rows }),
    runSettings: runSettings.rows,
    keys,
    starting,
    counts: state.counts,
    ...(limits && { limits }),
    ...(state.watched.size > 0 && { watched: carryWatched(state) }),
    ...(state.paused && { paused: carryPause(state.paused) }),
    ...(state.checkedAt > 0 && { checkedAt: state.checkedAt }),
    ...(state.turns > 0 && { turns: state.turns }),
  };
}

/** The inverse of `carry`. */
export function restore(carried: CarriedState): TriggerState {
  const { clock, definition } = carried;
  const state: TriggerState = {
    ...blankState(definition),
    seq: carried.seq,
    clock,
    seen: SeenIdentities.unpack(carried.seen, clock),
    counts: restoreCounts(carried.counts),
    checkedAt: carried.checkedAt ?? 0,
    turns: carried.turns ?? 0,
    limits: restoreLimits(carried.limits),
    ...(carried.paused && { paused: restorePause(carried.paused) }),
  };
  state.keyBytes += limitBytes(state.limits);
  for (const offer of state.paused?.kept ?? []) {
    state.pendingItems += 1;
    state.pendingBytes += keptBytes(offer);
  }
  restoreWatched(state, carried.watched ?? []);
  restoreKeys(state, carried);
  for (const carriedRun of carried.starting) addStarting(state, restoreRun(carriedRun, carried));
  refreshShared(state);
  return state;
}

function restoreKeys(state: TriggerState, carried: CarriedState): void {
  const { clock, definition, windowSettings, joinSettings = [], tallySettings = [] } = carried;
  const rows = { windows: windowSettings, joins: joinSettings, tallies: tallySettings };
  for (const [name, carriedKey] of carried.keys) {
    const key = restoreKey(carriedKey, clock, rows, definition);
    // Releases before the first line had no turns: what they held comes in the order it was carried in.
    for (const waiting of key.waiting ?? []) state.turns = Math.max(state.turns, waiting.turn + 1);
    state.keys.set(name, key);
    state.keyBytes += keyEntryBytes(name, key);
    indexKey(state, name, key);
    const { items, bytes } = pendingOf(key);
    state.pendingItems += items;
    state.pendingBytes += bytes;
  }
}

function carryWatched({ watched }: TriggerState): readonly CarriedWatch[] {
  return [...watched].map(([key, { sinceAt, lastAt, firedAt }]) => [key, sinceAt, lastAt ?? null, firedAt ?? null]);
}

function restoreWatched(state: TriggerState, carried: readonly CarriedWatch[]): void {
  const { fallback } = state.definition;
  for (const [key, sinceAt, lastAt, firedAt] of carried) {
    const watched: Omit<Watched, 'dueAt'> = {
      sinceAt,
      ...(lastAt !== null && { lastAt }),
      ...(firedAt !== null && { firedAt }),
    };
    state.watched.set(key, { ...watched, dueAt: fallback ? fallbackDueAt(fallback, watched) : Infinity });
    state.keyBytes += watchBytes(key);
  }
}

function carryRun(run: RunRequest, { clock, definition }: TriggerState, table: Table<CarriedGeneration>): CarriedRun {
  const { items, generation, settings, bytes: _countedAnew, ...rest } = run;
  const isOther = generation !== definition.generation;
  return {
    ...rest,
    items: carryItems(items, clock),
    ...(isOther && { settings: table.indexOf(generation, () => ({ generation, settings })) }),
  };
}

function restoreRun({ items: carriedItems, settings: row, ...run }: CarriedRun, carried: CarriedState): RunRequest {
  const items = carriedItems.map((item) => restoreItem(item, carried.clock));
  const { generation, run: settings } = carried.definition;
  const decidedBy = (row === undefined ? undefined : carried.runSettings[row]) ?? { generation, settings };
  return { ...run, ...decidedBy, items, bytes: gatheredBytes(items, run.last) };
}

/** What an older release did not count yet is none. */
function restoreCounts({ suppressed, ended, ...counts }: CarriedState['counts']): Counts {
  const none = noCounts();
  return {
    ...none,
    ...counts,
    suppressed: { ...none.suppressed, ...suppressed },
    ended: { ...none.ended, ...ended },
  };
}
