import { describe, expect, it } from 'vitest';

import { bucketOf, statsOf } from '../../src/explain/stats.ts';
import type { EntryCount } from '../../src/store/store.ts';
import { AT, DAY, HOUR, MINUTE } from './given.ts';

const count = (more: Partial<EntryCount> & Pick<EntryCount, 'kind'>): EntryCount => ({
  trigger: 'retrain',
  entries: 1,
  events: 1,
  firstAt: AT,
  lastAt: AT,
  ...more,
});
const RUN = {
  runId: 'sb1-1',
  trigger: 'retrain',
  instance: 'trigger/retrain',
  key: 'a',
  cause: 'events',
  target: 'train',
  decidedAt: AT,
  eventCount: 1,
  eventIds: [],
  status: 'succeeded',
} as const;

describe('statistics of a trigger', () => {
  const stats = statsOf({
    trigger: 'retrain',
    sinceAt: AT - 3 * HOUR,
    untilAt: AT,
    counts: [
      count({ kind: 'runDecided', entries: 3, events: 7 }),
      count({ kind: 'startReported', detail: 'started', entries: 3 }),
      count({ kind: 'runEnded', detail: 'failed', entries: 1 }),
      count({ kind: 'suppressed', stage: 'freshness', reason: 'tooOld', events: 1 }),
      count({ kind: 'suppressed', stage: 'dedupe', reason: 'duplicate', events: 2 }),
      count({ kind: 'deadLettered', reason: 'event_id_conflict' }),
    ],
    taken: 11,
    fired: new Map([[AT - 2 * HOUR, 3]]),
    toStart: { fromArrival: { p50Ms: 10, p95Ms: 20, maxMs: 30 } },
    lastSuccess: { ...RUN, endedAt: AT - 5 * MINUTE },
  });

  it('count events by what became of them, and suppressions the most frequent first', () => {
    expect(stats.events).toEqual({ taken: 11, inRuns: 7, suppressed: 3, deadLettered: 1 });
    expect(stats.suppressed.map(({ stage, events }) => [stage, events])).toEqual([
      ['dedupe', 2],
      ['freshness', 1],
    ]);
  });

  it('tell when it fired, by the hour, with the hours in which it did not', () => {
    expect(stats.fired.map(({ runs }) => runs)).toEqual([0, 3, 0]);
    expect(stats.bucketMs).toBe(HOUR);
  });

  it('tell how stale it is', () => {
    expect(stats).toMatchObject({ lastSuccessAt: '2026-09-01T13:55:00.000Z', stalenessMs: 5 * MINUTE });
    const never = statsOf({
      trigger: 't',
      sinceAt: AT,
      untilAt: AT,
      counts: [],
      taken: 0,
      fired: new Map(),
      toStart: {},
    });
    expect(never.stalenessMs).toBeUndefined();
    expect(never.fired).toHaveLength(1);
  });

  it('go by days where the span is long, and by no more than a year of them', () => {
    expect(bucketOf(AT - 7 * DAY, AT)).toBe(DAY);
    const long = statsOf({
      trigger: 't',
      sinceAt: AT - 1_000 * DAY,
      untilAt: AT,
      counts: [],
      taken: 0,
      fired: new Map(),
      toStart: {},
    });
    expect(long.fired).toHaveLength(366);
    expect(long.fired.at(-1)?.at).toBe('2026-09-01T00:00:00.000Z');
  });
});
