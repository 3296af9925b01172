import { CronExpressionParser } from 'cron-parser';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';

import { cronAfterGaps, nextCronAt, offsetMinutesAt, openAt, repeatsCronAt } from '../../src/core/calendar.ts';
import { compileHours } from '../../src/load/calendar.ts';
import { compileCron } from '../../src/load/cron.ts';
import { type Compiled, zoneOf } from '../../src/load/zone.ts';
import type { HoursSettings } from '../../src/spec/definition.ts';
import { cases } from '../setup/thorough.ts';

/** What cron-parser throws when it searches in circles; it does not export the text. */
const LOOPS_LIMIT_EXCEEDED_ERROR_MESSAGE = 'Invalid expression, loop limit exceeded';

const NOW = Date.UTC(2026, 6, 1);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Among them offsets of half and quarter hours, changes of 30 minutes, 2 hours, at midnight, and around Ramadan. */
const ZONES = [
  'UTC',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'America/New_York',
  'America/St_Johns',
  'America/Havana',
  'America/Santiago',
  'Europe/London',
  'Europe/Dublin',
  'Atlantic/Azores',
  'Africa/Casablanca',
  'Africa/Cairo',
  'Asia/Beirut',
  'Australia/Lord_Howe',
  'Antarctica/Troll',
  'Pacific/Apia',
  'Pacific/Chatham',
];

function valueOf<T>(compiled: Compiled<T>): T {
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.value;
}

const zone = (name: string) => valueOf(zoneOf(name, NOW));
const cron = (text: string) => valueOf(compileCron(text));
const utc = (text: string) => Date.parse(`${text}Z`);
const iso = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString().slice(0, 16));

/**
 * What cron-parser says; undefined where it finds no way out itself, as a day ahead of the change by half an hour on Lord
 * Howe. Its other errors are errors.
 */
function nextByCronParser(text: string, tz: string, at: number): number | undefined {
  try {
    return CronExpressionParser.parse(text, { tz, currentDate: at }).next().getTime();
  } catch (error) {
    if (error instanceof Error && error.message === LOOPS_LIMIT_EXCEEDED_ERROR_MESSAGE) return undefined;
    throw error;
  }
}

const anyMoment = fc.integer({ min: utc('2025-07-01'), max: utc('2045-12-31') });

/** A zone and a moment in it, mostly within two days of a change of its offset. */
const moments = fc
  .record({
    name: fc.constantFrom(...ZONES),
    change: fc.nat(),
    near: fc.integer({ min: -2 * DAY, max: 2 * DAY }),
    any: anyMoment,
  })
  .map(({ name, change, near, any }) => {
    const { offsets } = zone(name);
    const row = offsets[change % (offsets.length + 1)];
    return { name, at: row === undefined || row.fromAt < utc('2025-07-01') ? any : row.fromAt + near };
  });

describe('offsets', () => {
  it('are those of the time zone database, at any moment of the table', () => {
    fc.assert(
      fc.property(moments, ({ name, at }) => {
        expect(offsetMinutesAt(zone(name), at)).toBe(DateTime.fromMillis(at, { zone: name }).offset);
      }),
      { numRuns: cases(1_000) },
    );
  });

  it('go on before the first row and after the last one', () => {
    const winter = zone('America/New_York');
    expect(offsetMinutesAt(winter, 0)).toBe(-300);
    expect(offsetMinutesAt(winter, utc('2199-01-01'))).toBe(-300);
    expect(offsetMinutesAt({ name: 'none', offsets: [] }, 0)).toBe(0);
  });
});

describe('hours', () => {
  const weekdays = (freeze: string[] = [], timeZone = 'UTC') =>
    valueOf(compileHours({ allow: ['Mon-Fri 08:00-20:00'], timeZone, freeze, onExcess: 'hold' }, NOW));
  const opening = (hours: HoursSettings, text: string) => openAt(hours, utc(text));

  it('are open from the first minute until before the last one', () => {
    expect(opening(weekdays(), '2026-07-06T08:00')).toEqual({ open: true });
    expect(opening(weekdays(), '2026-07-06T19:59:59.999')).toEqual({ open: true });
    const untilAt = utc('2026-07-07T08:00');
    expect(opening(weekdays(), '2026-07-06T20:00')).toEqual({ open: false, reason: 'outsideHours', untilAt });
  });

  it('open again after the weekend', () => {
    const untilAt = utc('2026-07-06T08:00');
    expect(opening(weekdays(), '2026-07-03T20:00')).toEqual({ open: false, reason: 'outsideHours', untilAt });
  });

  it('count in their time zone', () => {
    const kolkata = weekdays([], 'Asia/Kolkata');
    expect(opening(kolkata, '2026-07-06T02:30')).toEqual({ open: true });
    const untilAt = utc('2026-07-07T02:30');
    expect(opening(kolkata, '2026-07-06T14:30')).toEqual({ open: false, reason: 'outsideHours', untilAt });
  });

  it('are shut by a freeze until they open after it', () => {
    const hours = weekdays(['2026-12-24/2026-12-27']);
    const untilAt = utc('2026-12-28T08:00');
    expect(opening(hours, '2026-12-24T10:00')).toEqual({ open: false, reason: 'frozen', untilAt });
    expect(opening(hours, '2026-12-23T20:00')).toEqual({ open: false, reason: 'outsideHours', untilAt });
  });

  it('say that they never open when nothing is allowed', () => {
    const never = { allow: [], freeze: [], zone: zone('UTC'), onExcess: 'hold' } as const;
    expect(openAt(never, NOW)).toEqual({ open: false, reason: 'neverOpen' });
  });

  it('move with daylight saving', () => {
    const newYork = weekdays([], 'America/New_York');
    const untilAt = utc('2026-03-09T12:00');
    expect(opening(newYork, '2026-03-07T02:00')).toEqual({ open: false, reason: 'outsideHours', untilAt });
  });

  const dayNames = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
  const day = fc.integer({ min: 0, max: 6 });
  const minute = fc.integer({ min: 0, max: 95 }).map((it) => it * 15);
  const rules = fc.array(
    fc.record({ first: day, last: day, start: minute, end: minute }).filter(({ start, end }) => start !== end),
    { minLength: 1, maxLength: 3 },
  );
  type Rule = { first: number; last: number; start: number; end: number };
  const clock = (minutes: number) =>
    `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  const textOf = ({ first, last, start, end }: Rule) =>
    `${dayNames[first]}-${dayNames[last]} ${clock(start)}-${clock(end)}`;

  function allows({ first, last, start, end }: Rule, weekday: number, minutes: number): boolean {
    const named = (it: number) => (first <= last ? first <= it && it <= last : it >= first || it <= last);
    if (start < end) return named(weekday) && start <= minutes && minutes < end;
    return (named(weekday) && minutes >= start) || (named((weekday + 6) % 7) && minutes < end);
  }

  it('agree with Luxon on what is open, what is frozen, and when it opens again', () => {
    const freezes = fc.option(fc.record({ before: fc.integer({ min: -3, max: 3 }), days: fc.nat({ max: 3 }) }), {
      nil: undefined,
    });
    fc.assert(
      fc.property(
        moments,
        rules,
        freezes,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }),
        ({ name, at }, allow, freeze, looks) => {
          const here = DateTime.fromMillis(at, { zone: name });
          const frozenFrom = freeze && here.plus({ days: freeze.before }).toISODate();
          const frozenTo = freeze && here.plus({ days: freeze.before + freeze.days }).toISODate();
          const frozen = (moment: DateTime) =>
            typeof frozenFrom === 'string' &&
            typeof frozenTo === 'string' &&
            frozenFrom <= (moment.toISODate() ?? '') &&
            (moment.toISODate() ?? '') <= frozenTo;
          const reasonAt = (ms: number) => {
            const moment = DateTime.fromMillis(ms, { zone: name });
            if (frozen(moment)) return 'frozen';
            return allow.some((rule) => allows(rule, moment.weekday - 1, moment.hour * 60 + moment.minute))
              ? 'open'
              : 'outsideHours';
          };
          const hours = valueOf(
            compileHours(
              {
                allow: allow.map(textOf),
                timeZone: name,
                freeze: freeze ? [`${frozenFrom}/${frozenTo}`] : [],
                onExcess: 'hold',
              },
              NOW,
            ),
          );
          const now = openAt(hours, at);
          expect(now.open ? 'open' : now.reason).toBe(reasonAt(at));
          if (now.open || now.reason === 'neverOpen') return;
          expect(reasonAt(now.untilAt)).toBe('open');
          for (const look of [...looks, 1]) {
            expect(reasonAt(Math.floor(at + look * (now.untilAt - 1 - at)))).not.toBe('open');
          }
        },
      ),
      { numRuns: cases(400) },
    );
  });
});

describe('cron times', () => {
  it('are strictly after the moment asked for', () => {
    const nightly = cron('0 2 * * *');
    expect(iso(nextCronAt(nightly, zone('UTC'), utc('2026-07-01T01:59:59.999')))).toBe('2026-07-01T02:00');
    expect(iso(nextCronAt(nightly, zone('UTC'), utc('2026-07-01T02:00')))).toBe('2026-07-02T02:00');
    expect(iso(nextCronAt(nightly, zone('Asia/Kolkata'), utc('2026-07-01T02:00')))).toBe('2026-07-01T20:30');
  });

  it('take either of the two kinds of days where both are restricted', () => {
    const either = cron('0 0 13 * 5');
    expect(iso(nextCronAt(either, zone('UTC'), utc('2026-07-10T00:00')))).toBe('2026-07-13T00:00');
    expect(iso(nextCronAt(either, zone('UTC'), utc('2026-07-13T00:00')))).toBe('2026-07-17T00:00');
  });

  it('come on a leap day years away, and not at all on a day that never is', () => {
    expect(iso(nextCronAt(cron('0 0 29 2 *'), zone('Europe/London'), utc('2028-03-01T00:00')))).toBe(
      '2032-02-29T00:00',
    );
    const never = { ...cron('0 0 1 1 *'), daysOfMonth: [31], months: [2] };
    expect(nextCronAt(never, zone('Europe/London'), NOW)).toBeUndefined();
    expect(nextCronAt(never, { name: 'none', offsets: [] }, NOW)).toBeUndefined();
  });

  it('run once, after the gap, when their time is skipped', () => {
    const newYork = zone('America/New_York');
    const beforeGap = utc('2026-03-08T06:59');
    expect(iso(nextCronAt(cron('30 2 * * *'), newYork, beforeGap))).toBe('2026-03-08T07:00');
    expect(iso(nextCronAt(cron('30 2 * * *'), newYork, utc('2026-03-08T07:00')))).toBe('2026-03-09T06:30');
    expect(iso(nextCronAt(cron('30 * * * *'), newYork, beforeGap))).toBe('2026-03-08T07:30');
  });

  it('run once, the first time, when their time comes twice', () => {
    const newYork = zone('America/New_York');
    expect(iso(nextCronAt(cron('30 1 * * *'), newYork, utc('2026-11-01T05:00')))).toBe('2026-11-01T05:30');
    expect(iso(nextCronAt(cron('30 1 * * *'), newYork, utc('2026-11-01T05:30')))).toBe('2026-11-02T06:30');
    expect(iso(nextCronAt(cron('30 * * * *'), newYork, utc('2026-11-01T05:30')))).toBe('2026-11-01T06:30');
  });

  it('are repeated by the second of two equal local times, and by no other moment', () => {
    const newYork = zone('America/New_York');
    const repeats = (text: string, at: string) => repeatsCronAt(cron(text), newYork, utc(at));
    expect(repeats('30 1 * * *', '2026-11-01T05:30')).toBe(false);
    expect(repeats('30 1 * * *', '2026-11-01T06:30')).toBe(true);
    expect(repeats('30 * * * *', '2026-11-01T06:30')).toBe(false);
    expect(repeats('30 1 * * *', '2026-11-01T06:31')).toBe(false);
    expect(repeats('30 1 * * *', '2026-11-02T06:30')).toBe(false);
  });

  it('name the ends of the gaps they fall into', () => {
    const gaps = (text: string) =>
      cronAfterGaps(cron(text), zone('America/New_York'), utc('2026-01-01T00:00'), utc('2029-01-01T00:00')).map(iso);
    expect(gaps('30 2 * * *')).toEqual(['2026-03-08T07:00', '2027-03-14T07:00', '2028-03-12T07:00']);
    expect(gaps('30 2 * * 1')).toEqual([]);
    expect(gaps('30 4 * * *')).toEqual([]);
  });

  const list = (min: number, max: number, minLength = 1) =>
    fc.uniqueArray(fc.integer({ min, max }), { minLength, maxLength: minLength + 3 }).map((it) => it.join(','));
  const fieldOr = (min: number, max: number) => fc.oneof(fc.constant('*'), list(min, max));
  /** Most months: cron-parser gives up on what is rare. */
  const months = fc.oneof(fc.constant('*'), list(1, 12, 7));
  const anyCron = fc
    .tuple(fieldOr(0, 59), fieldOr(0, 23), fieldOr(1, 28), months, fieldOr(0, 6))
    .map((it) => it.join(' '));
  const frequentCron = fc.tuple(fieldOr(0, 59), fieldOr(0, 23)).map(([minute, hour]) => `${minute} ${hour} * * *`);

  it('are found where cron-parser gives up: when clocks go back from 02:00 by half an hour', () => {
    const lordHowe = zone('Australia/Lord_Howe');
    expect(iso(nextCronAt(cron('0 2 * * *'), lordHowe, utc('2027-04-02T15:00')))).toBe('2027-04-03T15:30');
    expect(iso(nextCronAt(cron('45 1 * * *'), lordHowe, utc('2027-04-02T15:00')))).toBe('2027-04-03T14:45');
  });

  it('are those of cron-parser where no clock changes on the way', () => {
    fc.assert(
      fc.property(moments, fc.oneof(anyCron, frequentCron), ({ name, at }, text) => {
        const next = nextByCronParser(text, name, at);
        fc.pre(next !== undefined);
        const changes = zone(name).offsets.some(({ fromAt }) => at - DAY < fromAt && fromAt < next + DAY);
        fc.pre(!changes);
        expect(iso(nextCronAt(cron(text), zone(name), at))).toBe(iso(next));
      }),
      { numRuns: cases(200) },
    );
  });

  it('follow the rule of daylight saving minute by minute', () => {
    const changing = ZONES.filter((name) => zone(name).offsets.length > 1);
    fc.assert(
      fc.property(fc.constantFrom(...changing), fc.nat(), frequentCron, (name, change, text) => {
        const { offsets } = zone(name);
        const changeAt = offsets[1 + (change % (offsets.length - 1))]?.fromAt ?? 0;
        const [minutes, hours] = text
          .split(' ')
          .map((field) => (field === '*' ? undefined : field.split(',').map(Number)));
        const names = (local: number) =>
          (minutes?.includes(local % 60) ?? true) && (hours?.includes(Math.floor(local / 60) % 24) ?? true);
        const due: number[] = [];
        let reached = -Infinity;
        for (let at = changeAt - 4 * HOUR; at <= changeAt + 4 * HOUR; at += MINUTE) {
          const local = at / MINUTE + DateTime.fromMillis(at, { zone: name }).offset;
          const passed =
            reached === -Infinity
              ? [local]
              : Array.from({ length: Math.max(0, local - reached) }, (_, it) => reached + 1 + it);
          if (hours === undefined ? names(local) : passed.some(names)) due.push(at);
          reached = Math.max(reached, local);
        }
        const found: number[] = [];
        for (let at = changeAt - 4 * HOUR - 1; ;) {
          const next = nextCronAt(cron(text), zone(name), at);
          if (next === undefined || next > changeAt + 4 * HOUR) break;
          found.push(next);
          at = next;
        }
        expect(found.map(iso)).toEqual(due.map(iso));
      }),
      { numRuns: cases(40) },
    );
  });
});
