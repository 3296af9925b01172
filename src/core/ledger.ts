import type { Fact } from './fact.ts';
import type { Reason } from './reason.ts';
import type { TriggerState } from './state.ts';

/** Event ids written out in one entry; the count tells the rest. */
const IDS_SHOWN_MAX = 20;

/** A fact as the log and the metrics take it: bounded, without event contents. */
export type LedgerEntry = {
  readonly seq: number;
  readonly at: number;
  readonly kind: 'suppressed' | 'deadLettered' | 'runDecided' | 'startReported' | 'runEnded' | 'definitionAdopted';
  readonly key?: string;
  readonly eventIds?: readonly string[];
  readonly eventCount?: number;
  readonly stage?: string;
  readonly reason?: string;
  /** The reason of a suppression, with the values compared. */
  readonly why?: Reason;
  readonly runId?: string;
  readonly detail?: string;
};

/** What a step tells the world: its entries, and how full the instance is after it. */
export type LedgerPage = {
  readonly trigger: string;
  readonly target: string;
  readonly entries: readonly LedgerEntry[];
  readonly pendingItems: number;
  /** How far back dedup reaches at this moment, in milliseconds; undefined while nothing was forgotten. */
  readonly dedupeHorizonMs?: number;
};

/** The entry of a fact that somebody wants to hear of; undefined for the rest. */
function ledgerEntry(fact: Fact): LedgerEntry | undefined {
  const { seq, at, kind } = fact;
  switch (kind) {
    case 'eventsSuppressed': {
      const { key, eventIds, stage, reason } = fact;
      return { seq, at, kind: 'suppressed', key, ...shown(eventIds), stage, reason: reason.kind, why: reason };
    }
    case 'eventDeadLettered':
      return { seq, at, kind: 'deadLettered', key: fact.key, ...shown([fact.eventId]), reason: fact.code };
    case 'runDecided': {
      const { key, runId, cause, items } = fact.run;
      return { seq, at, kind, key, runId, detail: cause, ...shown(items.map((item) => item.eventId)) };
    }
    case 'startReported':
      return { seq, at, kind, key: fact.key, runId: fact.report.runId, detail: fact.report.outcome };
    case 'runEnded':
      return { seq, at, kind, key: fact.report.key, runId: fact.report.runId, detail: fact.report.status };
    case 'definitionAdopted':
      return { seq, at, kind, detail: fact.definition.generation };
    case 'eventRecorded':
    case 'windowOpened':
    case 'windowExtended':
    case 'eventCollected':
    case 'windowClosed':
    case 'candidateHeld':
    case 'holdReleased':
    case 'cooldownEnded':
      return undefined;
  }
}

/** The page of a step. */
export function ledgerPage(state: TriggerState, facts: readonly Fact[]): LedgerPage {
  const entries = facts.map(ledgerEntry).filter((entry) => entry !== undefined);
  const oldestAt = state.seen.oldestAt();
  return {
    trigger: state.definition.name,
    target: state.definition.run.target,
    entries,
    pendingItems: state.pendingItems,
    ...(oldestAt !== undefined && {
      dedupeHorizonMs: Math.min(state.clock - oldestAt, state.definition.dedupe.windowMs),
    }),
  };
}

function shown(eventIds: readonly string[]): { eventIds: readonly string[]; eventCount: number } {
  return { eventIds: eventIds.slice(0, IDS_SHOWN_MAX), eventCount: eventIds.length };
}
