import type { ExplainApi } from '../../src/http/explain-api.ts';
import { explainEvent } from '../../src/explain/event.ts';
import { feedItemOf } from '../../src/explain/feed-answer.ts';
import { statsOf } from '../../src/explain/stats.ts';
import type { StatsAnswer } from '../../src/explain/stats-answer.ts';
import { explainTaken } from '../../src/explain/trigger.ts';
import { explainTrigger } from '../../src/explain/why.ts';
import { refusal } from '../../src/errors.ts';
import type { EventQuery, StoredEventSummary } from '../../src/store/store.ts';
import { AT, entry, EVENT, evidence, HOUR } from '../explain/given.ts';

/** The event of these tests, as the store has it. */
export const STORED: StoredEventSummary = {
  eventId: EVENT,
  receivedAt: AT,
  deliveries: 2,
  via: 'events',
  source: '/landing',
  id: '17',
  type: 'com.acme.file.created',
  subject: 'daily/a.parquet',
  takenBy: [{ trigger: 'retrain', key: 'a', generation: 'aaaa' }],
  failedIn: [
    {
      trigger: 'audit',
      generation: 'cccc',
      code: 'filter_error',
      pointer: '/events/when',
      detail: 'no such key',
      deadLetterId: 'dead-letter/audit',
    },
  ],
  pruned: false,
};

const COOLING = { kind: 'coolingDown', untilAt: AT + HOUR, periodMs: HOUR } as const;

/** The event waits in a cooldown, became a run, and was no match elsewhere: every member an answer can have. */
export const EXPLAINED = explainEvent({
  event: STORED,
  triggers: [
    explainTaken(
      evidence([entry({ seq: 2, kind: 'collected', stage: 'debounce', dueAt: AT + 30_000 })], {
        live: { seq: 9, place: { kind: 'waiting', stage: 'cooldown', events: 4, sinceAt: AT, untilAt: AT + HOUR } },
      }),
    ),
    explainTaken(
      evidence([
        entry({ seq: 2, kind: 'waiting', stage: 'cooldown', dueAt: AT + HOUR, reason: COOLING.kind, why: COOLING }),
        entry({ seq: 3, kind: 'runDecided', runId: 'sb1-1', detail: 'events', generation: 'bbbb', target: 'train' }),
        entry({ seq: 4, kind: 'startReported', runId: 'sb1-1', detail: 'started' }),
        entry({ seq: 5, kind: 'runEnded', runId: 'sb1-1', detail: 'succeeded' }),
        entry({
          seq: 6,
          kind: 'suppressed',
          stage: 'dedupe',
          why: { kind: 'duplicate', firstSeenAt: AT, windowMs: HOUR },
        }),
      ]),
    ),
  ],
  notTaken: [
    {
      trigger: 'other',
      generation: 'g',
      clause: 'pattern',
      pointer: '/events/pattern/data/size',
      sentence: 'data.size 419430 is not > 1048576.',
      clauses: 2,
      held: 1,
      type: 'fits',
    },
  ],
  notices: ['The store lags for retrain: verdicts up to seq 2 of 9.'],
});

const RUN = {
  runId: 'sb1-1',
  trigger: 'retrain',
  instance: 'trigger/retrain',
  key: 'a',
  cause: 'events',
  target: 'train',
  decidedAt: AT - HOUR,
  eventCount: 1,
  eventIds: [],
  status: 'failed',
} as const;

export const WHY = explainTrigger({
  trigger: 'retrain',
  sinceAt: AT - HOUR,
  untilAt: AT,
  events: { seen: 20, taken: 12, failed: 1 },
  counts: [
    {
      trigger: 'retrain',
      kind: 'suppressed',
      stage: 'dedupe',
      reason: 'duplicate',
      entries: 9,
      events: 9,
      firstAt: AT,
      lastAt: AT,
    },
    {
      trigger: 'retrain',
      kind: 'deadLettered',
      reason: 'event_id_conflict',
      entries: 1,
      events: 1,
      firstAt: AT,
      lastAt: AT,
    },
    { trigger: 'retrain', kind: 'runEnded', detail: 'failed', entries: 1, events: 0, firstAt: AT, lastAt: AT },
  ],
  suppressions: [
    entry({
      seq: 6,
      kind: 'suppressed',
      stage: 'dedupe',
      reason: 'duplicate',
      why: { kind: 'duplicate', firstSeenAt: AT, windowMs: HOUR },
    }),
  ],
  misses: [
    { pointer: '/events/pattern/type', clause: 'pattern', events: 7, sentence: 'type "a" is not "b".', example: EVENT },
  ],
  missesLookedAt: 8,
  now: {
    paused: { sinceAt: AT, by: 'ana', events: 2 },
    breakers: [{ key: 'a', failures: 3, untilAt: AT }],
    open: [{ key: 'a', place: { kind: 'gathered', stage: 'debounce', events: 2, openedAt: AT, dueAt: AT + 1 } }],
  },
  lastRun: RUN,
  notices: ['This definition is live since then.'],
});

const came = { eventId: EVENT, receivedAt: new Date(AT).toISOString() };

export const STATS: StatsAnswer = {
  ...statsOf({
    trigger: 'retrain',
    sinceAt: AT - 3 * HOUR,
    untilAt: AT,
    counts: [
      { trigger: 'retrain', kind: 'runDecided', entries: 3, events: 7, firstAt: AT, lastAt: AT },
      { trigger: 'retrain', kind: 'runEnded', detail: 'failed', entries: 1, events: 0, firstAt: AT, lastAt: AT },
      {
        trigger: 'retrain',
        kind: 'suppressed',
        stage: 'dedupe',
        reason: 'duplicate',
        entries: 2,
        events: 2,
        firstAt: AT,
        lastAt: AT,
      },
    ],
    taken: 11,
    fired: new Map([[AT - 2 * HOUR, 3]]),
    toStart: {
      fromArrival: { p50Ms: 40, p95Ms: 120, maxMs: 130 },
      fromEvent: { p50Ms: 2_000, p95Ms: 9_000, maxMs: 9_500 },
    },
    lastSuccess: { ...RUN, endedAt: AT - HOUR },
  }),
  withoutRun: [
    { ...came, outcome: 'suppressed', stage: 'freshness', reason: 'tooOld' },
    { ...came, outcome: 'waiting', stage: 'debounce' },
  ],
};

/** Answers about the event and the trigger of these tests, and about nothing else; `asked` gathers what was asked. */
export function explaining(asked: { readonly queries: EventQuery[]; readonly since: number[] }): ExplainApi {
  const known = <T>(isKnown: boolean, value: T) =>
    isKnown
      ? { ok: true as const, value }
      : { ok: false as const, refusal: refusal('event_unknown', 'There is no such event.') };
  return {
    explain: async (eventId) => known(eventId === EVENT, EXPLAINED),
    event: async (eventId) => known(eventId === EVENT, { ...feedItemOf(STORED), event: { type: 't' } }),
    events: async (query) => {
      asked.queries.push(query);
      return known(true, { events: [feedItemOf(STORED)], next: 'bW9yZQ' });
    },
    why: async (trigger, sinceAt) => {
      asked.since.push(sinceAt);
      return known(trigger === 'retrain', WHY);
    },
    stats: async (trigger, sinceAt) => {
      asked.since.push(sinceAt);
      return known(trigger === 'retrain', STATS);
    },
    allStats: async () => known(true, [STATS]),
  };
}
