import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { AgeClock, Ages, Spans } from '../../src/backtest/ages.ts';
import { Timeline } from '../../src/backtest/timeline.ts';
import { Waiting } from '../../src/backtest/waiting.ts';
import { DAY, HOUR, MINUTE, schedule, T0 } from './given.ts';

describe('how long spans were', () => {
  test('is exact where they are equal, and within 2 % anywhere', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10 * DAY }), { minLength: 1, maxLength: 300 }), (all) => {
        const spans = new Spans();
        for (const ms of all) spans.add(ms);
        const sorted = all.toSorted((a, b) => a - b);
        for (const q of [0.5, 0.95]) {
          const exact = sorted[Math.max(1, Math.ceil(q * all.length)) - 1] ?? 0;
          expect(Math.abs((spans.quantile(q) ?? 0) - exact)).toBeLessThanOrEqual(0.021 * exact + 1);
        }
      }),
    );
    const equal = new Spans();
    for (let count = 0; count < 10; count += 1) equal.add(90 * MINUTE);
    expect([equal.quantile(0.5), equal.quantile(0.95), new Spans().quantile(0.5)]).toEqual([
      90 * MINUTE,
      90 * MINUTE,
      undefined,
    ]);
  });
});

describe('ages over time', () => {
  /** Age at each minute of a list of (age at first, minutes it grew; 0 for none). */
  const stretches = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 1, max: 2_000 }), fc.boolean()),
    {
      minLength: 1,
      maxLength: 20,
    },
  );

  test('have the quantiles of their samples, and add up', () => {
    fc.assert(
      fc.property(stretches, stretches, (some, more) => {
        const [one, other] = [new Ages(), new Ages()];
        const samples: number[] = [];
        for (const [ages, list] of [
          [one, some],
          [other, more],
        ] as const) {
          for (const [first, minutes, isNone] of list) {
            if (isNone) ages.none(minutes * MINUTE);
            else ages.grew(first * MINUTE, (first + minutes) * MINUTE);
            for (let minute = 0; minute < minutes; minute += 1)
              samples.push(isNone ? 0 : (first + minute + 0.5) * MINUTE);
          }
        }
        one.addAll(other);
        samples.sort((a, b) => a - b);
        for (const q of [0.5, 0.95]) {
          const exact = samples[Math.max(1, Math.ceil(q * samples.length)) - 1] ?? 0;
          const near = samples[Math.min(samples.length - 1, Math.ceil(q * samples.length))] ?? 0;
          const value = one.quantile(q);
          expect(value).toBeGreaterThanOrEqual(0.97 * exact - 2 * MINUTE);
          expect(value).toBeLessThanOrEqual(1.03 * near + 2 * MINUTE);
        }
      }),
    );
  });

  test('count time only once, and only forward', () => {
    const clock = new AgeClock(T0);
    clock.passTo(T0 + HOUR, T0);
    clock.passTo(T0 + HOUR / 2, T0);
    clock.passTo(T0 + 2 * HOUR, undefined);
    expect(clock.ages.quantile(0.4)).toBe(0);
    expect(clock.ages.quantile(0.75) / MINUTE).toBeCloseTo(30, 0);
  });
});

describe('what waits', () => {
  const command = fc.oneof(
    fc.record({ kind: fc.constant('arrived' as const) }),
    fc.record({
      kind: fc.constantFrom('done' as const, 'dropped' as const),
      of: fc.nat(30),
      key: fc.constantFrom('a', 'b'),
    }),
    fc.record({ kind: fc.constant('ran' as const), key: fc.constantFrom('a', 'b') }),
  );

  test('is the oldest of what is in no run and not covered, after any commands', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const waiting = new Waiting();
        let open: { id: string; at: number; dropped?: string }[] = [];
        for (const [at, one] of commands.entries()) {
          if (one.kind === 'arrived') {
            waiting.arrived(`e${at}`, at);
            open.push({ id: `e${at}`, at });
          } else if (one.kind === 'ran') {
            waiting.ran(one.key);
            open = open.filter((it) => it.dropped !== one.key);
          } else {
            const free = open.filter((it) => it.dropped === undefined);
            const chosen = free[one.of % Math.max(1, free.length)];
            if (!chosen) continue;
            if (one.kind === 'done') {
              waiting.done(chosen.id);
              open = open.filter((it) => it !== chosen);
            } else {
              waiting.dropped(chosen.id, one.key);
              chosen.dropped = one.key;
            }
          }
          expect(waiting.oldestAt).toBe(open.length === 0 ? undefined : Math.min(...open.map((it) => it.at)));
        }
      }),
    );
  });

  test('stays small while one event waits and a hundred thousand pass', () => {
    const waiting = new Waiting();
    waiting.arrived('first', 1);
    for (let at = 2; at < 100_000; at += 1) {
      waiting.arrived(`e${at}`, at);
      waiting.done(`e${at}`);
    }
    expect(waiting.oldestAt).toBe(1);
    waiting.done('first');
    expect(waiting.oldestAt).toBeUndefined();
  });

  test('forgets dropped data of the oldest keys when there are too many, and says so', () => {
    const waiting = new Waiting();
    for (let at = 0; at < 10_001; at += 1) {
      waiting.arrived(`e${at}`, at);
      waiting.dropped(`e${at}`, `key-${at}`);
    }
    expect(waiting).toMatchObject({ forgottenKeys: 1, oldestAt: 1 });
  });
});

describe('a timeline', () => {
  test('has few bars however long it is, and loses nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 * DAY }), { minLength: 1, maxLength: 50 }), (times) => {
        const timeline = new Timeline(T0);
        for (const time of times) timeline.event(T0 + time);
        const bars = timeline.bars(T0 + Math.max(...times));
        expect(bars.events.length).toBeLessThanOrEqual(240);
        expect(bars.events.reduce((sum, count) => sum + count, 0)).toBe(times.length);
        const first = bars.events.findIndex((count) => count > 0);
        expect(first).toBe(Math.floor(Math.min(...times) / bars.widthMs));
      }),
    );
  });

  test('shows what was held from when to when', () => {
    const timeline = new Timeline(T0);
    timeline.run(T0);
    timeline.held(T0 + 2_000, T0 + 4_000);
    expect(timeline.bars(T0 + 6_000).held).toEqual([false, false, true, true, true, false, false]);
    timeline.held(T0 + 10 * MINUTE, T0 + 20 * MINUTE);
    const { held, widthMs } = timeline.bars(T0 + 30 * MINUTE);
    const shown = held.flatMap((it, bin) => (it ? [(bin * widthMs) / MINUTE] : []));
    expect(shown[0]).toBe(0);
    expect(shown.slice(1).every((minute) => minute > 9 && minute <= 20)).toBe(true);
  });
});

describe('a schedule', () => {
  const times = (text: string, count: number): readonly string[] => {
    const next = schedule(text).from(T0);
    const found: string[] = [];
    let at: number | undefined = T0;
    while (found.length < count && at !== undefined) {
      at = next(at);
      if (at !== undefined) found.push(new Date(at).toISOString().slice(0, 16));
    }
    return found;
  };

  test('of an interval begins one interval after the span', () => {
    expect(times('every 36h', 2)).toEqual(['2026-08-02T12:00', '2026-08-04T00:00']);
  });

  test('of a cron expression is in UTC, or in the time zone that is named', () => {
    expect(times('cron 0 2 * * *', 2)).toEqual(['2026-08-01T02:00', '2026-08-02T02:00']);
    expect(times('cron 0 2 * * 1 Asia/Kolkata', 1)).toEqual(['2026-08-02T20:30']);
  });

  test.each(['daily', 'every day', 'every 5s', 'cron 0 2 * *', 'cron 0 2 * * * Mars/Olympus', 'cron 99 2 * * *'])(
    'is refused with a reason: %s',
    (text) => {
      expect(() => schedule(text)).toThrow(/\w{3,}/);
    },
  );
});
