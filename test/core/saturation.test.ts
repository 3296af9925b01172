import { describe, expect, it } from 'vitest';

import { IDENTITIES_MAX, LIVE_KEYS_MAX, PENDING_ITEMS_MAX } from '../../src/core/limits.ts';
import { pressureOf } from '../../src/core/state.ts';
import { DAY, given, HOUR, MINUTE, offer, pause, quiet, resume, tick } from './given.ts';

const many = (count: number, keyOf: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => offer(index, `e${index}`, { key: keyOf(index) }));

describe('an instance with more than its caps', () => {
  it('forgets the oldest of 20,001 identities and no other', () => {
    const { runs, state } = given(quiet(HOUR))
      .fast(...many(IDENTITIES_MAX + 1, () => 'k'))
      .afterContinueAsNew()
      .fast(offer(MINUTE, 'e0'), offer(MINUTE, 'e2'), tick(2 * HOUR));
    const ids = runs.flatMap((run) => run.items.map((item) => item.eventId));
    expect(ids.length - new Set(ids).size).toBeLessThanOrEqual(1);
    expect(state.counts.suppressed.dedupe).toBe(1);
    expect(pressureOf(state).identities).toBe(IDENTITIES_MAX);
  });

  it('takes a 10,001st key, and shows that it is over', () => {
    const { state } = given(quiet(DAY, { keep: 'last' })).fast(...many(LIVE_KEYS_MAX + 1, (index) => `key-${index}`));
    expect(pressureOf(state).keys).toBe(LIVE_KEYS_MAX + 1);
    expect(state.pendingItems).toBe(LIVE_KEYS_MAX + 1);
  });

  it('keeps more than its cap of events over a pause, and loses none of them', () => {
    const count = PENDING_ITEMS_MAX + 1;
    const paused = given(quiet(HOUR)).fast(pause(0), ...many(count, () => 'k'));
    expect(pressureOf(paused.state).pendingItems).toBe(count);
    const { runs, state } = paused.afterContinueAsNew().fast(resume(MINUTE), tick(3 * HOUR));
    expect(runs.every((run, index) => index === runs.length - 1 || run.cause === 'full')).toBe(true);
    expect(runs.reduce((sum, run) => sum + run.items.length, 0)).toBe(count);
    expect(state.pendingItems).toBe(state.startingItems);
  });
});
