import { carry } from '../../src/core/carried.ts';
import { type Due, dueAt, nextDeadline } from '../../src/core/due.ts';
import { KEPT_OVERHEAD_BYTES, UNIT_OVERHEAD_BYTES } from '../../src/core/limits.ts';
import { jsonBytes } from '../../src/core/json-bytes.ts';
import type { Item, LastEvent } from '../../src/core/offer.ts';
import type { KeyState, TriggerState } from '../../src/core/state.ts';
import { gatheredBytes, keyEntryBytes, limitBytes, runBytes, watchBytes } from '../../src/core/weight.ts';

export type Count = {
  readonly items: number;
  readonly bytes: number;
  readonly startingItems: number;
  readonly startingBytes: number;
  readonly keyBytes: number;
  readonly next: Due | undefined;
};

type Held = { readonly items: readonly Item[]; readonly last: LastEvent; readonly extraBytes: number };

/** Everything a key holds, in the order in which it would start, with what each weighs besides its events. */
function heldIn({ order, join, tally, window, waiting }: KeyState): readonly Held[] {
  return [
    ...(waiting ?? []).map((it) => ({
      items: it.items,
      last: it.last,
      extraBytes: jsonBytes(it.params) + jsonBytes(it.replays),
    })),
    ...(window ? [{ items: window.items, last: window.last, extraBytes: 0 }] : []),
    ...(tally?.units ?? []).map(({ items }) => ({ items, last: {}, extraBytes: UNIT_OVERHEAD_BYTES })),
    ...(tally ? [{ items: [], last: tally.last, extraBytes: 0 }] : []),
    ...(join?.parts ?? []).map(({ name, unit }) => {
      return { items: unit.items, last: unit.last, extraBytes: UNIT_OVERHEAD_BYTES + jsonBytes(name) };
    }),
    ...(order?.sorting ?? []).map(({ by, unit }) => {
      return { items: unit.items, last: unit.last, extraBytes: UNIT_OVERHEAD_BYTES + jsonBytes(by) };
    }),
  ];
}

/** What the totals of a state must be, counted anew over all of it. */
export function recount(state: TriggerState): Count {
  let items = 0;
  let bytes = 0;
  let keyBytes = limitBytes(state.limits);
  for (const name of state.watched.keys()) keyBytes += watchBytes(name);
  let next: Due | undefined;
  for (const [name, key] of state.keys) {
    keyBytes += keyEntryBytes(name, key);
    for (const held of heldIn(key)) {
      items += held.items.length;
      bytes += gatheredBytes(held.items, held.last) + held.extraBytes;
    }
    const at = dueAt(key);
    const isEarlier = next?.kind !== 'key' || (at ?? Infinity) < next.at || (at === next.at && name < next.key);
    if (at !== undefined && isEarlier) next = { kind: 'key', at, key: name };
  }
  if (state.sharedDueAt < (next?.at ?? Infinity)) next = { kind: 'shared', at: state.sharedDueAt };
  if (state.fallbackDueAt < (next?.at ?? Infinity)) next = { kind: 'fallback', at: state.fallbackDueAt };
  if (state.paused) next = undefined;
  for (const { kept } of [state.paused, ...[...state.keys.values()].map((key) => key.paused)].flatMap(
    (it) => it ?? [],
  )) {
    items += kept.length;
    bytes += kept.reduce((sum, offer) => sum + KEPT_OVERHEAD_BYTES + jsonBytes(offer), 0);
  }
  const runs = [...state.starting.values()];
  const startingItems = runs.reduce((sum, run) => sum + run.items.length, 0);
  const startingBytes = runs.reduce(
    (sum, run) => sum + runBytes({ ...run, bytes: gatheredBytes(run.items, run.last) }),
    0,
  );
  items += startingItems;
  bytes += startingBytes;
  return { items, bytes, startingItems, startingBytes, keyBytes, next };
}

/** The totals the state claims. */
recount.claimed = (state: TriggerState): Count => ({
  items: state.pendingItems,
  bytes: state.pendingBytes,
  startingItems: state.startingItems,
  startingBytes: state.startingBytes,
  keyBytes: state.keyBytes,
  next: nextDeadline(state),
});

/** Ids of the events that wait for anything, key by key, what starts first first; kept ones last. */
export function pendingIds(state: TriggerState): string[] {
  const held = [...state.keys.values()].flatMap((key) => [
    ...heldIn(key).flatMap(({ items }) => items.map((item) => item.eventId)),
    ...(key.paused?.kept ?? []).map((offer) => offer.eventId),
  ]);
  return [...held, ...(state.paused?.kept ?? []).map((offer) => offer.eventId)];
}

/** Bytes of a state as it is carried. */
export function carriedBytes(state: TriggerState): number {
  return Buffer.byteLength(JSON.stringify(carry(state)));
}
