import type { Offered } from '../accept/offer.ts';
import type { Cause, Fact, RunRequest } from '../core/fact.ts';
import type { StageName } from '../core/reason.ts';
import type { ErrorCode } from '../errors.ts';
import { AgeClock, type Ages, Spans } from './ages.ts';
import type { Arrival } from './arrival.ts';
import { Timeline } from './timeline.ts';
import { Waiting } from './waiting.ts';

/** Places at which expressions failed that are told apart; a trigger has about as many expressions. */
const FAILED_PLACES_MAX = 32;

/** An expression that failed, where, and on how many events. */
export type FailedPlace = {
  readonly code: ErrorCode;
  /** Place in the trigger's spec, as an RFC 6901 pointer. */
  readonly pointer: string;
  /** What the first failure said, and the line of its event. */
  readonly detail: string;
  readonly firstLine: number;
  events: number;
};

/** How many events a stage suppressed or held back for one reason. */
export type Stopped = { readonly stage: StageName; readonly reason: string; events: number };

/** What makes an event no data: it was there before, or it no longer says anything. */
const NOT_DATA: ReadonlySet<string> = new Set(['dedupe', 'freshness', 'order']);

/** Counts what one trigger made of its events, fact by fact. Its size does not grow with them. */
export class Tally {
  matched = 0;
  runs = 0;
  eventsInRuns = 0;
  readonly runsByCause = new Map<Cause, number>();
  /** How many runs had so many events. */
  readonly runSizes = new Map<number, number>();
  readonly failed = new Map<string, FailedPlace>();
  /** Events of failures at further places. */
  failedElsewhere = 0;
  readonly suppressed = new Map<string, Stopped>();
  readonly held = new Map<string, Stopped>();
  readonly deadLettered = new Map<string, number>();
  readonly heldFor = new Spans();
  /** From the first event of a run to its start. */
  readonly startedAfter = new Spans();
  readonly timeline: Timeline;
  readonly waiting = new Waiting();
  firstRunAt: number | undefined;
  lastRunAt: number | undefined;
  readonly #clock: AgeClock;
  readonly #onRun: ((run: RunRequest) => void) | undefined;
  /** The event that was just recorded, while it counts as data. */
  #arrived: string | undefined;

  constructor(startAt: number, onRun?: (run: RunRequest) => void) {
    this.timeline = new Timeline(startAt);
    this.#clock = new AgeClock(startAt);
    this.#onRun = onRun;
  }

  get staleness(): Ages {
    return this.#clock.ages;
  }

  /** An expression of the trigger failed on an event. */
  failure(failed: Extract<Offered, { kind: 'failed' }>, { line }: Arrival): void {
    const { code, pointer, detail } = failed;
    const place = `${code} ${pointer}`;
    const known = this.failed.get(place);
    if (known) known.events += 1;
    else if (this.failed.size < FAILED_PLACES_MAX) {
      this.failed.set(place, { code, pointer, detail, firstLine: line, events: 1 });
    } else this.failedElsewhere += 1;
  }

  /** The trigger takes an event. */
  offered(at: number): void {
    this.matched += 1;
    this.timeline.event(at);
    this.#arrived = undefined;
  }

  /** Whether the event that was offered last is data. */
  get tookData(): boolean {
    return this.#arrived !== undefined;
  }

  /** Time passes: nothing happened up to this moment. */
  passTo(at: number): void {
    this.#clock.passTo(at, this.waiting.oldestAt);
  }

  readonly take = (fact: Fact): void => {
    this.passTo(fact.at);
    if (fact.kind === 'eventRecorded') {
      this.#arrived = fact.offer.eventId;
      this.waiting.arrived(fact.offer.eventId, fact.at);
    } else if (fact.kind === 'eventsSuppressed') {
      this.#suppressed(fact.key, fact.eventIds, fact.stage, fact.reason.kind);
    } else if (fact.kind === 'eventDeadLettered') {
      add(this.deadLettered, fact.code);
      // A conflict has the id of an event that may still wait.
      if (fact.code !== 'event_id_conflict') this.waiting.done(fact.eventId);
    } else if (fact.kind === 'candidateWaits') {
      count(this.held, fact.stage, fact.reason.kind, fact.unit.items.length);
      for (const { eventId } of fact.unit.items) this.waiting.held(eventId, fact.at);
    } else if (fact.kind === 'runDecided') {
      this.#ran(fact.run, fact.at);
    }
  };

  #suppressed(key: string, eventIds: readonly string[], stage: StageName, reason: string): void {
    count(this.suppressed, stage, reason, eventIds.length);
    const isData = !NOT_DATA.has(stage);
    for (const eventId of eventIds) {
      if (isData) this.waiting.dropped(eventId, key);
      // A duplicate has the id of an event that may still wait.
      else if (reason !== 'duplicate') this.waiting.done(eventId);
      if (!isData && this.#arrived === eventId) this.#arrived = undefined;
    }
  }

  #ran(run: RunRequest, at: number): void {
    const { key, cause, items, receivedAt } = run;
    this.runs += 1;
    this.eventsInRuns += items.length;
    add(this.runsByCause, cause);
    add(this.runSizes, items.length);
    this.firstRunAt ??= at;
    this.lastRunAt = at;
    this.timeline.run(at);
    if (items.length > 0) this.startedAfter.add(at - receivedAt);
    for (const { eventId } of items) {
      const heldAt = this.waiting.done(eventId);
      if (heldAt === undefined) continue;
      this.heldFor.add(at - heldAt);
      this.timeline.held(heldAt, at);
    }
    this.waiting.ran(key);
    this.#onRun?.(run);
  }
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function count(counts: Map<string, Stopped>, stage: StageName, reason: string, events: number): void {
  const key = `${stage} ${reason}`;
  const known = counts.get(key);
  if (known) known.events += events;
  else counts.set(key, { stage, reason, events });
}
