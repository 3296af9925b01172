import { join } from 'node:path';

import { NUMBERS_A_SECOND } from './contract/numbering.ts';
import type { Logger } from './observability/log.ts';
import type { Metrics } from './observability/metrics.ts';
import type { Settings } from './settings.ts';
import { offStore } from './store/off.ts';
import { type OpenStore, openStore, type StorePlace } from './store/open.ts';
import type { ReasonReader, Store, StoreStatus } from './store/store.ts';
import type { WriterObserver } from './store/writer.ts';

/** The store of a process; one that is off has no gaps. */
export type ServiceStore =
  | OpenStore
  | (Store & ReasonReader & { readonly gaps?: undefined; readonly close: () => Promise<void> });

/** A person is told of drops at most so often; the metrics have all of them. */
const TELL_DROPS_EVERY_MS = 10_000;

/**
 * Opens the store of a process in the background. `isWhole`: it accepts and works, so that one embedded database holds
 * everything; separate processes need a database that both reach, and have no store without one.
 */
export function openServiceStore(settings: Settings, isWhole: boolean, log: Logger, metrics: Metrics): ServiceStore {
  const place = placeOf(settings, isWhole);
  if (place.kind === 'off') {
    log.warn({ reason: place.detail }, 'nothing is kept for searching');
    metrics.set('signalbox_store_up', {}, 0);
    return { ...offStore(place.detail), close: () => Promise.resolve() };
  }
  const keepMs = settings.store.keepMs;
  return openStore({ place, keepMs, seqSpan: NUMBERS_A_SECOND, now: Date.now, observer: observerOf(log, metrics) });
}

function placeOf(
  { store, stateDirectory }: Settings,
  isWhole: boolean,
): StorePlace | { readonly kind: 'off'; readonly detail: string } {
  switch (store.kind) {
    case 'off':
      return { kind: 'off', detail: 'SIGNALBOX_STORE is off.' };
    case 'postgres':
      return { kind: 'postgres', url: store.url };
    case 'embedded': {
      const detail = 'serve and worker as separate processes keep a store only in the database of DATABASE_URL.';
      return isWhole ? { kind: 'embedded', directory: join(stateDirectory, 'store') } : { kind: 'off', detail };
    }
  }
}

function observerOf(log: Logger, metrics: Metrics): WriterObserver & { state: (status: StoreStatus) => void } {
  const tellDrops = seldom(TELL_DROPS_EVERY_MS);
  return {
    wrote: (kind, rows) => metrics.count('signalbox_store_rows_written_total', { kind }, rows),
    dropped: (kind, why, rows, detail) => {
      metrics.count('signalbox_store_rows_dropped_total', { kind, why }, rows);
      tellDrops(() => log.warn({ kind, why, rows, ...(detail !== undefined && { detail }) }, 'the store dropped rows'));
    },
    failed: (detail) => {
      metrics.count('signalbox_store_errors_total', {});
      log.warn({ detail }, 'the store failed; what waits is tried again');
    },
    backlog: (rows, bytes, lagMs) => {
      metrics.set('signalbox_store_backlog_rows', {}, rows);
      metrics.set('signalbox_store_backlog_bytes', {}, bytes);
      metrics.set('signalbox_store_lag_seconds', {}, lagMs / 1_000);
    },
    state: ({ state, detail }) => {
      metrics.set('signalbox_store_up', {}, state === 'ready' ? 1 : 0);
      log[state === 'ready' ? 'info' : 'warn']({ state, detail }, 'the store');
    },
  };
}

/** Does something at most once in so many milliseconds. */
function seldom(everyMs: number): (act: () => void) => void {
  let doneAt = -Infinity;
  return (act) => {
    const at = performance.now();
    if (at - doneAt < everyMs) return;
    doneAt = at;
    act();
  };
}
