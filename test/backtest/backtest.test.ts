import { describe, expect, test } from 'vitest';

import { DAY, HOUR, line, MINUTE, reportOf, reportOfOne, replayed, SECOND, schedule, T0, triggers } from './given.ts';

const at = (ms: number): string => new Date(T0 + ms).toISOString();
const DEBOUNCE = 'debounce: { quiet: 1m }';
const COOLDOWN = 'cooldown: { period: 1h, onExcess: hold }';

describe('what a trigger would have made of past events', () => {
  test('a burst is one run with all its events, decided when it is quiet', async () => {
    const burst = [0, 10, 20].map((second) => line(second * SECOND));
    const report = await reportOfOne([DEBOUNCE], burst);
    expect(report).toMatchObject({
      matched: 3,
      runs: 1,
      runsByCause: { events: 1 },
      eventsPerRun: { p50: 3, p95: 3, max: 3 },
      firstRunAt: at(80 * SECOND),
      lastRunAt: at(80 * SECOND),
      startedAfter: { p50Ms: 80 * SECOND, p95Ms: 80 * SECOND },
      pending: 0,
    });
  });

  test('what the stages suppressed is counted by stage and reason', async () => {
    const lines = [line(0), line(0), line(1_000, {}, { id: 'again', dataref: 'x' }), line(HOUR / 2)];
    const report = await reportOfOne(
      ['dedupe: { by: "${{ event.source }}", window: 10m }', 'cooldown: { period: 1h, onExcess: drop }'],
      lines,
    );
    expect(report.runs).toBe(1);
    expect(report.suppressedBy).toEqual([
      { stage: 'dedupe', reason: 'duplicate', events: 1 },
      { stage: 'dedupe', reason: 'sameDedupeKey', events: 1 },
      { stage: 'cooldown', reason: 'coolingDown', events: 1 },
    ]);
  });

  test('what a cooldown held is counted, with how long', async () => {
    const report = await reportOfOne([COOLDOWN], [line(0), line(20 * MINUTE), line(40 * MINUTE)]);
    expect(report.runs).toBe(2);
    expect(report.held.events).toBe(2);
    expect(report.held.by).toMatchObject([{ stage: 'cooldown', events: 2 }]);
    expect(report.held.p50Ms).toBe(20 * MINUTE);
    expect(report.held.p95Ms).toBe(40 * MINUTE);
  });

  test('an expression that fails is named with its place and the line of its first event', async () => {
    const spec = ['events: { pattern: { type: [t] }, when: "event.data.size > 1" }', 'key: "${{ event.data.model }}"'];
    const lines = [line(0, { size: 2, model: 'm' }), line(1, { model: 'm' }), line(2, { size: 3 }), line(3, {})];
    const report = await reportOfOne(spec, lines);
    expect(report.failed).toMatchObject([
      { code: 'filter_error', pointer: '/events/when', events: 2, firstLine: 2 },
      { code: 'mapping_error', pointer: '/key', events: 1, firstLine: 3 },
    ]);
    expect(report.deadLetters).toBe(3);
    expect(report.runs).toBe(1);
  });

  test('the same id with another body is a dead letter', async () => {
    const report = await reportOfOne([DEBOUNCE], [line(0, { a: 1 }, { id: 'x' }), line(1, { a: 2 }, { id: 'x' })]);
    expect(report.deadLettersBy).toEqual([{ code: 'event_id_conflict', events: 1 }]);
    expect(report.eventsInRuns).toBe(1);
  });

  test('a span that is named ends there, and shows what is pending', async () => {
    const report = await reportOfOne([COOLDOWN], [line(0), line(20 * MINUTE)], { untilAt: T0 + 30 * MINUTE });
    expect(report).toMatchObject({ runs: 1, pending: 1, oldestPendingAt: at(20 * MINUTE) });
  });

  test('without a named end a window that is held longer than a day stays pending', async () => {
    const weekly = ['cooldown: { period: 7d, onExcess: hold }'];
    const report = await reportOf(await triggers({ retrain: weekly }), [line(0), line(HOUR)]);
    expect(report.totals).toMatchObject({ runs: 1, pending: 1 });
  });

  test('runs take as long as asked', async () => {
    const report = await reportOf(await triggers({ retrain: [] }), [line(0)], { runTakesMs: 10 * MINUTE });
    expect(report.span.until).toBe(at(10 * MINUTE));
  });

  test('a fallback runs without events where nothing else did, from the beginning of the span on', async () => {
    const spec = ['fallback: { unless: { fired: 24h } }'];
    const report = await reportOfOne(spec, [line(0), line(DAY + HOUR)], {
      sinceAt: T0 - 2 * DAY,
      untilAt: T0 + 3 * DAY,
    });
    expect(report.runsByCause).toEqual({ events: 2, fallback: 4 });
    expect(report.firstRunAt).toBe(at(-DAY));
    expect(report.eventsPerRun).toMatchObject({ max: 1 });
  });

  test('what joins, counts and waits for hours is decided as live', async () => {
    const some = await triggers({
      joined: [
        'events: { all: { a: { pattern: { type: [t] } }, b: { pattern: { type: [u] } } }, within: 1h, onDeadline: drop }',
      ],
      enough: ['threshold: { atLeast: 3, within: 1h }'],
      office: ['hours: { allow: ["Mon-Fri 08:00-20:00"], timeZone: UTC, onExcess: hold }'],
    });
    const lines = [line(0), line(MINUTE, {}, { type: 'u' }), line(2 * HOUR), line(2 * HOUR + 1), line(2 * HOUR + 2)];
    const { triggers: reports } = await reportOf(some, lines, { untilAt: T0 + 4 * DAY });
    const [joined, enough, office] = reports;
    expect(joined).toMatchObject({ matched: 5, runs: 1, eventsInRuns: 2 });
    expect(enough).toMatchObject({
      runs: 1,
      eventsInRuns: 3,
      suppressedBy: [{ stage: 'threshold', reason: 'expired', events: 1 }],
    });
    // The first of August 2026 is a Saturday.
    expect(office).toMatchObject({ runs: 1, eventsInRuns: 4, firstRunAt: at(2 * DAY + 8 * HOUR) });
    expect(office?.held.by).toEqual([{ stage: 'hours', reason: 'outsideHours', events: 4 }]);
  });

  test('every trigger sees every event, once', async () => {
    const some = await triggers({
      all: [],
      none: ['events: { pattern: { type: [other] } }'],
      keyed: ['key: "${{ event.id }}"', DEBOUNCE],
    });
    const { triggers: reports, totals } = await reportOf(some, [line(0), line(1)]);
    expect(reports.map(({ name, matched, runs }) => [name, matched, runs])).toEqual([
      ['all', 2, 2],
      ['none', 0, 0],
      ['keyed', 2, 2],
    ]);
    expect(totals).toMatchObject({ matched: 4, runs: 4 });
  });
});

/** What an export adds: it came through this Source, an hour after its time. */
const exportedBy = (signalboxsource: string) => ({ signalboxsource, signalboxreceivedat: at(HOUR) });

describe('events of a Source', () => {
  const LANDING = ['events: { source: events, pattern: { type: [t] } }'];

  test('count for their trigger where the input does not say how they came', async () => {
    expect((await reportOfOne(LANDING, [line(0)])).matched).toBe(1);
  });

  test('count only there where an export says how they came', async () => {
    const lines = [line(0, {}, exportedBy('other')), line(1, {}, exportedBy('events'))];
    expect(await reportOfOne(LANDING, lines)).toMatchObject({ matched: 1, firstRunAt: at(HOUR) });
  });
});

describe('how long data waits', () => {
  // Data of 0:00 waits one hour in its window of 1h, the hour after the run nothing waits, and so on.
  const hourly = Array.from({ length: 24 }, (_, index) => line(index * 2 * HOUR));

  test('is the age of the oldest event in no run, over the time', async () => {
    const report = await reportOfOne(['debounce: { quiet: 1h }'], hourly, { untilAt: T0 + 48 * HOUR });
    expect(report.staleness.p50Ms).toBe(0);
    // Half of the time it grows evenly from 0 to 1h: 95 % of the time it is at most 54 minutes.
    expect(report.staleness.p95Ms / MINUTE).toBeCloseTo(54, 0);
  });

  test('goes on for dropped data until the next run of its key', async () => {
    const drop = ['key: "${{ event.data.k }}"', 'cooldown: { period: 1h, onExcess: drop }'];
    const lines = [
      line(0, { k: 'a' }),
      line(MINUTE, { k: 'a' }),
      line(2 * HOUR, { k: 'b' }),
      line(10 * HOUR, { k: 'a' }),
    ];
    const report = await reportOfOne(drop, lines, { untilAt: T0 + 20 * HOUR });
    // From 0:01 to 10:00 of 20 hours, growing from 0 to 9:59.
    expect(report.staleness.p50Ms).toBe(0);
    expect(report.staleness.p95Ms / HOUR).toBeCloseTo(9, 0);
  });

  test('does not count what is no data: a duplicate', async () => {
    const lines = [line(0), line(0), line(10 * HOUR)];
    const report = await reportOfOne([], lines, { untilAt: T0 + 20 * HOUR });
    expect(report.staleness).toEqual({ p50Ms: 0, p95Ms: 0 });
  });
});

describe('a fixed schedule over the same data', () => {
  test('runs whether or not there is something new', async () => {
    const lines = [line(0), line(HOUR), line(5 * DAY + HOUR)];
    const report = await reportOfOne([DEBOUNCE], lines, {
      baseline: schedule('every 24h'),
      costPerRun: 2.5,
      untilAt: T0 + 6 * DAY,
    });
    expect(report).toMatchObject({ runs: 3, cost: 7.5 });
    expect(report.baseline).toMatchObject({
      runs: 6,
      emptyRuns: 4,
      cost: 15,
      saved: { runs: 3, cost: 7.5, percent: 50 },
    });
  });

  test('lets data wait until its next time', async () => {
    const daily = Array.from({ length: 10 }, (_, day) => line(day * DAY + MINUTE));
    const report = await reportOfOne([], daily, {
      baseline: schedule('every 24h'),
      sinceAt: T0,
      untilAt: T0 + 10 * DAY,
    });
    expect(report.staleness.p95Ms).toBe(0);
    expect((report.baseline?.staleness.p50Ms ?? 0) / HOUR).toBeCloseTo(12, 0);
  });

  test('takes what comes at the moment of a run', async () => {
    const report = await reportOfOne([], [line(0), line(DAY)], {
      baseline: schedule('every 24h'),
      untilAt: T0 + 2 * DAY,
    });
    expect(report.baseline).toMatchObject({ runs: 2, emptyRuns: 1 });
  });
});

describe('definitions against the live ones', () => {
  const lines = [0, 30, 200, 210, 500].map((second) => line(second * SECOND));

  test('the same ones differ in nothing', async () => {
    const some = await triggers({ retrain: [DEBOUNCE] });
    const [report] = (await reportOf(some, lines, { against: some })).triggers;
    expect(report?.live).toMatchObject({ runs: 3, gained: 0, lost: 0, byDay: [] });
  });

  test('runs that only one side makes are counted and shown with their events', async () => {
    const against = await triggers({ retrain: ['debounce: { quiet: 3m }'] });
    const [report] = (await reportOf(await triggers({ retrain: [DEBOUNCE] }), lines, { against })).triggers;
    expect(report).toMatchObject({ runs: 3, live: { runs: 2, gained: 2, lost: 1 } });
    expect(report?.live?.byDay).toEqual([{ day: '2026-08-01', gained: 2, lost: 1 }]);
    expect(report?.live?.examples.lost).toMatchObject([{ cause: 'events', eventCount: 4, firedAt: at(390 * SECOND) }]);
    expect(report?.live?.examples.gained.map(({ eventCount }) => eventCount)).toEqual([2, 2]);
  });

  test('a trigger that only one side has gains or loses all its runs', async () => {
    const [here, live] = [await triggers({ added: [] }), await triggers({ removed: [] })];
    const report = await reportOf(here, lines, { against: live });
    expect(report.triggers).toMatchObject([
      { name: 'added', only: 'here', runs: 5, live: { runs: 0, gained: 5, lost: 0 } },
      { name: 'removed', only: 'live', runs: 0, live: { runs: 5, gained: 0, lost: 5 } },
    ]);
    expect(report.totals.live).toMatchObject({ runs: 5, gained: 5, lost: 5 });
  });
});

describe('bad input', () => {
  test('broken lines are told with their numbers and stop nothing', async () => {
    const lines = [
      line(0),
      '{"specversion":',
      '',
      '[1]',
      '{"specversion":"1.0","id":"x","source":"/s","type":"t"}',
      line(1),
    ];
    const { input } = await reportOf(await triggers({ retrain: [] }), lines);
    expect(input.events).toBe(2);
    expect(input.broken).toEqual({
      lines: 3,
      shown: [
        { line: 2, reason: 'it is not JSON' },
        { line: 4, reason: 'it is not a JSON object' },
        { line: 5, reason: 'it has no time, so nobody knows when it arrived' },
      ],
    });
  });

  test('of very many broken lines the first are shown and all are counted', async () => {
    const { input } = await reportOf(await triggers({ retrain: [] }), [
      line(0),
      ...Array.from({ length: 500 }, () => '{'),
    ]);
    expect(input.broken.lines).toBe(500);
    expect(input.broken.shown).toHaveLength(10);
  });

  test('unordered events are put in the order of their times', async () => {
    const ordered = [0, 10, 20, 70, 80].map((second) => line(second * SECOND));
    const shuffled = [3, 0, 4, 2, 1].map((index) => ordered[index] ?? '');
    const some = await triggers({ retrain: ['debounce: { quiet: 30s }'] });
    const { triggers: expected } = await reportOf(some, ordered);
    const { triggers: actual, input } = await reportOf(some, shuffled);
    expect(actual).toEqual(expected);
    expect(input).toMatchObject({ unordered: 3, late: { events: 0 } });
  });

  test('only events of the span that was asked for count', async () => {
    const lines = [line(0), line(HOUR), line(2 * HOUR)];
    const span = { sinceAt: T0 + HOUR, untilAt: T0 + 2 * HOUR };
    const { input, totals } = await reportOf(await triggers({ retrain: [] }), lines, span);
    expect(input).toMatchObject({ events: 1, outside: 2 });
    expect(totals.runs).toBe(1);
  });

  test('nothing that can be used is no outcome', async () => {
    expect((await replayed(await triggers({ retrain: [] }), ['{}', 'x'])).outcome).toBeUndefined();
  });

  test('an event that nests too deep, or a line that is no UTF-8 text, is one broken line', async () => {
    const deep = `{"specversion":"1.0","id":"d","source":"/s","type":"t","time":"2026-08-01T00:00:00Z","data":${'['.repeat(40)}${']'.repeat(40)}}`;
    const { input } = await reportOf(await triggers({ retrain: [] }), [deep, line(0)]);
    expect(input.broken.shown).toEqual([{ line: 1, reason: 'it nests deeper than 32' }]);
  });
});
