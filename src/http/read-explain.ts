import { nearestTriggers, type NoMatch, whyNot } from '../accept/no-match.ts';
import { instanceId } from '../contract/names.ts';
import type { Whereabouts } from '../core/whereabouts.ts';
import type { OpenWork } from '../explain/open-work.ts';
import { refusal } from '../errors.ts';
import { type EventAnswer, rfc3339, type TriggerAnswer } from '../explain/answer.ts';
import { explainEvent, originOf, replayedAs, replayOf } from '../explain/event.ts';
import { feedItemOf } from '../explain/feed-answer.ts';
import { countMisses } from '../explain/misses.ts';
import { bucketOf, statsOf } from '../explain/stats.ts';
import type { StatsAnswer } from '../explain/stats-answer.ts';
import { explainFailed, explainTaken, type Links, type OpenApproval, type RunFailure } from '../explain/trigger.ts';
import { explainTrigger } from '../explain/why.ts';
import { withoutRunOf } from '../explain/without-run.ts';
import type { Definitions } from '../load/definitions.ts';
import type {
  ReasonReader,
  StartLatency,
  StoredEntry,
  StoredEvent,
  StoreReader,
  StoreResult,
  TakenBy,
} from '../store/store.ts';
import type { ExplainApi } from './explain-api.ts';
import type { ReadResult } from './read-api.ts';

/** Events a why looks at for the clause they did not fit: enough to see what is common, few enough to answer at once. */
const MISSES_LOOKED_AT_MAX = 500;
/** Suppressions a why looks through for an example of each reason. */
const EXAMPLES_LOOKED_AT_MAX = 200;

/** Events without a run that statistics name: each is one more question to the store, and people read no more. */
const WITHOUT_RUN_MAX = 20;

/** Asks the instance of a trigger, or a run; undefined where it does not answer, or has not started. */
export type AskInstance = {
  readonly where: (trigger: string, key: string, eventId: string) => Promise<Whereabouts | undefined>;
  readonly open: (trigger: string) => Promise<OpenWork | undefined>;
  /** Undefined also where the run does not wait for approval. */
  readonly approval: (runId: string) => Promise<OpenApproval | undefined>;
  /** Of a run that ended and did not succeed. */
  readonly failure: (runId: string) => Promise<RunFailure>;
};

export type ExplainDependencies = {
  readonly store: StoreReader & ReasonReader;
  readonly instances: AskInstance;
  readonly definitions: () => Definitions;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Address of a workflow in the Temporal UI, where there is one. */
  readonly temporalUrl: (workflowId: string) => string | undefined;
};

/** Explains from the store and, where it does not know yet, from the instances themselves. */
export function createExplainApi(deps: ExplainDependencies): ExplainApi {
  const { store, definitions } = deps;
  return {
    explain: (eventId, trigger) => explained(deps, eventId, trigger),
    events: async (query) =>
      mapped(await store.events(query), ({ items, next }) => {
        return { events: items.map(feedItemOf), ...(next !== undefined && { next }) };
      }),
    event: async (eventId) => {
      const found = await store.event(eventId);
      if (!found.ok) return found;
      if (!found.value) return unknownEvent(eventId);
      return { ok: true, value: { ...feedItemOf(found.value), event: { ...found.value.event } } };
    },
    why: (trigger, sinceAt) => why(deps, trigger, sinceAt),
    stats: async (trigger, sinceAt) => {
      const known = await isKnown(deps, trigger);
      if (!known.ok) return known;
      if (!known.value) return unknownTrigger(trigger);
      return statsOfOne(deps, trigger, sinceAt);
    },
    allStats: async (sinceAt) => {
      const all: StatsAnswer[] = [];
      for (const name of definitions().triggers.keys()) {
        const one = await stats(deps, name, sinceAt);
        if (!one.ok) return one;
        all.push(one.value);
      }
      return { ok: true, value: all };
    },
  };
}

async function explained(
  deps: ExplainDependencies,
  eventId: string,
  asked: string | undefined,
): Promise<ReadResult<EventAnswer>> {
  const { store } = deps;
  const [found, entries, replays] = await Promise.all([
    store.event(eventId),
    store.entriesOfEvent(eventId),
    store.replaysOf(eventId),
  ]);
  if (!found.ok) return found;
  if (!entries.ok) return entries;
  if (!replays.ok) return replays;
  const event = found.value;
  if (!event) return unknownEvent(eventId);
  const { triggers } = deps.definitions();
  if (asked !== undefined && !triggers.has(asked)) return unknownTrigger(asked);
  const taken = await Promise.all(event.takenBy.map((one) => takenAnswer(deps, event, one, entries.value)));
  const failed = event.failedIn.map((one) => explainFailed(one, linksOf(deps)));
  // Of a replay only its own trigger was asked.
  const wasAsked = !event.pruned && event.replayOf === undefined;
  const notTaken = wasAsked ? notTakenBy(deps, event, asked) : [];
  const notices = [...noticesOf(deps, event, notTaken, taken), ...replays.value.map(replayedAs)];
  return { ok: true, value: explainEvent({ event, triggers: [...taken, ...failed], notTaken, notices }) };
}

async function takenAnswer(
  deps: ExplainDependencies,
  event: StoredEvent,
  taken: TakenBy,
  all: readonly StoredEntry[],
): Promise<TriggerAnswer> {
  const entries = all.filter(({ trigger }) => trigger === taken.trigger);
  const definition = deps.definitions().triggers.get(taken.trigger)?.definition;
  // What is decided stays decided: only what is not is asked for where it happens.
  const isDecided = entries.some(({ kind }) => DECIDED.has(kind));
  const runId = entries.findLast(({ kind }) => kind === 'runDecided')?.runId;
  const end = entries.find((entry) => entry.kind === 'runEnded' && entry.runId === runId);
  const [seqs, live, approval, failure] = await Promise.all([
    deps.store.ledgerSeq(entries[0]?.instance ?? instanceId(taken.trigger)),
    isDecided ? undefined : deps.instances.where(taken.trigger, taken.key, event.eventId),
    runId === undefined || end ? undefined : deps.instances.approval(runId),
    runId === undefined || !end || end.detail === 'succeeded' ? undefined : deps.instances.failure(runId),
  ]);
  const time = typeof event.event['time'] === 'string' ? Date.parse(event.event['time']) : Number.NaN;
  return explainTaken({
    eventId: event.eventId,
    receivedAt: event.receivedAt,
    ...(Number.isFinite(time) && { time }),
    taken,
    entries,
    storedSeq: seqs.ok ? seqs.value : 0,
    ...(definition && { definition }),
    ...(live && { live }),
    ...(approval && { approval }),
    ...(failure && { failure }),
    linkOf: linksOf(deps),
  });
}

const DECIDED: ReadonlySet<StoredEntry['kind']> = new Set(['suppressed', 'deadLettered', 'runDecided']);

function notTakenBy(deps: ExplainDependencies, event: StoredEvent, asked: string | undefined): readonly NoMatch[] {
  const took = new Set([...event.takenBy, ...event.failedIn].map(({ trigger }) => trigger));
  const others = [...deps.definitions().triggers.values()].filter(({ name }) => !took.has(name));
  const question = { source: event.via, json: event.event };
  const named = others.find(({ name }) => name === asked);
  if (named) return [whyNot(named, question)].filter((no) => no !== undefined);
  return nearestTriggers(others, question);
}

function noticesOf(
  deps: ExplainDependencies,
  event: StoredEvent,
  notTaken: readonly NoMatch[],
  taken: readonly TriggerAnswer[],
): readonly string[] {
  const notices = [originOf(event.event), replayOf(event.event)].filter((notice) => notice !== undefined);
  const status = deps.store.status();
  if (status.state !== 'ready') notices.push(`The store is ${status.state}: ${status.detail}`);
  for (const { trigger, seq } of taken) {
    if (seq.decided !== undefined && seq.decided > seq.stored) {
      notices.push(`The store lags for ${trigger}: verdicts up to seq ${seq.stored} of ${seq.decided}.`);
    }
  }
  if (event.pruned)
    notices.push('The event was restored from history with the parts that triggers read; nothing else is known of it.');
  const { triggers } = deps.definitions();
  const newer = notTaken.filter(({ trigger }) => (triggers.get(trigger)?.loadedAt ?? 0) > event.receivedAt);
  if (newer.length > 0) {
    const names = newer.map(({ trigger }) => trigger).join(', ');
    notices.push(`Loaded after the event came, so it was not asked of this definition then: ${names}.`);
  }
  return notices;
}

async function why(deps: ExplainDependencies, trigger: string, sinceAt: number): ReturnType<ExplainApi['why']> {
  const known = await isKnown(deps, trigger);
  if (!known.ok) return known;
  if (!known.value) return unknownTrigger(trigger);
  const loaded = deps.definitions().triggers.get(trigger);
  const { store } = deps;
  const untilAt = deps.now();
  const span = { trigger, sinceAt, untilAt };
  const [counts, arrivals, suppressions, missed, runs, now] = await Promise.all([
    store.counts(span),
    store.arrivals(span),
    store.entries({ ...span, kinds: ['suppressed'], limit: EXAMPLES_LOOKED_AT_MAX }),
    store.notTaken({ ...span, limit: MISSES_LOOKED_AT_MAX }),
    store.runs({ trigger, limit: 1 }),
    deps.instances.open(trigger),
  ]);
  if (!counts.ok) return counts;
  if (!arrivals.ok) return arrivals;
  if (!suppressions.ok) return suppressions;
  if (!missed.ok) return missed;
  if (!runs.ok) return runs;
  // Of a restored event only what other triggers read is there: what it lacks says nothing.
  const whole = missed.value.filter(({ pruned }) => !pruned);
  const misses = whole.flatMap((event) => {
    const no = loaded && whyNot(loaded, { source: event.via, json: event.event });
    return no ? [{ ...no, eventId: event.eventId }] : [];
  });
  const [lastRun] = runs.value.items;
  const status = store.status();
  const value = explainTrigger({
    trigger,
    sinceAt,
    untilAt,
    events: arrivals.value,
    counts: counts.value,
    suppressions: suppressions.value.items,
    misses: countMisses(misses),
    missesLookedAt: loaded ? whole.length : 0,
    ...(now && { now }),
    ...(lastRun && { lastRun }),
    notices: [
      ...(status.state === 'ready' ? [] : [`The store is ${status.state}: ${status.detail}`]),
      ...(loaded ? [] : ['It is not loaded any more: it was removed, or renamed.']),
      ...(loaded && loaded.loadedAt > sinceAt
        ? [`This definition is live since ${rfc3339(loaded.loadedAt)}; the clauses are asked of it.`]
        : []),
    ],
  });
  return { ok: true, value };
}

async function stats(deps: ExplainDependencies, trigger: string, sinceAt: number): ReturnType<ExplainApi['stats']> {
  const { store } = deps;
  const untilAt = deps.now();
  const span = { trigger, sinceAt, untilAt };
  const [counts, arrivals, fired, latency, eventLatency, succeeded] = await Promise.all([
    store.counts(span),
    store.arrivals(span),
    store.fired({ ...span, bucketMs: bucketOf(sinceAt, untilAt) }),
    store.latency(span),
    store.eventLatency(span),
    store.runs({ trigger, status: 'succeeded', limit: 1 }),
  ]);
  if (!counts.ok) return counts;
  if (!arrivals.ok) return arrivals;
  if (!fired.ok) return fired;
  if (!latency.ok) return latency;
  if (!eventLatency.ok) return eventLatency;
  if (!succeeded.ok) return succeeded;
  const [fromArrival] = latency.value;
  const [fromEvent] = eventLatency.value;
  const [lastSuccess] = succeeded.value.items;
  const value = statsOf({
    trigger,
    sinceAt,
    untilAt,
    counts: counts.value,
    taken: arrivals.value.taken,
    fired: new Map(fired.value.map(({ at, runs }) => [at, runs])),
    toStart: {
      ...(fromArrival && { fromArrival: spanOf(fromArrival) }),
      ...(fromEvent && { fromEvent: spanOf(fromEvent) }),
    },
    ...(lastSuccess && { lastSuccess }),
  });
  return { ok: true, value };
}

/** Whether a trigger is loaded, or was and the store still tells of it. */
async function isKnown({ store, definitions }: ExplainDependencies, trigger: string): Promise<StoreResult<boolean>> {
  if (definitions().triggers.has(trigger)) return { ok: true, value: true };
  const told = await store.entries({ trigger, sinceAt: 0, limit: 1 });
  return told.ok ? { ok: true, value: told.value.items.length > 0 } : told;
}

/** Statistics with the newest events that led to no run. */
async function statsOfOne(
  deps: ExplainDependencies,
  trigger: string,
  sinceAt: number,
): ReturnType<ExplainApi['stats']> {
  const { store } = deps;
  const [all, newest] = await Promise.all([
    stats(deps, trigger, sinceAt),
    store.withoutRun({ trigger, sinceAt, untilAt: deps.now(), limit: WITHOUT_RUN_MAX }),
  ]);
  if (!all.ok) return all;
  if (!newest.ok) return newest;
  const withoutRun: NonNullable<StatsAnswer['withoutRun']> = [];
  for (const event of newest.value.items) {
    const entries = await store.entriesOfEvent(event.eventId);
    if (!entries.ok) return entries;
    withoutRun.push(withoutRunOf(trigger, event, entries.value));
  }
  return { ok: true, value: { ...all.value, withoutRun } };
}

function spanOf({ p50Ms, p95Ms, maxMs }: StartLatency): { p50Ms: number; p95Ms: number; maxMs: number } {
  return { p50Ms, p95Ms, maxMs };
}

function linksOf({ temporalUrl }: ExplainDependencies): {
  readonly run: (runId: string) => Links;
  readonly trigger: (trigger: string) => Links;
} {
  const link = (api: string, workflowId: string): Links => {
    const temporal = temporalUrl(workflowId);
    return { api, ...(temporal !== undefined && { temporal }) };
  };
  return {
    run: (runId) => link(`/v1/runs/${encodeURIComponent(runId)}`, runId),
    trigger: (trigger) => link(`/v1/triggers/${trigger}`, instanceId(trigger)),
  };
}

function mapped<T, R>(result: StoreResult<T>, to: (value: T) => R): ReadResult<R> {
  return result.ok ? { ok: true, value: to(result.value) } : result;
}

function unknownEvent(eventId: string): ReadResult<never> {
  const detail = `The store has no event ${eventId}. It was never accepted, is older than the retention, or has not been stored yet.`;
  return { ok: false, refusal: refusal('event_unknown', detail) };
}

function unknownTrigger(trigger: string): ReadResult<never> {
  return { ok: false, refusal: refusal('not_found', `No trigger is named ${trigger}.`) };
}
