import { describe, expect, it } from 'vitest';

import { given, HOUR, load, MINUTE, offer, quiet, tick } from './given.ts';

describe('a batch', () => {
  it('fires when it has its events', () => {
    given({ batch: { maxEvents: 2 } })
      .when(offer(0, 'a'), offer(1, 'b'), offer(2, 'c'))
      .thenExpect({ runs: [{ at: 1, events: ['a', 'b'] }], pending: ['c'] });
  });

  it('fires when it has its bytes, the event that reached them among them', () => {
    given({ batch: { maxBytes: 100 } })
      .when(offer(0, 'a', { size: 60 }), offer(1, 'b', { size: 60 }), offer(2, 'c', { size: 100 }))
      .thenExpect({
        runs: [
          { at: 1, events: ['a', 'b'] },
          { at: 2, events: ['c'] },
        ],
      });
  });

  it('fires when its first event has waited long enough', () => {
    given({ batch: { maxEvents: 10, maxWaitMs: MINUTE } })
      .when(offer(0, 'a'), offer(MINUTE - 1, 'b'), offer(MINUTE, 'c'), tick(MINUTE + 1))
      .thenExpect({ runs: [{ at: MINUTE, events: ['a', 'b'] }], pending: ['c'] });
  });

  it('without a wait is ended by its events alone', () => {
    const { state } = given({ batch: { maxEvents: 2 } })
      .when(offer(0, 'a'), tick(1_000 * HOUR))
      .thenExpect({ pending: ['a'] });
    expect(state.keys.get('k')?.window).not.toHaveProperty('dueAt');
  });

  it('counts on after a continue-as-new', () => {
    given({ batch: { maxBytes: 100 } })
      .when(offer(0, 'a', { size: 60 }))
      .afterContinueAsNew()
      .when(offer(1, 'b', { size: 39 }), offer(2, 'c', { size: 1 }))
      .thenExpect({ runs: [{ at: 2, events: ['a', 'b', 'c'] }] });
  });

  it('that one offer fills alone may start at once, a gathered one not', () => {
    const { effects } = given({ batch: { maxBytes: 10 } }).when(
      offer(0, 'a', { size: 10 }),
      offer(1, 'b', { size: 9 }),
      offer(2, 'c', { size: 1 }),
    );
    expect(effects).toMatchObject([
      { kind: 'startRun', sole: true },
      { kind: 'startRun', sole: false },
    ]);
  });

  it('fires when the instance is full', () => {
    given({ batch: { maxEvents: 10 } })
      .when(offer(0, 'a', { item: 'x'.repeat(300_000) }), offer(1, 'b', { item: 'x'.repeat(300_000) }))
      .thenExpect({ runs: [{ at: 1, events: ['a', 'b'], cause: 'full' }] });
  });

  it('ends by its own settings while a definition with a debounce is current', () => {
    given({ batch: { maxEvents: 2, maxWaitMs: HOUR } })
      .when(
        offer(0, 'a'),
        load(1, { ...quiet(MINUTE), generation: 'g2' }),
        offer(2, 'b'),
        offer(3, 'c'),
        tick(2 * HOUR),
      )
      .thenExpect({
        runs: [
          { at: 2, events: ['a', 'b'] },
          { at: MINUTE + 3, events: ['c'] },
        ],
      });
  });

  it('begins once a debounce window of the definition before it has ended', () => {
    given(quiet(MINUTE))
      .when(
        offer(0, 'a'),
        load(1, { batch: { maxEvents: 2 }, generation: 'g2' }),
        offer(2, 'b'),
        offer(2 * MINUTE, 'c'),
        offer(2 * MINUTE, 'd'),
      )
      .thenExpect({
        runs: [
          { at: MINUTE + 2, events: ['a', 'b'] },
          { at: 2 * MINUTE, events: ['c', 'd'] },
        ],
      });
  });
});
