import type { LedgerEntry, LedgerPage } from '../../../src/core/ledger.ts';
import { type OpenStore, openStore, type StoreOptions, type StorePlace } from '../../../src/store/open.ts';
import type { AcceptedEventRecord, StoreResult } from '../../../src/store/store.ts';

/** Virtual time 0 as epoch milliseconds. */
export const T0 = 1_760_000_000_000;
export const DAY = 86_400_000;

/** An accepted event, `afterMs` after T0; taken by `retrain` unless told otherwise. */
export function accepted(name: string, afterMs: number, parts: Partial<AcceptedEventRecord> = {}): AcceptedEventRecord {
  return {
    eventId: `evt_${name}`,
    receivedAt: T0 + afterMs,
    via: 'events',
    event: { specversion: '1.0', id: name, source: '/test', type: 'test.happened', data: { n: afterMs } },
    takenBy: [{ trigger: 'retrain', key: 'k', generation: 'g1' }],
    failedIn: [],
    ...parts,
  };
}

/** Far more facts than a test has, so that all are of one beginning unless it says otherwise. */
export const SEQ_SPAN = 1_000_000;

/** An entry at T0 + its seq in seconds. */
export function entry(
  seq: number,
  kind: LedgerEntry['kind'],
  names: readonly string[],
  parts: Partial<LedgerEntry> = {},
): LedgerEntry {
  const eventIds = names.map((name) => `evt_${name}`);
  const named = names.length === 0 ? {} : { eventIds, eventCount: eventIds.length };
  return { seq, at: T0 + seq * 1_000, kind, key: 'k', ...named, ...parts };
}

/** The page of these entries; it covers from the first one's seq to `seqTo`, by default the last one's. */
export function page(entries: readonly LedgerEntry[], parts: Partial<LedgerPage> = {}): LedgerPage {
  const seqFrom = entries[0]?.seq ?? 1;
  const seqTo = entries.at(-1)?.seq ?? 0;
  return { trigger: 'retrain', target: 'train', seqFrom, seqTo, entries, pendingItems: 0, ...parts };
}

/** What a store told about itself. */
export type Told = { readonly dropped: string[]; readonly failed: string[]; readonly states: string[]; wrote: number };

/** A store at a place, opened in the background, and what it tells. */
export function given(
  place: StorePlace,
  options: Partial<Pick<StoreOptions, 'keepMs' | 'now'>> = {},
): { readonly store: OpenStore; readonly told: Told } {
  const told: Told = { dropped: [], failed: [], states: [], wrote: 0 };
  const store = openStore({
    place,
    keepMs: 30 * DAY,
    seqSpan: SEQ_SPAN,
    now: () => T0,
    ...options,
    observer: {
      wrote: (_kind, rows) => {
        told.wrote += rows;
      },
      dropped: (kind, why, rows) => told.dropped.push(`${kind} ${why} ${rows}`),
      failed: (detail) => told.failed.push(detail),
      backlog: () => undefined,
      state: ({ state }) => told.states.push(state),
    },
  });
  return { store, told };
}

/** The value of an answer; a refusal fails the test. */
export function valueOf<T>(result: StoreResult<T>): T {
  if (!result.ok) throw new Error(result.refusal.detail);
  return result.value;
}
