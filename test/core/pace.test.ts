import { describe, expect, it } from 'vitest';

import { nextStepAt, paceOf, paceText, stepSize } from '../../src/core/pace.ts';

describe('a pace', () => {
  it.each([
    ['10/s', 10],
    ['30/m', 0.5],
    ['0.5/s', 0.5],
    ['36/h', 0.01],
  ])('%s is read', (text, pace) => {
    expect(paceOf(text)).toBeCloseTo(pace, 6);
  });

  it.each(['', '10', '0/s', '-1/s', '10/d', '1e9/s', '10 / s'])('%j is none', (text) => {
    expect(paceOf(text)).toBeUndefined();
  });

  it.each([
    [10, '10/s'],
    [0.5, '30/m'],
    [2.5, '2.5/s'],
    [0.01, '36/h'],
    [0.0001, '0.36/h'],
  ])('of %d is written %s', (pace, text) => {
    expect(paceText(pace)).toBe(text);
  });

  it('has about one step a second, and at least one at a time', () => {
    expect([stepSize(10), stepSize(2.5), stepSize(0.1)]).toEqual([10, 2, 1]);
  });

  it('is kept on average where steps come a little late', () => {
    let dueAt = 0;
    for (let step = 0; step < 100; step += 1) dueAt = nextStepAt(dueAt, dueAt + 30, 10, 10);
    expect(dueAt).toBe(100_000);
  });

  it('does not make up for an hour that nobody worked', () => {
    expect(nextStepAt(1_000, 3_600_000, 10, 10)).toBe(3_600_000);
    expect(nextStepAt(3_600_000, 3_600_000, 10, 10)).toBe(3_601_000);
  });
});
