import { describe, expect, it } from 'vitest';

import type { RateSettings } from '../../src/spec/definition.ts';
import { approved, ended, given, HOUR, load, MINUTE, offer, pause, quiet, resume, started, tick } from './given.ts';

const rate = (rest: Partial<RateSettings> = {}) => {
  return { rate: { limit: 2, perMs: HOUR, onExcess: 'queue', scope: 'trigger', ...rest } } as const;
};
const named = (...names: readonly string[]) => names.map((name, at) => offer(at, name));

describe('a rate that queues', () => {
  it('starts what waits one run each, in order, as soon as a start fits', () => {
    given(rate())
      .when(...named('a', 'b', 'c', 'd', 'e'), tick(3 * HOUR))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 1, events: ['b'] },
          { at: HOUR, events: ['c'] },
          { at: HOUR + 1, events: ['d'] },
          { at: 2 * HOUR, events: ['e'] },
        ],
      });
  });

  it('counts a half-open span: a start no longer counts exactly `per` later', () => {
    given(rate({ limit: 1 }))
      .when(offer(0, 'a'), offer(HOUR - 1, 'b'), offer(HOUR, 'c'))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: HOUR, events: ['b'] },
        ],
        pending: ['c'],
      });
  });

  it('takes keys in turn, as they came to wait', () => {
    const of = (at: number, name: string, key: string) => offer(at, name, { key });
    given(rate({ limit: 1 }))
      .when(of(0, 'x', 'a'), of(1, 'a1', 'a'), of(2, 'a2', 'a'), of(3, 'b1', 'b'), of(4, 'c1', 'c'), tick(5 * HOUR))
      .thenExpect({
        runs: [
          { at: 0, events: ['x'], key: 'a' },
          { at: HOUR, events: ['a1'], key: 'a' },
          { at: 2 * HOUR, events: ['a2'], key: 'a' },
          { at: 3 * HOUR, events: ['b1'], key: 'b' },
          { at: 4 * HOUR, events: ['c1'], key: 'c' },
        ],
      });
  });

  it('lets nobody past those who wait, also after a continue-as-new', () => {
    given(rate({ limit: 1 }))
      .when(offer(0, 'a', { key: 'one' }), offer(1, 'b', { key: 'two' }))
      .afterContinueAsNew()
      .when(offer(HOUR, 'c', { key: 'three' }), tick(2 * HOUR))
      .thenExpect({
        runs: [
          { at: HOUR, events: ['b'], key: 'two' },
          { at: 2 * HOUR, events: ['c'], key: 'three' },
        ],
      });
  });

  it('of a key counts each key by itself', () => {
    given(rate({ limit: 1, scope: 'key' }))
      .when(offer(0, 'a', { key: 'one' }), offer(1, 'b', { key: 'two' }), offer(2, 'c', { key: 'one' }), tick(HOUR))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'], key: 'one' },
          { at: 1, events: ['b'], key: 'two' },
          { at: HOUR, events: ['c'], key: 'one' },
        ],
      });
  });

  it('of a key leaves nothing behind once the span is over', () => {
    const { state } = given(rate({ scope: 'key' }))
      .when(offer(0, 'a'), tick(HOUR))
      .thenExpect({ runs: [{ at: 0, events: ['a'] }] });
    expect([state.keys.size, state.keyBytes]).toEqual([0, 0]);
  });

  it('waits for the end of a pause', () => {
    given(rate({ limit: 1 }))
      .when(offer(0, 'a'), offer(1, 'b'), pause(2), tick(2 * HOUR), resume(3 * HOUR))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 3 * HOUR, events: ['b'] },
        ],
      });
  });
});

describe('a rate', () => {
  it('that holds makes one run of what waited', () => {
    given(rate({ onExcess: 'hold' }))
      .when(...named('a', 'b', 'c', 'd'), tick(3 * HOUR))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 1, events: ['b'] },
          { at: HOUR, events: ['c', 'd'] },
        ],
      });
  });

  it('that drops suppresses, and says when the next start fits', () => {
    const { facts } = given(rate({ onExcess: 'drop' }))
      .when(...named('a', 'b', 'c'))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 1, events: ['b'] },
        ],
        suppressed: [{ event: 'c', at: 2, stage: 'rate', why: 'rateReached' }],
      });
    expect(facts.at(-1)).toMatchObject({ reason: { limit: 2, perMs: HOUR } });
  });

  it('that asks starts a run that waits for a person, and counts it when it is approved', () => {
    given(rate({ limit: 1, onExcess: 'ask' }))
      .when(offer(0, 'a'), offer(1, 'b'), approved(30 * MINUTE, 'b'), offer(HOUR, 'c'), tick(2 * HOUR))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 1, events: ['b'], asks: 'rate' },
          { at: HOUR, events: ['c'], asks: 'rate' },
        ],
      });
  });

  it('takes nothing for an asking run that is rejected, nor gives back what another took in that moment', () => {
    given(rate({ limit: 1, onExcess: 'ask' }))
      .when(offer(0, 'a'), offer(0, 'b'), ended(1, 'b', 'rejected'), offer(2, 'c'))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 0, events: ['b'], asks: 'rate' },
          { at: 2, events: ['c'], asks: 'rate' },
        ],
      });
  });

  it('gets the place of a skipped run back, and of one whose id another run has', () => {
    given(rate({ limit: 1 }))
      .when(
        offer(0, 'a'),
        ended(1, 'a', 'skipped'),
        offer(2, 'b'),
        offer(3, 'c'),
        started(4, 'b', 'conflict'),
        offer(5, 'd'),
        ended(6, 'c', 'failed'),
      )
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 2, events: ['b'] },
          { at: 3, events: ['c'] },
        ],
        pending: ['d'],
      });
  });

  it('is served at once where a new definition allows more', () => {
    given(rate({ limit: 1 }))
      .when(...named('a', 'b', 'c'), load(5, { ...rate({ limit: 2 }), generation: 'g2' }))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 2, events: ['b'] },
        ],
        pending: ['c'],
      });
  });

  it('takes windows as one start', () => {
    given({ ...rate({ limit: 1 }), ...quiet(MINUTE) })
      .when(offer(0, 'a'), offer(1, 'b'), offer(2 * MINUTE, 'c'), offer(4 * MINUTE, 'd'), tick(3 * HOUR))
      .thenExpect({
        runs: [
          { at: MINUTE + 1, events: ['a', 'b'] },
          { at: HOUR + MINUTE + 1, events: ['c'] },
          { at: 2 * HOUR + MINUTE + 1, events: ['d'] },
        ],
      });
  });
});
