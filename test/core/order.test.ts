import { describe, expect, it } from 'vitest';

import { ORDER_MARK_MS } from '../../src/core/limits.ts';
import { given, HOUR, load, MINUTE, offer, quiet, SECOND, T0, tick } from './given.ts';

const late = (event: string, at: number) => ({ event, at, stage: 'order', why: 'late' }) as const;
const drop = { order: { onLate: 'drop', holdForMs: 0 } } as const;
const sort = { order: { onLate: 'drop', holdForMs: 10 * SECOND } } as const;

describe('the order of a key', () => {
  it('suppresses what is below the highest that went on, and says both values', () => {
    const { facts } = given(drop)
      .when(offer(0, 'a', { order: 1 }), offer(1, 'c', { order: 3 }), offer(2, 'b', { order: 2 }))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 1, events: ['c'] },
        ],
        suppressed: [late('b', 2)],
      });
    expect(facts.at(-1)).toMatchObject({ reason: { kind: 'late', by: 2, highest: 3 } });
  });

  it('lets equal values through', () => {
    given(drop)
      .when(offer(0, 'a', { order: 'x' }), offer(1, 'b', { order: 'x' }))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 1, events: ['b'] },
        ],
      });
  });

  it('takes numbers before texts, and texts by code unit', () => {
    const by = (at: number, order: number | string) => offer(at, `e${at}`, { order });
    given(drop)
      .when(by(0, 9), by(1, 10), by(2, 'B'), by(3, 'a'), by(4, 'Z'), by(5, 1e300), by(6, 'b'))
      .thenExpect({
        runs: [0, 1, 2, 3, 6].map((at) => ({ at, events: [`e${at}`] })),
        suppressed: [late('e4', 4), late('e5', 5)],
      });
  });

  it('is that of each key by itself', () => {
    given(drop)
      .when(offer(0, 'a', { order: 5, key: 'one' }), offer(1, 'b', { order: 4, key: 'two' }))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'], key: 'one' },
          { at: 1, events: ['b'], key: 'two' },
        ],
      });
  });

  it('dead-letters what is late where that is asked for, with the event', () => {
    const { effects, state } = given({ order: { onLate: 'deadLetter', holdForMs: 0 } })
      .when(offer(0, 'a', { order: 2 }), offer(1, 'b', { order: 1, event: { n: 1 } }))
      .thenExpect({ runs: [{ at: 0, events: ['a'] }], deadLetters: ['b'] });
    expect(effects.at(-1)).toMatchObject({ kind: 'deadLetter', code: 'event_late', stage: 'order', event: { n: 1 } });
    expect(state.counts).toMatchObject({ accepted: 2, deadLettered: 1 });
  });

  it('is remembered for 7 days after the last event that went on', () => {
    const days = ORDER_MARK_MS;
    const { state } = given({ ...drop, dedupe: { windowMs: 1 } })
      .when(offer(0, 'a', { order: 5 }), offer(days - 1, 'b', { order: 4 }), offer(days, 'c', { order: 4 }))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: days, events: ['c'] },
        ],
        suppressed: [late('b', days - 1)],
      });
    expect(state.keys.size).toBe(1);
  });

  it('goes on after a continue-as-new', () => {
    given(drop)
      .when(offer(0, 'a', { order: 5 }))
      .afterContinueAsNew()
      .when(offer(1, 'b', { order: 4 }))
      .thenExpect({ suppressed: [late('b', 1)] });
  });

  it('does not concern events without a value', () => {
    given(drop)
      .when(offer(0, 'a', { order: 5 }), offer(1, 'b'))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 1, events: ['b'] },
        ],
      });
  });
});

describe('an order with holdFor', () => {
  it('sorts what arrives within it', () => {
    given(sort)
      .when(
        offer(0, 'c', { order: 3 }),
        offer(SECOND, 'a', { order: 1 }),
        offer(2 * SECOND, 'd', { order: 'x' }),
        offer(3 * SECOND, 'b', { order: 2 }),
        tick(MINUTE),
      )
      .thenExpect({
        runs: [
          { at: 10 * SECOND, events: ['a'] },
          { at: 10 * SECOND, events: ['b'] },
          { at: 10 * SECOND, events: ['c'] },
          { at: 12 * SECOND, events: ['d'] },
        ],
      });
  });

  it('keeps equal values in the order of their arrival', () => {
    given(sort)
      .when(offer(0, 'a', { order: 1 }), offer(1, 'b', { order: 1 }), offer(2, 'c', { order: 0 }), tick(MINUTE))
      .thenExpect({
        runs: [
          { at: 10 * SECOND, events: ['c'] },
          { at: 10 * SECOND, events: ['a'] },
          { at: 10 * SECOND + 1, events: ['b'] },
        ],
      });
  });

  it('calls late what is below an event that went on', () => {
    given(sort)
      .when(offer(0, 'b', { order: 2 }), offer(11 * SECOND, 'a', { order: 1 }), tick(MINUTE))
      .thenExpect({ runs: [{ at: 10 * SECOND, events: ['b'] }], suppressed: [late('a', 11 * SECOND)] });
  });

  it('gives a debounce window the events in order, and its values last', () => {
    const { runs } = given({ ...sort, ...quiet(MINUTE) })
      .when(offer(0, 'b', { order: 2, event: { n: 2 } }), offer(1, 'a', { order: 1, event: { n: 1 } }), tick(HOUR))
      .thenExpect({ runs: [{ at: 10 * SECOND + MINUTE, events: ['a', 'b'] }] });
    expect(runs[0]?.last.event).toEqual({ n: 2 });
  });

  it('goes on sorting after a continue-as-new', () => {
    given(sort)
      .when(offer(0, 'b', { order: 2 }))
      .afterContinueAsNew()
      .when(offer(SECOND, 'a', { order: 1 }), tick(10 * SECOND))
      .thenExpect({
        runs: [
          { at: 10 * SECOND, events: ['a'] },
          { at: 10 * SECOND, events: ['b'] },
        ],
      });
  });

  it('lets everything go when the instance is full', () => {
    const { runs, state } = given(sort).when(
      offer(0, 'b', { order: 2, item: 'x'.repeat(300_000) }),
      offer(1, 'a', { order: 1, item: 'x'.repeat(300_000) }),
    );
    expect(runs.map((run) => [run.firedAt - T0, run.items.length])).toEqual([
      [1, 1],
      [1, 1],
    ]);
    expect(state.pendingBytes).toBe(state.startingBytes);
  });

  it('lets what it sorts go at its time under a definition without order', () => {
    given(sort)
      .when(offer(0, 'b', { order: 2 }), load(1, { generation: 'g2' }), offer(2, 'a', { order: 1 }), tick(MINUTE))
      .thenExpect({
        runs: [
          { at: 2, events: ['a'] },
          { at: 10 * SECOND, events: ['b'] },
        ],
      });
  });

  it('sorts on where a definition stops holding', () => {
    given(sort)
      .when(
        offer(0, 'b', { order: 2 }),
        load(1, { ...drop, generation: 'g2' }),
        offer(2, 'c', { order: 3 }),
        tick(MINUTE),
      )
      .thenExpect({
        runs: [
          { at: 2, events: ['b'] },
          { at: 2, events: ['c'] },
        ],
      });
  });
});
