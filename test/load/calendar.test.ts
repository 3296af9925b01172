import { describe, expect, it } from 'vitest';

import { compileHours, type HoursText } from '../../src/load/calendar.ts';

const NOW = Date.UTC(2026, 6, 1);
const H = 60;
const DAY = 24 * H;

const compile = (hours: Partial<HoursText>) =>
  compileHours({ allow: ['Mon-Fri 08:00-20:00'], onExcess: 'hold', ...hours }, NOW);
const read = (hours: Partial<HoursText>) => {
  const compiled = compile(hours);
  return compiled.ok ? compiled.value : compiled.message;
};
const allow = (...lines: string[]) => {
  const value = read({ allow: lines });
  return typeof value === 'string' ? value : value.allow;
};
const freeze = (text: string, timeZone = 'UTC') => {
  const value = read({ freeze: [text], timeZone });
  return typeof value === 'string'
    ? value
    : value.freeze.map((span) => span.map((at) => new Date(at).toISOString().slice(0, 16)));
};

describe('allowed hours', () => {
  it('are minutes of the week from Monday on', () => {
    expect(allow('Mon 08:00-20:00')).toEqual([[8 * H, 20 * H]]);
    expect(allow('sun 00:00-24:00')).toEqual([[6 * DAY, 7 * DAY]]);
  });

  it('take lists of days and times, ranges over the weekend, and every day', () => {
    expect(allow('Fri-Mon 09:00-10:00')).toEqual([0, 4, 5, 6].map((day) => [day * DAY + 9 * H, day * DAY + 10 * H]));
    expect(allow('Mon, Wed 08:00-12:00, 13:00-14:00')).toEqual([
      [8 * H, 12 * H],
      [13 * H, 14 * H],
      [2 * DAY + 8 * H, 2 * DAY + 12 * H],
      [2 * DAY + 13 * H, 2 * DAY + 14 * H],
    ]);
    expect(allow('daily 00:00-24:00')).toEqual([[0, 7 * DAY]]);
    expect(allow('* 00:00-01:00')).toHaveLength(7);
  });

  it('go on after midnight, from Sunday into Monday', () => {
    expect(allow('Tue 22:00-06:00')).toEqual([[DAY + 22 * H, 2 * DAY + 6 * H]]);
    expect(allow('Sun 22:00-06:00')).toEqual([
      [0, 6 * H],
      [6 * DAY + 22 * H, 7 * DAY],
    ]);
    expect(allow('Sun 22:00-00:00')).toEqual([[6 * DAY + 22 * H, 7 * DAY]]);
  });

  it('become one span where they touch or overlap', () => {
    expect(allow('Mon 13:00-15:00', 'Mon 08:00-13:00', 'Mon 14:00-14:30')).toEqual([[8 * H, 15 * H]]);
  });

  it('say what is wrong with them', () => {
    expect(allow('08:00-20:00')).toBe(
      '"08:00-20:00" is not days and times such as Mon-Fri 08:00-20:00 or daily 22:00-06:00',
    );
    expect(allow('Mon 08:00-20:00 UTC')).toContain('is not days and times');
    expect(allow('Mom 08:00-20:00')).toContain('"Mom" is not a day. Did you mean "Mon"?');
    expect(allow('Mon-Tue-Wed 08:00-20:00')).toContain('"Mon-Tue-Wed" is not a day.');
    expect(allow('Mon 8:00-20:00')).toContain('"8:00-20:00" is not a span of times');
    expect(allow('Mon 08:60-20:00')).toContain('is not a span of times');
    expect(allow('Mon 24:00-08:00')).toContain('is not a span of times');
    expect(allow('Mon 08:00-24:30')).toContain('is not a span of times');
    expect(allow('Mon 08:00-08:00')).toContain('is empty; the whole day is 00:00-24:00');
    expect(allow()).toContain('allow is empty');
    const many = Array.from(
      { length: 15 },
      (_, it) =>
        `daily ${10 + (it % 12)}:${String(it * 4).padStart(2, '0')}-${10 + (it % 12)}:${String(it * 4 + 1).padStart(2, '0')}`,
    );
    expect(allow(...many)).toBe('105 spans are more than the 100 allowed');
  });

  it('count in UTC unless a time zone is named, which must be known', () => {
    expect(read({})).toMatchObject({ zone: { name: 'UTC', offsets: [{ minutes: 0 }] } });
    expect(read({ timeZone: 'Asia/Kolkata' })).toMatchObject({ zone: { offsets: [{ minutes: 330 }] } });
    expect(read({ timeZone: 'Asia/Kolkatta' })).toContain('time zone "Asia/Kolkatta" is not known.');
  });
});

describe('a freeze', () => {
  it('includes both days, in the time zone', () => {
    expect(freeze('2026-12-24/2026-12-27')).toEqual([['2026-12-24T00:00', '2026-12-28T00:00']]);
    expect(freeze('2026-12-24', 'Asia/Kolkata')).toEqual([['2026-12-23T18:30', '2026-12-24T18:30']]);
    expect(freeze('2026-03-08', 'America/New_York')).toEqual([['2026-03-08T05:00', '2026-03-09T04:00']]);
  });

  it('begins after the gap on a day without midnight', () => {
    expect(freeze('2026-04-24/2026-04-24', 'Africa/Cairo')).toEqual([['2026-04-23T22:00', '2026-04-24T21:00']]);
  });

  it('may name moments, local or with an offset', () => {
    expect(freeze('2026-12-24T18:00/2026-12-27T08:00', 'Europe/Berlin')).toEqual([
      ['2026-12-24T17:00', '2026-12-27T07:00'],
    ]);
    expect(freeze('2026-12-24T18:00:30Z/2026-12-27T08:00+02:00', 'Europe/Berlin')).toEqual([
      ['2026-12-24T18:00', '2026-12-27T06:00'],
    ]);
    expect(freeze('2026-12-24T18:00/2026-12-27')).toEqual([['2026-12-24T18:00', '2026-12-28T00:00']]);
  });

  it('says what is wrong with it', () => {
    expect(freeze('24.12.2026')).toBe(
      '"24.12.2026" is not a freeze such as 2026-12-24/2026-12-27 or 2026-12-24T18:00/2026-12-27T08:00',
    );
    expect(freeze('2026-02-30')).toContain('is not a freeze');
    expect(freeze('2026-12-24T25:00/2026-12-27')).toContain('is not a freeze');
    expect(freeze('2026-12-24/2026-12-25/2026-12-26')).toContain('is not a freeze');
    expect(freeze('2026-12-27/2026-12-24')).toBe('"2026-12-27/2026-12-24" ends before it begins');
    expect(freeze('2026-12-24T18:00')).toContain('ends before it begins');
  });
});
