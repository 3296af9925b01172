import { carry } from '../../src/core/carried.ts';
import type { Deadline } from '../../src/core/deadlines.ts';
import {
  dueAt,
  gatheredBytes,
  keyEntryBytes,
  nextDeadline,
  runBytes,
  type TriggerState,
} from '../../src/core/state.ts';

export type Count = {
  readonly items: number;
  readonly bytes: number;
  readonly startingItems: number;
  readonly startingBytes: number;
  readonly keyBytes: number;
  readonly next: Deadline | undefined;
};

/** What the totals of a state must be, counted anew over all of it. */
export function recount(state: TriggerState): Count {
  let items = 0;
  let bytes = 0;
  let ofKeys = 0;
  let next: Deadline | undefined;
  for (const [name, key] of state.keys) {
    ofKeys += keyEntryBytes(name, key);
    for (const gathered of [key.window, key.hold]) {
      items += gathered?.items.length ?? 0;
      bytes += gathered ? gatheredBytes(gathered.items, gathered.last) : 0;
    }
    const at = dueAt(key);
    if (at !== undefined && (next === undefined || at < next.at || (at === next.at && name < next.key))) {
      next = { at, key: name };
    }
  }
  const runs = [...state.starting.values()];
  const startingItems = runs.reduce((sum, run) => sum + run.items.length, 0);
  const startingBytes = runs.reduce(
    (sum, run) => sum + runBytes({ ...run, bytes: gatheredBytes(run.items, run.last) }),
    0,
  );
  items += startingItems;
  bytes += startingBytes;
  return { items, bytes, startingItems, startingBytes, keyBytes: ofKeys, next };
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

/** Ids of the events in windows and holds, key by key, what waits longest first. */
export function pendingIds(state: TriggerState): string[] {
  return [...state.keys.values()].flatMap((key) =>
    [key.hold, key.window].flatMap((gathered) => (gathered?.items ?? []).map((item) => item.eventId)),
  );
}

/** Bytes of a state as it is carried. */
export function carriedBytes(state: TriggerState): number {
  return Buffer.byteLength(JSON.stringify(carry(state)));
}
