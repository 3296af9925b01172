import { describe, expect, it } from 'vitest';

import { countMisses } from '../../src/explain/misses.ts';
import { explainTrigger, type WhyEvidence } from '../../src/explain/why.ts';
import type { EntryCount } from '../../src/store/store.ts';
import { AT, entry, EVENT, HOUR, MINUTE } from './given.ts';

const count = (more: Partial<EntryCount> & Pick<EntryCount, 'kind'>): EntryCount => ({
  trigger: 'retrain',
  entries: 1,
  events: 1,
  firstAt: AT,
  lastAt: AT,
  ...more,
});

const NOW = { breakers: [], open: [] };

function why(more: Partial<WhyEvidence>) {
  return explainTrigger({
    trigger: 'retrain',
    sinceAt: AT,
    untilAt: AT + HOUR,
    events: { seen: 0, taken: 0, failed: 0 },
    counts: [],
    suppressions: [],
    misses: [],
    missesLookedAt: 0,
    now: NOW,
    notices: [],
    ...more,
  });
}

const SINCE = '2026-09-01T14:00:00.000Z';

describe('why nothing fired, in one sentence', () => {
  it('no event came in', () => {
    expect(why({}).conclusion).toBe(`Nothing fired since ${SINCE}: no event came in.`);
  });

  it('no event matched: the clause that failed most, with its example', () => {
    const sentence = 'data.size 419430 is not > 1048576.';
    const misses = [
      { pointer: '/events/pattern/data/size', clause: 'pattern', events: 9, sentence, example: EVENT },
    ] as const;
    expect(why({ events: { seen: 12, taken: 0, failed: 0 }, misses }).conclusion).toBe(
      `Nothing fired since ${SINCE}: 12 events came, none matched; closest, ${sentence}`,
    );
    expect(why({ events: { seen: 1, taken: 0, failed: 0 } }).conclusion).toContain('1 event came and did not match.');
  });

  it('all that came were suppressed, by whom and why', () => {
    const dedupe = { stage: 'dedupe', reason: 'duplicate' } as const;
    const answer = why({
      events: { seen: 20, taken: 12, failed: 0 },
      counts: [
        count({ kind: 'suppressed', ...dedupe, events: 12 }),
        count({ kind: 'suppressed', stage: 'freshness', reason: 'tooOld', events: 1 }),
      ],
      suppressions: [
        entry({ seq: 3, kind: 'suppressed', ...dedupe, why: { kind: 'duplicate', firstSeenAt: AT, windowMs: HOUR } }),
      ],
    });
    expect(answer.conclusion).toBe(
      `Nothing fired since ${SINCE}: 12 events came, all 12 were suppressed by dedupe (The same source and id came first at ${SINCE}, within the dedupe window of 1h).`,
    );
    expect(answer.suppressed[0]).toMatchObject({ ...dedupe, events: 12, example: EVENT });
    expect(answer.suppressed[1]).toEqual({ stage: 'freshness', reason: 'tooOld', events: 1, lastAt: SINCE });
  });

  it('somebody ended the instance: what became of its state is a notice', () => {
    const ended = count({ kind: 'recovered', detail: 'TERMINATED', entries: 2, events: 0 });
    const lost = count({ kind: 'recovered', detail: 'FAILED', reason: 'state_lost', entries: 1, events: 0 });
    expect(why({ counts: [ended, lost], notices: ['n'] }).notices).toEqual([
      'n',
      `The instance was ended from outside (TERMINATED) 2 times, last before ${SINCE}, and went on with its state.`,
      `The instance was ended from outside (FAILED) before ${SINCE}, and began empty: its state could not be had.`,
    ]);
  });

  it('some were suppressed, or only one', () => {
    const counts = [count({ kind: 'suppressed', stage: 'order', reason: 'late', events: 2 })];
    expect(why({ events: { seen: 5, taken: 5, failed: 0 }, counts }).conclusion).toContain(
      '2 were suppressed by order.',
    );
    const one = [count({ kind: 'suppressed', stage: 'order', reason: 'late' })];
    expect(why({ events: { seen: 1, taken: 1, failed: 0 }, counts: one }).conclusion).toContain(
      '1 event came, it was suppressed by order.',
    );
  });

  it('events wait, where and until when', () => {
    const place = { kind: 'waiting', stage: 'cooldown', events: 3, sinceAt: AT, untilAt: AT + 5 * MINUTE } as const;
    const answer = why({
      events: { seen: 3, taken: 3, failed: 0 },
      now: { ...NOW, open: [{ key: 'a', place }] },
    });
    expect(answer.conclusion).toBe(
      `Nothing fired since ${SINCE}: 3 events came, 3 events wait. Held by cooldown until 2026-09-01T14:05:00.000Z, will join 2 other events.`,
    );
    expect(answer.open).toEqual([
      expect.objectContaining({ key: 'a', stage: 'cooldown', events: 3, until: '2026-09-01T14:05:00.000Z' }),
    ]);
  });

  it('events became dead letters', () => {
    const answer = why({
      events: { seen: 2, taken: 1, failed: 1 },
      counts: [
        count({ kind: 'deadLettered', reason: 'event_id_conflict' }),
        count({ kind: 'deadLettered', reason: 'of-old' }),
      ],
    });
    expect(answer.conclusion).toContain('3 events became a dead letter (event_id_conflict).');
    expect(answer.deadLettered.map(({ code, remedy }) => [code, remedy !== ''])).toEqual([
      ['event_id_conflict', true],
      ['of-old', false],
    ]);
    expect(why({ events: { seen: 1, taken: 0, failed: 1 } }).conclusion).toContain('filter_error or mapping_error');
  });

  it('it is paused, since when and by whom', () => {
    const now = { ...NOW, paused: { sinceAt: AT, by: 'ana', events: 2 } };
    expect(why({ now, events: { seen: 2, taken: 2, failed: 0 } })).toMatchObject({
      conclusion: `Nothing fired since ${SINCE}: paused since ${SINCE} by ana, 2 events kept.`,
      paused: { since: SINCE, by: 'ana', events: 2 },
    });
  });

  it('its breaker is open, until when', () => {
    const now = { ...NOW, breakers: [{ failures: 3, untilAt: AT + MINUTE }] };
    expect(why({ now }).conclusion).toBe(
      `Nothing fired since ${SINCE}: the breaker is open after 3 failed runs, until 2026-09-01T14:01:00.000Z.`,
    );
    expect(why({ now: { ...NOW, breakers: [{ key: 'a', failures: 3 }] } }).breaker).toMatchObject({ key: 'a' });
  });

  it('nothing is known yet', () => {
    expect(why({ events: { seen: 1, taken: 1, failed: 0 } }).conclusion).toContain(
      'no verdict about them is known yet',
    );
  });
});

describe('why something fired', () => {
  const lastRun = {
    runId: 'sb1-1',
    trigger: 'retrain',
    instance: 'trigger/retrain',
    key: 'a',
    cause: 'events',
    target: 'train',
    decidedAt: AT + MINUTE,
    eventCount: 1,
    eventIds: [],
    status: 'succeeded',
  } as const;

  it('is told with the last run and what became of the rest', () => {
    const place = { kind: 'gathered', stage: 'debounce', events: 1 } as const;
    const answer = why({
      events: { seen: 9, taken: 9, failed: 0 },
      counts: [
        count({ kind: 'runDecided', entries: 2, events: 5 }),
        count({ kind: 'startReported', detail: 'started', entries: 1 }),
        count({ kind: 'startReported', detail: 'alreadyStarted', entries: 1 }),
        count({ kind: 'runEnded', detail: 'succeeded', entries: 1 }),
        count({ kind: 'suppressed', stage: 'dedupe', reason: 'duplicate', events: 3 }),
      ],
      now: { ...NOW, open: [{ key: 'a', place }] },
      lastRun,
    });
    expect(answer.conclusion).toBe(
      `2 runs since ${SINCE}, the last at 2026-09-01T14:01:00.000Z; 3 events suppressed, 1 event waiting.`,
    );
    expect(answer.runs).toEqual({
      decided: 2,
      started: 1,
      ended: { succeeded: 1 },
      lastRunId: 'sb1-1',
      lastAt: '2026-09-01T14:01:00.000Z',
    });
    const kept = why({
      now: { ...NOW, open: [{ key: 'a', place: { kind: 'kept', sinceAt: AT, by: 'ana', events: 1 } }] },
    });
    expect(kept.open[0]?.stage).toBe('pause');
  });
});

it('counts the clauses that failed first, the most frequent first, the newest event as its example', () => {
  const miss = (pointer: string, eventId: string, sentence: string) =>
    ({
      trigger: 't',
      generation: 'g',
      clause: 'pattern',
      pointer,
      sentence,
      clauses: 1,
      held: 0,
      type: 'fits',
      eventId,
    }) as const;
  const misses = countMisses([miss('/a', 'e1', 'a 1.'), miss('/b', 'e2', 'b 2.'), miss('/b', 'e3', 'b 3.')]);
  expect(misses).toEqual([
    { pointer: '/b', clause: 'pattern', events: 2, sentence: 'b 2.', example: 'e2' },
    { pointer: '/a', clause: 'pattern', events: 1, sentence: 'a 1.', example: 'e1' },
  ]);
});
