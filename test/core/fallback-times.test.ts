import { describe, expect, it } from 'vitest';

import { fallbackDueAt } from '../../src/core/stages/fallback.ts';
import type { FallbackSettings } from '../../src/spec/definition.ts';
import { DAY, HOUR, SECOND } from './given.ts';

/** Midnight in UTC. */
const MIDNIGHT = Date.UTC(2026, 0, 5);
const utc = { name: 'UTC', offsets: [{ fromAt: 0, minutes: 0 }] };
const everyMonth = Array.from({ length: 12 }, (_, month) => month + 1);
const nightly: FallbackSettings = {
  unless: 'fired',
  forMs: DAY,
  at: { cron: { minutes: [0], hours: [2], months: everyMonth }, zone: utc },
  keys: ['default'],
  scope: 'trigger',
};

describe('a fallback at times of a cron expression', () => {
  it('is due at the first of them after so long', () => {
    const sinceAt = MIDNIGHT;
    expect(fallbackDueAt(nightly, { sinceAt })).toBe(MIDNIGHT + DAY + 2 * HOUR);
    expect(fallbackDueAt(nightly, { sinceAt, lastAt: sinceAt + 12 * HOUR })).toBe(MIDNIGHT + 2 * DAY + 2 * HOUR);
  });

  it('fires every night, though its runs begin some milliseconds into the minute', () => {
    const firedAt = MIDNIGHT + DAY + 2 * HOUR + 16;
    expect(fallbackDueAt(nightly, { sinceAt: MIDNIGHT, lastAt: firedAt, firedAt })).toBe(MIDNIGHT + 2 * DAY + 2 * HOUR);
  });
});

describe('a fallback without such times', () => {
  it('is due exactly so long after the last', () => {
    const lastAt = MIDNIGHT + 16;
    const { at: _at, ...whenever } = nightly;
    expect(fallbackDueAt(whenever, { sinceAt: MIDNIGHT, lastAt })).toBe(lastAt + DAY);
    expect(fallbackDueAt(whenever, { sinceAt: MIDNIGHT, lastAt, firedAt: lastAt + SECOND })).toBe(
      lastAt + SECOND + DAY,
    );
  });
});
