import { describe, expect, it } from 'vitest';

import { compileCron } from '../../src/load/cron.ts';

const read = (text: string) => {
  const compiled = compileCron(text);
  return compiled.ok ? compiled.value : compiled.message;
};
const all = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, it) => from + it);

describe('a cron expression', () => {
  it('is the values of its five fields, without the days that are *', () => {
    expect(read('0 2 * * *')).toEqual({ minutes: [0], hours: [2], months: all(1, 12) });
    expect(read(' */15  9-17 1,15 jan-MAR Mon-Fri ')).toEqual({
      minutes: [0, 15, 30, 45],
      hours: all(9, 17),
      daysOfMonth: [1, 15],
      months: [1, 2, 3],
      daysOfWeek: all(1, 5),
    });
  });

  it('takes Sunday as 0 and as 7', () => {
    expect(read('0 2 * * 7')).toMatchObject({ daysOfWeek: [0] });
    expect(read('0 2 * * 5-7')).toMatchObject({ daysOfWeek: [0, 5, 6] });
  });

  it('has no seconds, no shorthands and no missing fields', () => {
    expect(read('0 0 2 * * *')).toContain('; there are no seconds');
    for (const text of ['@daily', '* * *', '']) expect(read(text)).toContain('does not have the five fields');
  });

  it.each([
    ['0 2 L * *', '"L" is not understood in the day of the month'],
    ['0 2 1W * *', '"W" is not understood in the day of the month'],
    ['0 2 ? * *', '"?" is not understood in the day of the month'],
    ['0 2 * * 5#2', '"#" is not understood in the day of the week'],
    ['0 2 * * 5L', '"L" is not understood in the day of the week'],
    ['H 2 * * *', '"H" is not understood in the minute'],
    ['0 2 * mon *', '"MON" is not understood in the month'],
  ])('is refused for what only some crons know: %s', (text, message) => {
    expect(read(text)).toContain(message);
  });

  it.each(['60 * * * *', '0 24 * * *', '*/0 * * * *', '5-1 * * * *', '0 2 31 2 *', '0 2 0 * *'])(
    'is refused where it can never be true: %s',
    (text) => {
      expect(read(text)).toContain(`"${text}" is not a cron expression: `);
    },
  );
});
