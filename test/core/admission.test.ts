import { describe, expect, it } from 'vitest';

import { approved, breaker, DAY, ended, fire, given, HOUR, load, MINUTE, offer, started, T0, tick } from './given.ts';

const cooldown = (onExcess: 'hold' | 'drop' | 'ask') => ({ cooldown: { periodMs: HOUR, onExcess } }) as const;
const rate = (onExcess: 'queue' | 'hold' | 'drop' | 'ask') => {
  return { rate: { limit: 1, perMs: 2 * HOUR, onExcess, scope: 'trigger' } } as const;
};
const one = (onExcess: 'queue' | 'hold' | 'drop') => {
  return { concurrency: { limit: 1, onExcess, scope: 'trigger' } } as const;
};
const no = (event: string, at: number, stage: 'cooldown' | 'rate' | 'concurrency', why: string) => {
  return { event, at, stage, why };
};

describe('admission', () => {
  it('is decided by the first closed stage in the order', () => {
    given({ ...cooldown('drop'), ...rate('queue'), ...one('hold') })
      .when(offer(0, 'a'), offer(1, 'b'), offer(2, 'c', { key: 'other' }))
      .thenExpect({
        runs: [{ at: 0, events: ['a'] }],
        suppressed: [no('b', 1, 'cooldown', 'coolingDown')],
        pending: ['c'],
        waiting: [{ events: ['c'], how: 'queue', stage: 'rate', key: 'other' }],
      });
  });

  it('starts only where every stage is open in the same step', () => {
    given({ ...cooldown('hold'), ...rate('hold'), ...one('hold') })
      .when(offer(0, 'a'), offer(1, 'b'), tick(HOUR), tick(2 * HOUR), ended(3 * HOUR, 'a'), offer(4 * HOUR, 'c'))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 3 * HOUR, events: ['b'] },
        ],
        pending: ['c'],
      });
  });

  it('says of a held one each stage that keeps it back next', () => {
    const { facts } = given({ ...cooldown('hold'), ...rate('hold'), ...one('hold') }).when(
      offer(0, 'a'),
      offer(1, 'b'),
      tick(HOUR),
      tick(2 * HOUR),
    );
    const waits = facts.flatMap((fact) =>
      fact.kind === 'candidateWaits' || fact.kind === 'waitMoved' ? [[fact.at - T0, fact.stage]] : [],
    );
    expect(waits).toEqual([
      [1, 'cooldown'],
      [HOUR, 'rate'],
      [2 * HOUR, 'concurrency'],
    ]);
  });

  it('drops a held one at a later stage that drops', () => {
    given({ ...cooldown('hold'), ...one('drop') })
      .when(offer(0, 'a'), offer(1, 'b'), tick(HOUR))
      .thenExpect({
        runs: [{ at: 0, events: ['a'] }],
        suppressed: [no('b', HOUR, 'concurrency', 'runsRunning')],
      });
  });

  it('makes a held one ask at a later stage that asks', () => {
    given({ ...cooldown('hold'), ...rate('ask') })
      .when(offer(0, 'a'), offer(1, 'b'), tick(HOUR))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: HOUR, events: ['b'], asks: 'rate' },
        ],
      });
  });

  it('puts what comes behind what a person fired before, though every stage is open in that moment', () => {
    given({ ...cooldown('hold'), debounce: { quietMs: MINUTE, edge: 'trailing', keep: 'all' } })
      .when(offer(0, 'a'), fire(2 * MINUTE, 'by hand'), offer(HOUR, 'b'), tick(3 * HOUR))
      .thenExpect({
        runs: [
          { at: MINUTE, events: ['a'] },
          { at: HOUR + MINUTE, events: [], cause: 'manual' },
          { at: 2 * HOUR + MINUTE, events: ['b'] },
        ],
      });
  });

  it('keeps what moves on to another stage in its turn', () => {
    given({ ...cooldown('hold'), ...one('queue') })
      .when(offer(0, 'a'), offer(1, 'x', { key: 'other' }), offer(2, 'b'), ended(HOUR, 'a'), ended(HOUR + 1, 'x'))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: HOUR, events: ['x'], key: 'other' },
          { at: HOUR + 1, events: ['b'] },
        ],
      });
  });

  it('gives the cooldown back of a run that never began, and of it alone', () => {
    for (const end of [ended(1, 'a', 'skipped'), ended(1, 'a', 'rejected'), started(1, 'a', 'conflict')]) {
      given(cooldown('drop'))
        .when(offer(0, 'a'), end, offer(2, 'b'), ended(3, 'a', 'skipped'), offer(4, 'c'))
        .thenExpect({
          runs: [
            { at: 0, events: ['a'] },
            { at: 2, events: ['b'] },
          ],
          suppressed: [no('c', 4, 'cooldown', 'coolingDown')],
        });
    }
  });

  it('does not give back what a failed run took', () => {
    given({ ...cooldown('hold'), ...rate('queue') })
      .when(offer(0, 'a'), ended(1, 'a', 'failed'), offer(2, 'b'))
      .thenExpect({ runs: [{ at: 0, events: ['a'] }], pending: ['b'] });
  });
});

describe('a cooldown that asks', () => {
  it('starts a run that waits for a person, and cools from its approval on', () => {
    given(cooldown('ask'))
      .when(offer(0, 'a'), offer(1, 'b'), approved(30 * MINUTE, 'b'), offer(HOUR, 'c'), offer(HOUR + 30 * MINUTE, 'd'))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 1, events: ['b'], asks: 'cooldown' },
          { at: HOUR, events: ['c'], asks: 'cooldown' },
          { at: HOUR + 30 * MINUTE, events: ['d'] },
        ],
      });
  });

  it('takes a place of other limits only when it is approved', () => {
    given({ ...cooldown('ask'), concurrency: { limit: 2, onExcess: 'queue', scope: 'trigger' } })
      .when(offer(0, 'a'), offer(1, 'b'), offer(2, 'x', { key: 'x' }), offer(3, 'y', { key: 'y' }))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 1, events: ['b'], asks: 'cooldown' },
          { at: 2, events: ['x'], key: 'x' },
        ],
        pending: ['y'],
      })
      .afterContinueAsNew()
      .when(approved(4, 'b'), ended(5, 'a'), ended(6, 'x'), ended(7, 'b'))
      .thenExpect({ runs: [{ at: 6, events: ['y'], key: 'y' }] });
  });

  it('asks for what waited under a definition that did not', () => {
    given(cooldown('hold'))
      .when(offer(0, 'a'), offer(1, 'b'), load(2, { ...cooldown('ask'), generation: 'g2' }))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 1, events: ['b'], asks: 'cooldown' },
        ],
      });
  });
});

describe('a run that a person fires', () => {
  const manual = (at: number) => ({ at, events: [], cause: 'manual' }) as const;

  it('passes the windows, and starts with the params it was given', () => {
    const { runs } = given({ debounce: { quietMs: HOUR, edge: 'trailing', keep: 'all' } })
      .when(fire(0, 'one', { params: { lr: 0.1 } }))
      .thenExpect({ runs: [manual(0)] });
    expect(runs[0]).toMatchObject({ params: { lr: 0.1 }, last: { identity: 'one' } });
  });

  it('waits as a run of its own where a stage is closed, with its params, over a continue-as-new', () => {
    given({ ...cooldown('hold') })
      .when(offer(0, 'a'), fire(1, 'one', { params: { lr: 0.1 } }), offer(2, 'b'))
      .thenExpect({
        runs: [{ at: 0, events: ['a'] }],
        pending: ['b'],
        waiting: [
          { events: [], how: 'hold', stage: 'cooldown', until: HOUR, cause: 'manual' },
          { events: ['b'], how: 'hold', stage: 'cooldown', until: HOUR },
        ],
      })
      .afterContinueAsNew()
      .when(tick(HOUR), tick(2 * HOUR))
      .thenExpect({ runs: [manual(HOUR), { at: 2 * HOUR, events: ['b'] }] });
  });

  it('is the same order while it waits or starts, and another with another id', () => {
    given(cooldown('hold'))
      .when(offer(0, 'a'), fire(1, 'one'), fire(2, 'one'), fire(3, 'two'))
      .thenExpect({
        runs: [{ at: 0, events: ['a'] }],
        pending: [],
        waiting: [1, 2].map(() => ({ events: [], how: 'hold', stage: 'cooldown', until: HOUR, cause: 'manual' })),
      });
    given()
      .when(fire(1, 'one'), fire(2, 'one'), fire(3, 'two'))
      .thenExpect({ runs: [manual(1), manual(3)] });
  });

  it('forced skips cooldown, rate and concurrency, and counts in all of them', () => {
    given({ ...cooldown('drop'), ...rate('drop'), ...one('drop') })
      .when(offer(0, 'a'), fire(1, 'one', { force: true }), ended(3, 'a'), offer(HOUR + 1, 'b'))
      .thenExpect({
        runs: [{ at: 0, events: ['a'] }, manual(1)],
        suppressed: [no('b', HOUR + 1, 'rate', 'rateReached')],
      });
  });

  it('forced goes past those that wait', () => {
    given(cooldown('hold'))
      .when(offer(0, 'a'), offer(1, 'b'), fire(2, 'one', { force: true }))
      .thenExpect({ runs: [{ at: 0, events: ['a'] }, manual(2)], pending: ['b'] });
  });

  it('forced never skips a breaker, and is forced still when that has closed, over a continue-as-new', () => {
    const guard = { failures: 1, withinMs: HOUR, openForMs: DAY, probes: 1, scope: 'trigger' } as const;
    given({ ...cooldown('drop'), breaker: guard })
      .when(offer(0, 'a'), breaker(1, 'open'), fire(2, 'one', { force: true, params: { lr: 1 } }))
      .thenExpect({
        runs: [{ at: 0, events: ['a'] }],
        waiting: [{ events: [], how: 'park', stage: 'breaker', cause: 'manual' }],
      })
      .afterContinueAsNew()
      .when(breaker(3, 'closed'))
      .thenExpect({ runs: [manual(3)] });
    given({ ...cooldown('drop'), breaker: guard })
      .when(offer(0, 'a'), breaker(1, 'open'), fire(2, 'one', { force: true }))
      .afterContinueAsNew()
      .when(breaker(3, 'closed'))
      .thenExpect({ runs: [manual(3)] });
  });
});
