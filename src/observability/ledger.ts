import type { LedgerEntry, LedgerPage } from '../core/ledger.ts';
import type { Reason } from '../core/reason.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';

/** Event ids written out in one line; the count tells the rest. */
const IDS_SHOWN_MAX = 20;

/**
 * Writes what instances decided into the log and the metrics: every line names its events. `explain` puts a reason into a
 * sentence.
 */
export function createLedger(
  log: Logger,
  metrics: Metrics,
  explain: (reason: Reason) => string,
): (page: LedgerPage) => void {
  return (page) => {
    const { trigger } = page;
    for (const entry of page.entries) {
      count(page, entry, metrics);
      const why = entry.why && { why: explain(entry.why) };
      const eventIds = entry.eventIds && { eventIds: entry.eventIds.slice(0, IDS_SHOWN_MAX) };
      const level = entry.kind === 'collected' ? 'debug' : 'info';
      log[level]({ trigger, ...entry, ...eventIds, ...why, at: new Date(entry.at).toISOString() }, MESSAGE[entry.kind]);
    }
    metrics.set('signalbox_pending_events', { trigger }, page.pendingItems);
    if (page.dedupeHorizonMs !== undefined) {
      metrics.set('signalbox_dedupe_horizon_seconds', { trigger }, page.dedupeHorizonMs / 1_000);
    }
  };
}

const MESSAGE = {
  collected: 'events collected',
  suppressed: 'events suppressed',
  deadLettered: 'event dead-lettered',
  kept: 'events kept while paused',
  waiting: 'events wait',
  runDecided: 'run decided',
  startReported: 'run started',
  runEnded: 'run ended',
  runApproved: 'run approved',
  definitionAdopted: 'definition adopted',
  paused: 'paused',
  resumed: 'resumed',
  fired: 'fired by hand',
  replayed: 'replayed by hand',
  breaker: 'breaker moved',
  recovered: 'taken over from an ended run',
} as const satisfies Record<LedgerEntry['kind'], string>;

function count({ trigger, target }: LedgerPage, entry: LedgerEntry, metrics: Metrics): void {
  if (entry.kind === 'suppressed') {
    metrics.count('signalbox_suppressed_total', { trigger, reason: entry.stage ?? '' }, entry.eventCount);
  }
  if (entry.kind === 'startReported' && entry.detail === 'alreadyStarted') {
    metrics.count('signalbox_dispatch_total', { trigger, target, outcome: 'already_started' });
  }
}
