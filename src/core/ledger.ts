import type { Fact, FactOf } from './fact.ts';
import type { Reason, StageName } from './reason.ts';
import type { TriggerState } from './state.ts';

/** What leaves an instance about one or several facts, without event contents. Times are epoch milliseconds. */
export type LedgerEntry = {
  /** Of the first fact it tells: unique within its instance for good. A decision that is made again has the same. */
  readonly seq: number;
  readonly at: number;
  readonly kind: LedgerKind;
  readonly key?: string;
  readonly eventIds?: readonly string[];
  readonly eventCount?: number;
  readonly stage?: StageName;
  /** The kind of `why`, or the catalogue code of a dead letter. */
  readonly reason?: string;
  /** The reason, with the values compared. */
  readonly why?: Reason;
  readonly runId?: string;
  /** Of a run its cause, of a start its outcome, of an end its status (of a run or of an instance), of a definition its generation. */
  readonly detail?: string;
  /** When the window ends or the candidate is looked at again, as known then. */
  readonly dueAt?: number;
  /** Who asked for it. */
  readonly by?: string;
  readonly generation?: string;
  readonly target?: string;
  readonly firedAt?: number;
  /** The earliest arrival among the events of a run. */
  readonly receivedAt?: number;
  /** The earliest time among them: the one an event names, or its arrival. */
  readonly eventAt?: number;
};

/**
 * What an entry says. `collected`: its events sit in the window of `stage`. `kept`: they arrived while paused.
 * `waiting`: a candidate waits at the admission `stage`. The four
 * before the last are what a person or a breaker did. `recovered`: the instance took over from a run that was ended.
 */
export type LedgerKind =
  | 'collected'
  | 'suppressed'
  | 'deadLettered'
  | 'kept'
  | 'waiting'
  | 'runDecided'
  | 'startReported'
  | 'runEnded'
  | 'runApproved'
  | 'definitionAdopted'
  | 'paused'
  | 'resumed'
  | 'fired'
  | 'replayed'
  | 'breaker'
  | 'recovered';

/**
 * What a step tells the world: its entries, and how full the instance is after it. The pages of an instance cover `seq`
 * without a gap, so a hole between two of them is a page that was lost.
 */
export type LedgerPage = {
  readonly trigger: string;
  readonly target: string;
  /** First and last fact of the step; entries may be fewer. `seqTo` is below `seqFrom` where there was none. */
  readonly seqFrom: number;
  readonly seqTo: number;
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
      return { seq, at, kind: 'suppressed', key, ...naming(eventIds), stage, reason: reason.kind, why: reason };
    }
    case 'eventDeadLettered': {
      const { key, eventId, code, reason } = fact;
      return { seq, at, kind: 'deadLettered', key, ...naming([eventId]), stage: fact.stage, reason: code, why: reason };
    }
    case 'unitSorted':
      return { ...collected(fact, 'order'), dueAt: fact.dueAt };
    case 'partFilled':
      return { ...collected(fact, 'correlate'), detail: fact.part, dueAt: fact.expiresAt };
    case 'unitTallied':
      return { ...collected(fact, 'threshold'), dueAt: at + fact.settings.withinMs };
    case 'unitCollected':
      return collected(fact, fact.stage);
    case 'eventKept':
      return { seq, at, kind: 'kept', key: fact.key, ...naming([fact.offer.eventId]) };
    case 'candidateWaits': {
      const { cause: detail, unit, ...wait } = fact;
      return { ...waiting(wait), ...naming(unit.items.map((item) => item.eventId)), detail };
    }
    case 'waitMoved':
      return { ...waiting(fact), eventIds: fact.eventIds, eventCount: fact.eventCount };
    case 'runDecided':
      return decided(fact);
    case 'startReported':
      return startEntry(fact);
    case 'runEnded':
      return { seq, at, kind, key: fact.report.key, runId: fact.report.runId, detail: fact.report.status };
    case 'definitionAdopted': {
      const { generation } = fact.definition;
      return { seq, at, kind, detail: generation, generation };
    }
    case 'runApproved':
      return { seq, at, kind, key: fact.report.key, runId: fact.report.runId };
    case 'breakerMoved': {
      const { key, breaker, by } = fact;
      return { seq, at, kind: 'breaker', ...(key !== undefined && { key }), detail: breaker.mode, ...told(by) };
    }
    case 'paused':
    case 'resumed':
      return { seq, at, kind, ...(fact.key !== undefined && { key: fact.key }), ...told(fact.by) };
    case 'fired':
      return { seq, at, kind, key: fact.key, detail: fact.id, ...told(fact.by) };
    case 'recovered':
      return { seq, at: Math.max(at, fact.heardAt), kind, detail: fact.status, ...lostOf(fact) };
    case 'replayed': {
      const { key, eventCount, replays, by } = fact;
      return { seq, at, kind, key, eventCount, detail: replays.runId, ...told(by) };
    }
    case 'eventRecorded':
    case 'orderAdvanced':
    case 'sortedReleased':
    case 'partsTaken':
    case 'tallyTaken':
    case 'windowOpened':
    case 'windowExtended':
    case 'windowClosed':
    case 'waitEnded':
    case 'runCancelling':
    case 'fallbackDue':
    case 'runsChecked':
    case 'keyExpired':
      return undefined;
  }
}

function decided({ seq, at, kind, run }: FactOf<'runDecided'>): LedgerEntry {
  const { key, runId, cause, items, generation, settings, firedAt, receivedAt } = run;
  const named = naming(items.map((item) => item.eventId));
  const said = { seq, at, kind, key, runId, detail: cause, ...named, generation, target: settings.target };
  const eventAt = items.reduce((earliest, { time }) => Math.min(earliest, time), Infinity);
  return { ...said, firedAt, receivedAt, ...(items.length > 0 && { eventAt }) };
}

function startEntry({ seq, at, kind, key, report }: FactOf<'startReported'>): LedgerEntry {
  return { seq, at: Math.max(at, report.heardAt ?? at), kind, key, runId: report.runId, detail: report.outcome };
}

/** What a state that could not be had says in the place of a reason. */
function lostOf({ lost }: FactOf<'recovered'>): { reason?: string } {
  return lost === undefined ? {} : { reason: 'state_lost' };
}

function told(by: string | undefined): { by?: string } {
  return by === undefined ? {} : { by };
}

function collected(
  { seq, at, key, unit }: FactOf<'unitSorted' | 'partFilled' | 'unitTallied' | 'unitCollected'>,
  stage: StageName,
): LedgerEntry {
  return { seq, at, kind: 'collected', key, ...naming(unit.items.map((item) => item.eventId)), stage };
}

/** A candidate waits, now or still, for another stage than before. */
function waiting(
  fact: Pick<FactOf<'candidateWaits'>, 'seq' | 'at' | 'key' | 'stage' | 'untilAt' | 'reason'>,
): LedgerEntry {
  const { seq, at, key, stage, untilAt, reason } = fact;
  const due = untilAt === undefined ? {} : { dueAt: untilAt };
  return { seq, at, kind: 'waiting', key, stage, ...due, reason: reason.kind, why: reason };
}

/** The page of a step: `state` as it is after it, and the facts it gave. */
export function ledgerPage(state: TriggerState, facts: readonly Fact[]): LedgerPage {
  const entries = new Entries();
  for (const fact of facts) {
    if (fact.kind === 'windowOpened' || fact.kind === 'windowExtended') entries.moveWindow(fact.key, fact.dueAt);
    if (fact.kind === 'windowClosed') entries.closeWindow(fact.key);
    const entry = ledgerEntry(fact);
    if (entry) entries.add(entry);
  }
  const oldestAt = state.seen.oldestAt();
  return {
    trigger: state.definition.name,
    target: state.definition.run.target,
    seqFrom: facts[0]?.seq ?? state.seq + 1,
    seqTo: facts.at(-1)?.seq ?? state.seq,
    entries: entries.list(),
    pendingItems: state.pendingItems,
    ...(oldestAt !== undefined && {
      dedupeHorizonMs: Math.min(state.clock - oldestAt, state.definition.dedupe.windowMs),
    }),
  };
}

/** Entries of one page. Events that went into one window one after the other are one entry. */
class Entries {
  readonly #entries: LedgerEntry[] = [];
  readonly #dueAt = new Map<string, number>();
  /** What the last entry collected, while it may grow. */
  #growing: { readonly entry: LedgerEntry; readonly eventIds: string[] } | undefined;

  moveWindow(key: string, dueAt: number | undefined): void {
    if (dueAt !== undefined) this.#dueAt.set(key, dueAt);
  }

  closeWindow(key: string): void {
    if (this.#growing?.entry.key === key) this.#settle();
    this.#dueAt.delete(key);
  }

  add(entry: LedgerEntry): void {
    const growing = this.#growing;
    if (growing && entry.kind === 'collected' && isSame(growing.entry, entry)) {
      growing.eventIds.push(...(entry.eventIds ?? []));
      return;
    }
    this.#settle();
    if (entry.kind === 'collected') this.#growing = { entry, eventIds: [...(entry.eventIds ?? [])] };
    else this.#entries.push(entry);
  }

  list(): readonly LedgerEntry[] {
    this.#settle();
    return this.#entries;
  }

  #settle(): void {
    const growing = this.#growing;
    if (!growing) return;
    const { key = '', dueAt: known } = growing.entry;
    const dueAt = known ?? this.#dueAt.get(key);
    this.#entries.push({ ...growing.entry, ...naming(growing.eventIds), ...(dueAt !== undefined && { dueAt }) });
    this.#growing = undefined;
  }
}

/** Whether two entries say the same of different events. */
function isSame(a: LedgerEntry, b: LedgerEntry): boolean {
  return a.key === b.key && a.stage === b.stage && a.dueAt === b.dueAt && a.detail === b.detail;
}

function naming(eventIds: readonly string[]): { eventIds: readonly string[]; eventCount: number } {
  return { eventIds, eventCount: eventIds.length };
}
