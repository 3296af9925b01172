import type { LedgerEntry, LedgerPage } from '../core/ledger.ts';
import type { ActionRecord, AcceptedEventRecord } from './store.ts';

/** What PostgreSQL's `text` and `json` refuse: U+0000 and halves of surrogate pairs. Names and details lose nothing by it. */
const UNSTORABLE = /[\0\p{Surrogate}]/gu;

/** A row of `events`; the members are its columns. */
export type EventRow = {
  readonly event_id: string;
  readonly received_at: number;
  readonly deliveries: number;
  readonly via: string;
  readonly source?: string;
  readonly id?: string;
  readonly type?: string;
  readonly subject?: string;
  /** When it happened as it says itself, epoch milliseconds. */
  readonly time?: number;
  readonly traceparent?: string;
  readonly triggers: readonly string[];
  /** JSON, `{ [trigger]: { key, generation } }`: what a second delivery adds is merged by trigger. */
  readonly taken: string;
  readonly failed: string;
  readonly pruned: boolean;
  readonly body: string;
  /** The id under which it came first, where a replay brought it once more. */
  readonly replay_of?: string;
};

/** A row of `entries`. `more` is the JSON of what has no column. */
export type EntryRow = {
  readonly instance: string;
  readonly seq: number;
  readonly at: number;
  readonly trigger: string;
  readonly kind: LedgerEntry['kind'];
  readonly key?: string;
  readonly stage?: string;
  readonly reason?: string;
  readonly run_id?: string;
  readonly detail?: string;
  readonly event_count?: number;
  readonly event_ids?: readonly string[];
  readonly more: string;
};

/** What one entry says about a run; columns it says nothing about are absent. */
export type RunRow = {
  readonly run_id: string;
  readonly instance: string;
  readonly trigger: string;
  readonly key: string;
  readonly decided_at: number;
  readonly decided_seq?: number;
  readonly cause?: string;
  readonly target?: string;
  readonly generation?: string;
  readonly received_at?: number;
  readonly event_count?: number;
  readonly started_at?: number;
  readonly refused_at?: number;
  readonly approved_at?: number;
  readonly ended_at?: number;
  readonly ended?: string;
};

/** A row of `actions`. */
export type ActionRow = {
  readonly id: string;
  readonly at: number;
  readonly trigger?: string;
  readonly record: string;
};

/** The facts of one step, and its rows. */
export type PageRows = {
  readonly instance: string;
  readonly trigger: string;
  readonly seqFrom: number;
  readonly seqTo: number;
  readonly entries: readonly EntryRow[];
  readonly runs: readonly RunRow[];
};

/** The row of an accepted event. `pruned`: it came out of a history, which holds only parts of it and counts no delivery. */
export function eventRow(record: AcceptedEventRecord, pruned: boolean): EventRow {
  const { eventId, receivedAt, via, event, traceparent, takenBy, failedIn } = record;
  const names = new Set([...takenBy, ...failedIn].map(({ trigger }) => trigger));
  return {
    event_id: eventId,
    received_at: receivedAt,
    deliveries: pruned ? 0 : 1,
    via: storable(via),
    ...attribute('source', event['source']),
    ...attribute('id', event['id']),
    ...attribute('type', event['type']),
    ...attribute('subject', event['subject']),
    ...timeOf(event['time']),
    ...attribute('traceparent', traceparent),
    triggers: [...names],
    taken: byTrigger(takenBy),
    failed: byTrigger(failedIn),
    pruned,
    body: JSON.stringify(event),
    ...attribute('replay_of', event['signalboxreplayof']),
  };
}

/** Two deliveries of one event as one row: the first stays, what the second adds is added. */
export function mergedEvents(first: EventRow, second: EventRow): EventRow {
  const whole = first.pruned ? second : first;
  return {
    ...whole,
    received_at: Math.min(first.received_at, second.received_at),
    deliveries: first.deliveries + second.deliveries,
    triggers: [...new Set([...first.triggers, ...second.triggers])],
    taken: mergedJson(first.taken, second.taken),
    failed: mergedJson(first.failed, second.failed),
  };
}

/** The rows of a step's page. */
export function pageRows(instance: string, page: LedgerPage): PageRows {
  const { trigger, seqFrom, seqTo, entries } = page;
  return {
    instance,
    trigger,
    seqFrom,
    seqTo,
    entries: entries.map((entry) => entryRow(instance, trigger, entry)),
    runs: entries.flatMap((entry) => runRow(instance, trigger, entry) ?? []),
  };
}

/** The row of an operator's action. */
export function actionRow(action: ActionRecord): ActionRow {
  const { id, at, trigger } = action;
  return { id: storable(id), at, ...attribute('trigger', trigger), record: JSON.stringify(action) };
}

function entryRow(instance: string, trigger: string, entry: LedgerEntry): EntryRow {
  const { seq, at, kind, key, stage, reason, runId, detail, eventCount, eventIds, ...more } = entry;
  return {
    instance,
    seq,
    at,
    trigger,
    kind,
    ...attribute('key', key),
    ...attribute('stage', stage),
    ...attribute('reason', reason),
    ...attribute('run_id', runId),
    ...attribute('detail', detail),
    ...(eventCount !== undefined && { event_count: eventCount }),
    ...(eventIds && { event_ids: eventIds }),
    more: JSON.stringify(more),
  };
}

function runRow(instance: string, trigger: string, entry: LedgerEntry): RunRow | undefined {
  const { seq, at, kind, runId, key = '', detail } = entry;
  if (runId === undefined) return undefined;
  const run = { run_id: runId, instance, trigger, key: storable(key), decided_at: at };
  switch (kind) {
    case 'runDecided': {
      const { target, generation, receivedAt, eventCount = 0 } = entry;
      const arrived = receivedAt !== undefined && { received_at: receivedAt };
      const told = { ...attribute('cause', detail), ...attribute('target', target) };
      return {
        ...run,
        decided_seq: seq,
        ...told,
        ...attribute('generation', generation),
        ...arrived,
        event_count: eventCount,
      };
    }
    case 'startReported':
      return detail === 'conflict' ? { ...run, refused_at: at } : { ...run, started_at: at };
    case 'runApproved':
      return { ...run, approved_at: at };
    case 'runEnded':
      return { ...run, ended_at: at, ...attribute('ended', detail) };
    case 'collected':
    case 'suppressed':
    case 'deadLettered':
    case 'kept':
    case 'waiting':
    case 'definitionAdopted':
    case 'paused':
    case 'resumed':
    case 'fired':
    case 'replayed':
    case 'breaker':
    case 'recovered':
      return undefined;
  }
}

function byTrigger(list: readonly { readonly trigger: string }[]): string {
  return JSON.stringify(Object.fromEntries(list.map(({ trigger, ...rest }) => [trigger, rest])), cleaned);
}

/** JSON is merged again in the database, whose `jsonb` refuses what `text` does. */
function cleaned(_name: string, value: unknown): unknown {
  return typeof value === 'string' ? storable(value) : value;
}

function mergedJson(first: string, second: string): string {
  return first === second ? first : JSON.stringify({ ...JSON.parse(second), ...JSON.parse(first) });
}

function timeOf(time: unknown): { readonly time?: number } {
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isFinite(at) ? { time: at } : {};
}

function storable(text: string): string {
  return text.replace(UNSTORABLE, '\ufffd');
}

function attribute<N extends string>(name: N, value: unknown): { readonly [name in N]?: string } {
  const named: { [name in N]?: string } = {};
  if (typeof value === 'string') named[name] = storable(value);
  return named;
}
