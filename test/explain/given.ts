import type { Evidence } from '../../src/explain/trigger.ts';
import type { Definition } from '../../src/spec/definition.ts';
import type { StoredEntry } from '../../src/store/store.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** When the event of these tests arrives: 14:00 UTC. */
export const AT = Date.parse('2026-09-01T14:00:00Z');
export const EVENT = 'evt_0000000000000000000001';

/** A definition that has every stage up to the run in which events can wait. */
export const DEFINITION: Definition = {
  name: 'retrain',
  generation: 'aaaa',
  loadedAt: 1,
  mode: 'live',
  dedupe: { windowMs: DAY },
  freshness: { maxAgeMs: HOUR, at: 'arrival' },
  debounce: { quietMs: 30_000, edge: 'trailing', keep: 'all' },
  cooldown: { periodMs: HOUR, onExcess: 'hold' },
  run: { kind: 'train', target: 'train', params: {}, retry: { delaysMs: [] }, timeoutMs: HOUR },
};

/** An entry of the ledger about the event, at 14:00. */
export function entry(more: Partial<StoredEntry> & Pick<StoredEntry, 'seq' | 'kind'>): StoredEntry {
  return {
    at: AT,
    trigger: 'retrain',
    instance: 'trigger/retrain',
    key: 'a',
    eventIds: [EVENT],
    eventCount: 1,
    ...more,
  };
}

/** What is known of the event in the trigger `retrain`. */
export function evidence(entries: readonly StoredEntry[], more: Partial<Evidence> = {}): Evidence {
  return {
    eventId: EVENT,
    receivedAt: AT,
    taken: { trigger: 'retrain', key: 'a', generation: 'aaaa' },
    entries,
    storedSeq: Math.max(0, ...entries.map(({ seq }) => seq)),
    definition: DEFINITION,
    linkOf: {
      run: (runId) => ({ api: `/v1/runs/${runId}`, temporal: `http://ui/${runId}` }),
      trigger: (trigger) => ({ api: `/v1/triggers/${trigger}` }),
    },
    ...more,
  };
}
