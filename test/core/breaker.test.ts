import { describe, expect, it } from 'vitest';

import type { Effect } from '../../src/core/effect.ts';
import { CLOSED } from '../../src/core/limit-state.ts';
import type { BreakerSettings, Definition } from '../../src/spec/definition.ts';
import { breaker, DAY, ended, given, HOUR, load, MINUTE, type Moment, offer, started, T0, tick } from './given.ts';

const guard = (rest: Partial<BreakerSettings> = {}): Pick<Definition, 'breaker'> => {
  const settings = { failures: 2, withinMs: HOUR, openForMs: 15 * MINUTE, probes: 1, scope: 'trigger' } as const;
  return { breaker: { ...settings, ...rest } };
};
/** Two runs fail: the breaker opens at minute 2, until minute 17. */
const failing: readonly Moment[] = [
  offer(0, 'f1'),
  offer(1, 'f2'),
  ended(MINUTE, 'f1', 'failed'),
  ended(2 * MINUTE, 'f2', 'timedOut'),
];
const failed = [
  { at: 0, events: ['f1'] },
  { at: 1, events: ['f2'] },
];
const OPEN_AT = 17 * MINUTE;
const parked = [offer(3 * MINUTE, 'a'), offer(4 * MINUTE, 'b'), offer(5 * MINUTE, 'c')];

describe('a breaker', () => {
  it('opens at so many failed or timed-out runs, and parks what comes, one run each', () => {
    const { state } = given(guard())
      .when(...failing, ...parked)
      .thenExpect({
        runs: failed,
        pending: ['a', 'b', 'c'],
        waiting: ['a', 'b', 'c'].map((name) => ({ events: [name], how: 'park', stage: 'breaker' })),
      });
    expect(state.limits.breaker).toEqual({ mode: 'open', failures: 2, untilAt: T0 + OPEN_AT });
  });

  it('counts failures within its span alone, and no other ends', () => {
    const { state } = given(guard()).when(
      ...['f1', 'f2', 'f3', 'f4'].map((name, at) => offer(at, name)),
      ended(MINUTE, 'f1', 'failed'),
      ended(MINUTE + HOUR, 'f2', 'failed'),
      ended(MINUTE + HOUR, 'f3', 'cancelled'),
      ended(MINUTE + HOUR, 'f4', 'deadLettered'),
    );
    expect(state.limits.breaker).toMatchObject({
      mode: 'closed',
      failedAt: [[T0 + MINUTE + HOUR, expect.any(String)]],
    });
  });

  it('lets the oldest through as a probe, and on success the others one after the other', () => {
    const { state } = given(guard())
      .when(
        ...failing,
        ...parked,
        tick(OPEN_AT),
        ended(20 * MINUTE, 'a'),
        offer(21 * MINUTE, 'd'),
        ended(22 * MINUTE, 'b'),
        ended(23 * MINUTE, 'c'),
        ended(24 * MINUTE, 'd'),
        offer(25 * MINUTE, 'e'),
        offer(25 * MINUTE, 'f'),
      )
      .thenExpect({
        runs: [
          ...failed,
          { at: OPEN_AT, events: ['a'] },
          { at: 20 * MINUTE, events: ['b'] },
          { at: 22 * MINUTE, events: ['c'] },
          { at: 23 * MINUTE, events: ['d'] },
          { at: 25 * MINUTE, events: ['e'] },
          { at: 25 * MINUTE, events: ['f'] },
        ],
      });
    expect(state.limits.breaker).toEqual({ mode: 'closed', failedAt: [] });
  });

  it('opens again for as long when a probe fails, or never got through', () => {
    for (const status of ['failed', 'timedOut', 'deadLettered'] as const) {
      given(guard())
        .when(...failing, ...parked, tick(OPEN_AT), ended(20 * MINUTE, 'a', status), tick(35 * MINUTE))
        .thenExpect({
          runs: [...failed, { at: OPEN_AT, events: ['a'] }, { at: 35 * MINUTE, events: ['b'] }],
          pending: ['c'],
        });
    }
  });

  it('opens again when what was parked fails', () => {
    given(guard())
      .when(...failing, ...parked, tick(OPEN_AT), ended(20 * MINUTE, 'a'), ended(21 * MINUTE, 'b', 'failed'))
      .thenExpect({
        runs: [...failed, { at: OPEN_AT, events: ['a'] }, { at: 20 * MINUTE, events: ['b'] }],
        pending: ['c'],
      });
  });

  it('waits for all of its probes', () => {
    given(guard({ probes: 2 }))
      .when(...failing, ...parked, tick(OPEN_AT), ended(20 * MINUTE, 'b'), tick(HOUR))
      .thenExpect({
        runs: [...failed, { at: OPEN_AT, events: ['a'] }, { at: OPEN_AT, events: ['b'] }],
        pending: ['c'],
      })
      .afterContinueAsNew()
      .when(ended(HOUR + 1, 'a'))
      .thenExpect({ runs: [{ at: HOUR + 1, events: ['c'] }] });
  });

  it('lets the first that comes through as a probe where nothing is parked', () => {
    given(guard())
      .when(...failing, offer(HOUR, 'a'), offer(HOUR + 1, 'b'), ended(HOUR + 2, 'a'))
      .thenExpect({ runs: [...failed, { at: HOUR, events: ['a'] }, { at: HOUR + 2, events: ['b'] }] });
  });

  it('closes at once where nothing is parked when its probe succeeds', () => {
    const { state } = given(guard()).when(...failing, offer(HOUR, 'a'), ended(HOUR + 2, 'a'));
    expect(state.limits.breaker).toEqual({ mode: 'closed', failedAt: [] });
  });

  it('gives the place of a probe that says nothing to the next', () => {
    const next = {
      runs: [...failed, { at: OPEN_AT, events: ['a'] }, { at: 20 * MINUTE, events: ['b'] }],
      pending: ['c'],
    };
    const until = [...failing, ...parked, tick(OPEN_AT)];
    const confirmed = [started(3, 'f1'), started(3, 'f2')];
    given(guard())
      .when(...until, ended(20 * MINUTE, 'a', 'cancelled'))
      .thenExpect(next);
    given(guard())
      .when(...until, ended(20 * MINUTE, 'a', 'rejected'))
      .thenExpect(next);
    // The report of a start does not move the clock.
    given(guard())
      .when(...until, ...confirmed, started(20 * MINUTE, 'a', 'conflict'))
      .thenExpect({ ...next, runs: [...failed, { at: OPEN_AT, events: ['a'] }, { at: OPEN_AT, events: ['b'] }] });
  });

  it('goes on draining after one whose id another run has', () => {
    given(guard())
      .when(...failing, ...parked, tick(OPEN_AT), ended(20 * MINUTE, 'a'), started(21 * MINUTE, 'b', 'conflict'))
      .thenExpect({
        runs: [
          ...failed,
          { at: OPEN_AT, events: ['a'] },
          { at: 20 * MINUTE, events: ['b'] },
          { at: 20 * MINUTE, events: ['c'] },
        ],
      });
  });

  it('takes no notice of runs that started before it opened', () => {
    const { state } = given(guard())
      .when(offer(0, 'old'), ...failing, offer(3 * MINUTE, 'a'), ended(4 * MINUTE, 'old', 'failed'), tick(OPEN_AT))
      .thenExpect({ runs: [{ at: 0, events: ['old'] }, ...failed, { at: OPEN_AT, events: ['a'] }] })
      .afterContinueAsNew()
      .when(ended(18 * MINUTE, 'old', 'failed'));
    expect(state.limits.breaker).toMatchObject({ mode: 'halfOpen' });
  });

  it('of a key parks the events of that key alone', () => {
    const { state } = given(guard({ scope: 'key' }))
      .when(...failing, offer(3 * MINUTE, 'a'), offer(3 * MINUTE, 'x', { key: 'other' }), offer(4 * MINUTE, 'b'))
      .thenExpect({
        runs: [...failed, { at: 3 * MINUTE, events: ['x'], key: 'other' }],
        pending: ['a', 'b'],
        waiting: ['a', 'b'].map((name, place) => {
          return { events: [name], how: 'park', stage: 'breaker', until: OPEN_AT, ...(place > 1 && { key: 'k' }) };
        }),
      })
      .afterContinueAsNew()
      .when(tick(OPEN_AT), ended(20 * MINUTE, 'a'), ended(21 * MINUTE, 'b'), ended(21 * MINUTE, 'x'), tick(DAY))
      .thenExpect({
        runs: [
          { at: OPEN_AT, events: ['a'] },
          { at: 20 * MINUTE, events: ['b'] },
        ],
      });
    expect(state.keys.size).toBe(0);
  });
});

describe('a breaker of a key', () => {
  it('forgets a failure when its span is over, and the key with the last of them', () => {
    const ofKey = guard({ scope: 'key', failures: 3 });
    const moments = [
      offer(0, 'f1'),
      offer(1, 'f2'),
      ended(MINUTE, 'f1', 'failed'),
      ended(30 * MINUTE, 'f2', 'failed'),
      offer(HOUR + MINUTE, 'a'),
    ];
    const left = { mode: 'closed', failedAt: [[T0 + 30 * MINUTE, expect.any(String)]] };
    expect(
      given(ofKey)
        .when(...moments)
        .state.keys.get('k')?.limits?.breaker,
    ).toEqual(left);
    const later = given(ofKey).when(...moments, ended(HOUR + 2 * MINUTE, 'a'), tick(DAY));
    expect(later.state.keys.size).toBe(0);
  });
});

describe('a breaker that a person moves', () => {
  it('stays open until a person closes it, and then drains', () => {
    const { state } = given(guard())
      .when(
        breaker(0, 'open'),
        breaker(1, 'open'),
        offer(2, 'a'),
        offer(3, 'b'),
        tick(DAY),
        breaker(DAY, 'closed'),
        breaker(DAY + 1, 'closed'),
        ended(DAY + 2, 'a'),
        ended(DAY + 3, 'b'),
        breaker(DAY + 4, 'closed'),
      )
      .thenExpect({
        runs: [
          { at: DAY, events: ['a'] },
          { at: DAY + 2, events: ['b'] },
        ],
      });
    expect(state.limits.breaker.mode).toBe('closed');
  });

  it('is moved once, however often it is asked for', () => {
    const moves = (...moments: readonly Moment[]) =>
      given(guard())
        .when(...moments)
        .facts.filter((fact) => fact.kind === 'breakerMoved').length;
    expect(moves(breaker(0, 'closed'), breaker(1, 'open'), breaker(2, 'open'))).toBe(1);
    expect(moves(breaker(0, 'open'), breaker(1, 'closed'), breaker(2, 'closed'))).toBe(2);
  });

  it('closes before its time, and forgets what failed', () => {
    const { state } = given(guard())
      .when(...failing, breaker(3 * MINUTE, 'closed'), offer(4 * MINUTE, 'a'), ended(5 * MINUTE, 'a', 'failed'))
      .thenExpect({ runs: [...failed, { at: 4 * MINUTE, events: ['a'] }] });
    expect(state.limits.breaker).toEqual({ mode: 'closed', failedAt: [[T0 + 5 * MINUTE, expect.any(String)]] });
  });

  it('is the one of the key where each key has its own', () => {
    given(guard({ scope: 'key' }))
      .when(
        breaker(0, 'open'),
        breaker(0, 'open', 'k'),
        offer(1, 'a'),
        offer(2, 'x', { key: 'other' }),
        breaker(3, 'closed', 'k'),
      )
      .thenExpect({
        runs: [
          { at: 2, events: ['x'], key: 'other' },
          { at: 3, events: ['a'] },
        ],
      });
  });

  it('does not exist without a breaker', () => {
    expect(given().when(breaker(0, 'open')).facts).toEqual([]);
  });
});

describe('a breaker under another definition', () => {
  it('lets everything go where there is none any more', () => {
    const { state } = given(guard())
      .when(...failing, ...parked, load(6 * MINUTE, { generation: 'g2' }))
      .thenExpect({
        runs: [...failed, ...['a', 'b', 'c'].map((name) => ({ at: 5 * MINUTE, events: [name] }))],
      });
    expect(state.limits.breaker).toEqual({ mode: 'closed', failedAt: [] });
  });

  it('of each key lets go of the key too', () => {
    const { state } = given(guard({ scope: 'key' })).when(
      ...failing,
      load(6 * MINUTE, { ...guard(), generation: 'g2' }),
    );
    expect(state.keys.size).toBe(0);
  });
});

describe('a breaker that replays when it closes', () => {
  const replaying = (rest: Partial<BreakerSettings> = {}) => guard({ replayOnClose: true, ...rest });
  const replays = (effects: readonly Effect[]) => effects.filter((effect) => effect.kind === 'replayLetters');
  /** It opened at minute 2, and counts what failed in the hour before. */
  const fromAt = T0 + 2 * MINUTE - HOUR;

  it('asks for the dead letters from the span before it opened to its close, once what is parked has ended', () => {
    const draining = given(replaying()).when(...failing, ...parked, tick(OPEN_AT), ended(20 * MINUTE, 'a'));
    expect(draining.state.limits.breaker).toMatchObject({ mode: 'draining', since: fromAt });
    expect(replays(draining.effects)).toEqual([]);
    const closed = draining.afterContinueAsNew().when(ended(21 * MINUTE, 'b'), ended(22 * MINUTE, 'c'));
    expect(closed.state.limits.breaker).toEqual(CLOSED);
    expect(replays(closed.effects)).toEqual([{ kind: 'replayLetters', fromAt, untilAt: T0 + 22 * MINUTE }]);
  });

  it('remembers when its trouble began while it opens again and again', () => {
    const { effects, state } = given(replaying())
      .when(...failing, ...parked, tick(OPEN_AT), ended(20 * MINUTE, 'a', 'failed'))
      .afterContinueAsNew()
      .when(tick(HOUR), ended(HOUR + MINUTE, 'b'), ended(HOUR + MINUTE, 'c'));
    expect(state.limits.breaker).toEqual(CLOSED);
    expect(replays(effects)).toEqual([{ kind: 'replayLetters', fromAt, untilAt: T0 + HOUR + MINUTE }]);
  });

  it('names its key where it guards one', () => {
    const { effects } = given(replaying({ scope: 'key' })).when(
      ...failing,
      offer(3 * MINUTE, 'a'),
      tick(OPEN_AT),
      ended(20 * MINUTE, 'a'),
    );
    expect(replays(effects)).toMatchObject([{ key: 'k', fromAt }]);
  });

  it('replays from when a person opened it, when a person closes it', () => {
    const opened = given(replaying()).when(breaker(MINUTE, 'open'), breaker(2 * MINUTE, 'open'));
    expect(opened.state.limits.breaker).toMatchObject({ mode: 'open', since: T0 + MINUTE });
    const { effects } = opened.afterContinueAsNew().when(breaker(HOUR, 'closed'));
    expect(replays(effects)).toEqual([{ kind: 'replayLetters', fromAt: T0 + MINUTE, untilAt: T0 + HOUR }]);
    const parkedFirst = given(replaying()).when(
      breaker(MINUTE, 'open'),
      offer(2 * MINUTE, 'a'),
      breaker(HOUR, 'closed'),
    );
    expect(parkedFirst.state.limits.breaker).toMatchObject({ mode: 'draining', since: T0 + MINUTE });
  });

  it('asks for none where it was not told to', () => {
    const { effects } = given(guard()).when(...failing, offer(3 * MINUTE, 'a'), tick(OPEN_AT), ended(20 * MINUTE, 'a'));
    expect(replays(effects)).toEqual([]);
  });
});
