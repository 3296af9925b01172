import { describe, expect, it } from 'vitest';

import { zoneOf } from '../../src/load/zone.ts';

const NOW = Date.UTC(2026, 6, 1);
const offsets = (name: string, nowMs = NOW) => {
  const zone = zoneOf(name, nowMs);
  return zone.ok ? zone.value.offsets : zone.message;
};

describe('the offsets of a time zone', () => {
  it('begin with the year before and change to the minute', () => {
    expect(offsets('America/New_York').slice(0, 3)).toEqual([
      { fromAt: Date.UTC(2025, 0, 1), minutes: -300 },
      { fromAt: Date.UTC(2025, 2, 9, 7), minutes: -240 },
      { fromAt: Date.UTC(2025, 10, 2, 6), minutes: -300 },
    ]);
  });

  it('go twenty years ahead', () => {
    expect(offsets('Europe/London').at(-1)).toEqual({ fromAt: Date.UTC(2046, 9, 28, 1), minutes: 0 });
  });

  it('are the same all through a year', () => {
    expect(offsets('Europe/London', Date.UTC(2026, 0, 1))).toBe(offsets('Europe/London', Date.UTC(2026, 11, 31)));
    expect(offsets('Europe/London', Date.UTC(2027, 0, 1))).not.toEqual(offsets('Europe/London'));
  });

  it('are one row of a zone without daylight saving, under its old name and its new one', () => {
    const row = [{ fromAt: Date.UTC(2025, 0, 1), minutes: 330 }];
    expect(offsets('Asia/Kolkata')).toEqual(row);
    expect(offsets('Asia/Calcutta')).toEqual(row);
  });
});

describe('an unknown time zone', () => {
  it.each([
    ['asia/kolkata', 'Did you mean "Asia/Kolkata"?'],
    ['america/new_york', 'Did you mean "America/New_York"?'],
    ['Europe/Berlinn', 'Did you mean "Europe/Berlin"?'],
    ['+05:30', 'Use a name such as UTC or Asia/Kolkata.'],
    ['', 'Use a name such as UTC or Asia/Kolkata.'],
  ])('is a message: %j', (name, hint) => {
    expect(offsets(name)).toBe(`time zone "${name}" is not known. ${hint}`);
  });
});
