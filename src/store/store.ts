import type { LedgerEntry, LedgerPage } from '../core/ledger.ts';
import type { ErrorCode, Refusal } from '../errors.ts';
import type { JsonObject } from '../spec/json.ts';

/**
 * What people search: accepted events, verdicts, runs and operator actions. Temporal holds the truth; what is here came
 * after the acknowledgement, may lag, and can be rebuilt from Temporal's history. All times are epoch milliseconds.
 */
export type Store = StoreWriter & StoreReader;

/**
 * The writing side. Every call returns at once: rows wait in a bounded queue, and what does not fit is dropped and
 * counted, never an error of the caller.
 */
export type StoreWriter = {
  /** Events whose acceptance was acknowledged, unmatched ones too. */
  recordAccepted(events: readonly AcceptedEventRecord[]): void;
  /** The facts of one step of `instance`, a workflow id. The same page again changes nothing; a re-decided one replaces. */
  recordPage(instance: string, page: LedgerPage): void;
  recordAction(action: ActionRecord): void;
};

/** A call that could not be answered is a refusal: `store_unavailable` while the database is away, `store_off` where there is none. */
export type StoreResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal };

/** Some rows, and where the next ones begin; without `next` there are no more. */
type StorePage<T> = { readonly items: readonly T[]; readonly next?: string };

/** A page of a list: at most `limit` rows (1 to 1,000, default 50) after what `cursor`, the `next` of a page, named. */
export type PageQuery = { readonly limit?: number; readonly cursor?: string };

/** The reading side. */
export type StoreReader = {
  /** One event; undefined where it is not (or no longer) kept. */
  event(eventId: string): Promise<StoreResult<StoredEvent | undefined>>;
  /** Newest first. */
  events(query: EventQuery): Promise<StoreResult<StorePage<StoredEventSummary>>>;
  /**
   * What became of an event: the entries that name it, and those about the runs it is part of, by instance and seq; at
   * most the first 1,000.
   */
  entriesOfEvent(eventId: string): Promise<StoreResult<readonly StoredEntry[]>>;
  /** The entries of one trigger, newest first. */
  entries(query: EntryQuery): Promise<StoreResult<StorePage<StoredEntry>>>;
  /** How often what happened: one row a trigger, kind, stage, reason and detail. */
  counts(query: SpanQuery): Promise<StoreResult<readonly EntryCount[]>>;
  /** Newest decision first. */
  runs(query: RunQuery): Promise<StoreResult<StorePage<StoredRun>>>;
  run(runId: string): Promise<StoreResult<StoredRunDetail | undefined>>;
  /** How long runs that started in the span took from the first arrival among their events to the start; one row a trigger. */
  latency(query: SpanQuery): Promise<StoreResult<readonly StartLatency[]>>;
  /** Events that the trigger took in the span and that are part of no run, newest first. */
  withoutRun(query: WithoutRunQuery): Promise<StoreResult<StorePage<StoredEventSummary>>>;
  /** Newest first. */
  actions(query: ActionQuery): Promise<StoreResult<StorePage<ActionRecord>>>;
  /**
   * Whole events that arrived at or after `sinceAt` and before `untilAt`, in the order of (receivedAt, eventId), a bounded
   * page at a time; those after `after`, where it is named. What a replay brought once more is left out. A refusal is the
   * last thing it gives.
   */
  eventsBetween(span: {
    readonly sinceAt: number;
    readonly untilAt: number;
    readonly after?: StoredPlace;
  }): AsyncIterable<StoreResult<readonly StoredEvent[]>>;
  /** What replays brought of an event, newest first, at most 20. */
  replaysOf(eventId: string): Promise<StoreResult<readonly StoredEventSummary[]>>;
  /** Whether it can be asked and written to, for people. */
  status(): StoreStatus;
};

/** Where an event stands in the order of arrival. */
export type StoredPlace = { readonly receivedAt: number; readonly eventId: string };

/** A trigger that took an event. */
export type TakenBy = {
  readonly trigger: string;
  readonly key: string;
  /** Of the trigger's definition. */
  readonly generation: string;
};

/** A trigger whose expression failed on an event. */
export type FailedIn = {
  readonly trigger: string;
  readonly generation: string;
  readonly code: ErrorCode;
  /** Place in the trigger's spec, as an RFC 6901 pointer. */
  readonly pointer: string;
  readonly detail: string;
  readonly deadLetterId: string;
};

/** An accepted event, as the accepting side hands it over. */
export type AcceptedEventRecord = {
  readonly eventId: string;
  readonly receivedAt: number;
  /** The Source it came in through; `events` for POST /events. */
  readonly via: string;
  /** The whole CloudEvent. */
  readonly event: JsonObject;
  /** W3C trace context. */
  readonly traceparent?: string;
  readonly takenBy: readonly TakenBy[];
  readonly failedIn: readonly FailedIn[];
};

/** An event without its body. Nothing took it where `takenBy` and `failedIn` are empty. */
export type StoredEventSummary = {
  readonly eventId: string;
  /** The first arrival. */
  readonly receivedAt: number;
  /** How often it arrived. */
  readonly deliveries: number;
  readonly via: string;
  /** Of the CloudEvent; all four are absent where a rebuilt event was pruned of them. */
  readonly source?: string;
  readonly id?: string;
  readonly type?: string;
  readonly subject?: string;
  readonly traceparent?: string;
  readonly takenBy: readonly TakenBy[];
  readonly failedIn: readonly FailedIn[];
  /** Rebuilt from Temporal's history, which holds only the parts of it that triggers read. */
  readonly pruned: boolean;
  /** The id under which it came first, where a replay brought it once more. */
  readonly replayOf?: string;
};

/** An event with its body. */
export type StoredEvent = StoredEventSummary & { readonly event: JsonObject };

/** One entry of the ledger, and the instance that wrote it. (instance, seq) is unique. */
export type StoredEntry = LedgerEntry & { readonly trigger: string; readonly instance: string };

/** A run as its entries tell it. */
export type StoredRun = {
  readonly runId: string;
  readonly trigger: string;
  readonly instance: string;
  readonly key: string;
  /** Absent, as all that its decision says, where that decision is not (or not yet) here. */
  readonly cause?: string;
  readonly target?: string;
  readonly generation?: string;
  /** When it was decided, or else the first that was heard of it. */
  readonly decidedAt: number;
  /** The earliest arrival among its events. */
  readonly receivedAt?: number;
  readonly eventCount: number;
  readonly startedAt?: number;
  readonly approvedAt?: number;
  readonly endedAt?: number;
  /** `decided` until its start is confirmed, `running` until it ended, then how it ended; `conflict` where another run has its id. */
  readonly status: string;
};

/** A run with the ids of its events. */
type StoredRunDetail = StoredRun & { readonly eventIds: readonly string[] };

/** How often something was said in a span, and of how many events. */
export type EntryCount = {
  readonly trigger: string;
  readonly kind: LedgerEntry['kind'];
  readonly stage?: LedgerEntry['stage'];
  readonly reason?: string;
  readonly detail?: string;
  readonly entries: number;
  readonly events: number;
  readonly firstAt: number;
  readonly lastAt: number;
};

/** Milliseconds from the first arrival to the confirmed start. */
export type StartLatency = {
  readonly trigger: string;
  readonly runs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
};

/** Something a person did through the API or a command. */
export type ActionRecord = {
  /** Unique; the same id again changes nothing. */
  readonly id: string;
  readonly at: number;
  /** Who, as far as the service can tell. */
  readonly by: string;
  /** Such as `pause`, `fire`, `approve`. */
  readonly action: string;
  readonly trigger?: string;
  readonly key?: string;
  /** What else it was done to: a run id, a dead letter's id. */
  readonly subject?: string;
  readonly outcome: 'done' | 'refused' | 'failed';
  /** The refusal or failure, or what was asked. */
  readonly detail?: string;
};

/** From `sinceAt`, up to but without `untilAt`; without `trigger` all of them. */
export type SpanQuery = { readonly trigger?: string; readonly sinceAt: number; readonly untilAt?: number };

export type EventQuery = PageQuery & {
  readonly via?: string;
  readonly source?: string;
  readonly type?: string;
  /** Taken by it, or failed in it. */
  readonly trigger?: string;
  /** Only those that no trigger took and none failed on. */
  readonly unmatched?: boolean;
  readonly sinceAt?: number;
  readonly untilAt?: number;
};

type EntryQuery = PageQuery &
  SpanQuery & {
    readonly trigger: string;
    readonly key?: string;
    readonly kinds?: readonly LedgerEntry['kind'][];
  };

type WithoutRunQuery = PageQuery & SpanQuery & { readonly trigger: string };

type RunQuery = PageQuery & {
  readonly trigger?: string;
  readonly key?: string;
  readonly status?: string;
  readonly sinceAt?: number;
  readonly untilAt?: number;
};

type ActionQuery = PageQuery & { readonly trigger?: string; readonly sinceAt?: number };

/** How the store is. */
export type StoreStatus = {
  readonly kind: 'off' | 'embedded' | 'postgres';
  readonly state: 'off' | 'opening' | 'ready' | 'down';
  /** One sentence for people: what is wrong and what to do about it. */
  readonly detail: string;
};

/** The questions that say why a trigger fired or did not. */
export type ReasonReader = {
  /** The fact up to which the store has the ledger of an instance without a hole; 0 where it has none of it. */
  ledgerSeq(instance: string): Promise<StoreResult<number>>;
  /** How many events arrived in the span, whoever they were for but for replays for another trigger, and what the trigger made of them. */
  arrivals(
    query: OneTriggerQuery,
  ): Promise<StoreResult<{ readonly seen: number; readonly taken: number; readonly failed: number }>>;
  /** Whole events of the span that the trigger neither took nor failed on, newest first; none of a replay. */
  notTaken(query: OneTriggerQuery & { readonly limit: number }): Promise<StoreResult<readonly StoredEvent[]>>;
  /** Runs decided in the span by the start of their bucket; buckets without any are left out. */
  fired(
    query: OneTriggerQuery & { readonly bucketMs: number },
  ): Promise<StoreResult<readonly { readonly at: number; readonly runs: number }[]>>;
  /** As `latency`, from the earliest time that the events of a run name themselves. */
  eventLatency(query: SpanQuery): Promise<StoreResult<readonly StartLatency[]>>;
};

type OneTriggerQuery = SpanQuery & { readonly trigger: string };
