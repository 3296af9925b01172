import { describe, expect, it } from 'vitest';

import type { ThresholdSettings } from '../../src/spec/definition.ts';
import { given, HOUR, load, MINUTE, offer, pause, quiet, resume, tick } from './given.ts';

const count = (rest: Partial<ThresholdSettings> = {}) => {
  return { threshold: { atLeast: 3, withinMs: HOUR, of: 'events', ...rest } } as const;
};
const expired = (event: string, at: number) => ({ event, at, stage: 'threshold', why: 'expired' }) as const;

describe('a threshold', () => {
  it('fires with exactly the events that reached it, which count once', () => {
    given(count())
      .when(...['a', 'b', 'c', 'd', 'e'].map((name, at) => offer(at, name)))
      .thenExpect({ runs: [{ at: 2, events: ['a', 'b', 'c'] }], pending: ['d', 'e'] });
  });

  it('counts the last `within` alone; what ages out is suppressed, with what it came to', () => {
    const { facts } = given(count())
      .when(offer(0, 'a'), offer(30 * MINUTE, 'b'), offer(HOUR, 'c'), offer(90 * MINUTE - 1, 'd'))
      .thenExpect({ runs: [{ at: 90 * MINUTE - 1, events: ['b', 'c', 'd'] }], suppressed: [expired('a', HOUR)] });
    expect(facts.find((fact) => fact.kind === 'eventsSuppressed')).toMatchObject({
      reason: { atLeast: 3, reached: 2, withinMs: HOUR },
    });
  });

  it('leaves nothing behind when all aged out', () => {
    const { state } = given(count())
      .when(offer(0, 'a'), offer(1, 'b'), tick(2 * HOUR))
      .thenExpect({ suppressed: [expired('a', HOUR), expired('b', HOUR + 1)] });
    expect([state.keys.size, state.keyBytes, state.pendingItems, state.pendingBytes]).toEqual([0, 0, 0, 0]);
  });

  it('adds up an amount, whatever its sign', () => {
    given(count({ atLeast: 100, of: 'amounts' }))
      .when(
        offer(0, 'a', { amount: 60 }),
        offer(1, 'b', { amount: -20 }),
        offer(2, 'c'),
        offer(3, 'd', { amount: 59.9 }),
        offer(4, 'e', { amount: 0.1 }),
      )
      .thenExpect({ runs: [{ at: 4, events: ['a', 'b', 'c', 'd', 'e'] }] });
  });

  it('fires on one event that is enough', () => {
    const { state } = given(count({ atLeast: 100, of: 'amounts' }))
      .when(offer(0, 'a', { amount: 100 }))
      .thenExpect({ runs: [{ at: 0, events: ['a'] }] });
    expect(state.keys.size).toBe(0);
  });

  it('counts each key by itself', () => {
    given(count({ atLeast: 2 }))
      .when(offer(0, 'a', { key: 'one' }), offer(1, 'b', { key: 'two' }), offer(2, 'c', { key: 'one' }))
      .thenExpect({ runs: [{ at: 2, events: ['a', 'c'], key: 'one' }], pending: ['b'] });
  });

  it('shows the run its last event and its earliest arrival, across a continue-as-new', () => {
    const { runs } = given(count())
      .when(offer(0, 'a', { event: { n: 1 } }), offer(1, 'b', { event: { n: 2 } }))
      .afterContinueAsNew()
      .when(offer(2, 'c', { event: { n: 3 } }))
      .thenExpect({ runs: [{ at: 2, events: ['a', 'b', 'c'] }] });
    expect(runs[0]).toMatchObject({ last: { event: { n: 3 } } });
    expect(runs[0]?.firedAt).toBe((runs[0]?.receivedAt ?? 0) + 2);
  });

  it('gives its events to the window behind it', () => {
    given({ ...count({ atLeast: 2 }), ...quiet(MINUTE) })
      .when(...['a', 'b', 'c', 'd'].map((name, at) => offer(at, name)), tick(30 * MINUTE))
      .thenExpect({ runs: [{ at: MINUTE + 3, events: ['a', 'b', 'c', 'd'] }] });
  });

  it('gives a batch behind it the bytes of all', () => {
    given({ ...count({ atLeast: 2 }), batch: { maxBytes: 100 } })
      .when(...['a', 'b', 'c', 'd'].map((name, at) => offer(at, name, { size: 25 })))
      .thenExpect({ runs: [{ at: 3, events: ['a', 'b', 'c', 'd'] }] });
  });

  it('fires what it has when the instance is full', () => {
    given(count())
      .when(offer(0, 'a', { item: 'x'.repeat(300_000) }), offer(1, 'b', { item: 'x'.repeat(300_000) }))
      .thenExpect({ runs: [{ at: 1, events: ['a', 'b'], cause: 'full' }] });
  });

  it('goes by the settings it was opened with until it has fired or is empty', () => {
    given(count())
      .when(
        offer(0, 'a'),
        load(1, { ...count({ atLeast: 2 }), generation: 'g2' }),
        offer(2, 'b'),
        offer(3, 'c'),
        offer(4, 'd'),
        offer(5, 'e'),
      )
      .thenExpect({
        runs: [
          { at: 3, events: ['a', 'b', 'c'] },
          { at: 5, events: ['d', 'e'] },
        ],
      });
  });

  it('takes events still where the new definition has none, until it is done', () => {
    given(count({ atLeast: 2 }))
      .when(offer(0, 'a'), load(1, { generation: 'g2' }), offer(2, 'b'), offer(3, 'c'))
      .thenExpect({
        runs: [
          { at: 2, events: ['a', 'b'] },
          { at: 3, events: ['c'] },
        ],
      });
  });

  it('keeps the time its events had left over a pause', () => {
    given(count())
      .when(offer(0, 'a'), pause(50 * MINUTE), tick(2 * HOUR), resume(3 * HOUR), tick(3 * HOUR + 10 * MINUTE - 1))
      .thenExpect({ pending: ['a'] });
  });
});
