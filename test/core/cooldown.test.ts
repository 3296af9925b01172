import { describe, expect, it } from 'vitest';

import { carry, restore } from '../../src/core/carried.ts';
import { step } from '../../src/core/step.ts';
import { DAY, given, HOUR, idOf, load, MINUTE, offer, quiet, SECOND, started, T0, tick } from './given.ts';

const hold = { cooldown: { periodMs: HOUR, onExcess: 'hold' } } as const;
const drop = { cooldown: { periodMs: HOUR, onExcess: 'drop' } } as const;

describe('a cooldown that holds', () => {
  it('makes one run of everything that waited, when the period ends', () => {
    given(hold)
      .when(offer(0, 'a'), offer(MINUTE, 'b'), offer(2 * MINUTE, 'c'), tick(HOUR))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: HOUR, events: ['b', 'c'] },
        ],
      });
  });

  it('starts again with that run', () => {
    given(hold)
      .when(offer(0, 'a'), offer(MINUTE, 'b'), offer(HOUR + 1, 'c'), tick(2 * HOUR - 1))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: HOUR, events: ['b'] },
        ],
        pending: ['c'],
      });
  });

  it('is open exactly when the period ends', () => {
    given(hold)
      .when(offer(0, 'a'), offer(HOUR, 'b'))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: HOUR, events: ['b'] },
        ],
      });
  });

  it('leaves nothing behind when nothing waited', () => {
    const { state } = given(hold)
      .when(offer(0, 'a'), tick(HOUR))
      .thenExpect({ runs: [{ at: 0, events: ['a'] }] });
    expect([state.keys.size, state.keyBytes]).toEqual([0, 0]);
  });

  it('adds a window that ends meanwhile to what waits', () => {
    given({ ...quiet(MINUTE), ...hold })
      .when(offer(0, 'a'), offer(10 * MINUTE, 'b'), offer(20 * MINUTE, 'c'), offer(20 * MINUTE, 'd'), tick(2 * HOUR))
      .thenExpect({
        runs: [
          { at: MINUTE, events: ['a'] },
          { at: HOUR + MINUTE, events: ['b', 'c', 'd'] },
        ],
      });
  });

  it('makes one run with a window that ends in the same moment', () => {
    given({ ...quiet(MINUTE), ...hold })
      .when(offer(0, 'a'), offer(10 * MINUTE, 'b'), offer(HOUR, 'c'), tick(2 * HOUR))
      .thenExpect({
        runs: [
          { at: MINUTE, events: ['a'] },
          { at: HOUR + MINUTE, events: ['b', 'c'] },
        ],
      });
  });

  it('holds a window that ends just after the held ones ran', () => {
    given({ ...quiet(MINUTE), ...hold })
      .when(offer(0, 'a'), offer(10 * MINUTE, 'b'), offer(HOUR + SECOND, 'c'), tick(2 * HOUR))
      .thenExpect({
        runs: [
          { at: MINUTE, events: ['a'] },
          { at: HOUR + MINUTE, events: ['b'] },
        ],
        pending: ['c'],
      });
  });

  it('checks freshness of what waited', () => {
    given({ ...hold, freshness: { maxAgeMs: 30 * MINUTE, at: 'fire' } })
      .when(offer(0, 'a'), offer(MINUTE, 'b'), offer(50 * MINUTE, 'c'), tick(HOUR))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: HOUR, events: ['c'] },
        ],
        suppressed: [{ event: 'b', at: HOUR, stage: 'freshness', why: 'tooOld' }],
      });
  });

  it('gives the run that waited the last event and the earliest arrival of all', () => {
    const { runs } = given(hold).when(
      offer(0, 'a'),
      offer(MINUTE, 'b', { event: { n: 1 } }),
      offer(2 * MINUTE, 'c', { event: { n: 2 } }),
      tick(HOUR),
    );
    expect(runs[1]).toMatchObject({ last: { event: { n: 2 } }, receivedAt: T0 + MINUTE });
  });

  it('goes on after a continue-as-new with no traffic afterwards', () => {
    given({ ...quiet(MINUTE), cooldown: { periodMs: 7 * DAY, onExcess: 'hold' } })
      .when(offer(0, 'a'), offer(DAY, 'b'), offer(2 * DAY, 'c'))
      .afterContinueAsNew()
      .when(tick(8 * DAY))
      .thenExpect({ runs: [{ at: 7 * DAY + MINUTE, events: ['b', 'c'] }] });
  });
});

describe('what a release before lines held', () => {
  it('runs at its time, before what came later', () => {
    const { state } = given(hold).when(offer(0, 'a'), started(1, 'a'));
    const carried = carry(state);
    const ids = [idOf('b'), idOf('c')].map((id) => [id.slice('evt_'.length), 0] as const);
    const held = { coolingUntil: T0 + HOUR, hold: ['cooldown', T0 + HOUR, T0, { event: { n: 1 } }, ids] } as const;
    const older = restore({ ...carried, keys: [['k', held]] });
    expect(older.pendingItems).toBe(2);
    const { facts } = step(older, { kind: 'tick' }, T0 + HOUR);
    const runs = facts.flatMap((fact) => (fact.kind === 'runDecided' ? [fact.run] : []));
    expect(runs.map((run) => [run.items.length, run.last.event])).toEqual([[2, { n: 1 }]]);
  });
});

describe('a cooldown that drops', () => {
  it('suppresses what comes within the period, and says until when', () => {
    const { facts } = given(drop)
      .when(offer(0, 'a'), offer(MINUTE, 'b'), offer(HOUR, 'c'))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: HOUR, events: ['c'] },
        ],
        suppressed: [{ event: 'b', at: MINUTE, stage: 'cooldown', why: 'coolingDown' }],
      });
    expect(facts.find((fact) => fact.kind === 'eventsSuppressed')).toMatchObject({
      reason: { untilAt: T0 + HOUR, periodMs: HOUR },
    });
  });

  it('suppresses all events of a window that ends within the period', () => {
    given({ ...quiet(MINUTE), ...drop })
      .when(offer(0, 'a'), offer(2 * MINUTE, 'b'), offer(2 * MINUTE, 'c'), tick(2 * HOUR))
      .thenExpect({
        runs: [{ at: MINUTE, events: ['a'] }],
        suppressed: [
          { event: 'b', at: 3 * MINUTE, stage: 'cooldown', why: 'coolingDown' },
          { event: 'c', at: 3 * MINUTE, stage: 'cooldown', why: 'coolingDown' },
        ],
      });
  });

  it('drops the leading event of a window', () => {
    given({ ...quiet(MINUTE, { edge: 'both' }), ...drop })
      .when(offer(0, 'a'), offer(SECOND, 'b'), tick(2 * HOUR))
      .thenExpect({
        runs: [{ at: 0, events: ['a'] }],
        suppressed: [{ event: 'b', at: MINUTE + SECOND, stage: 'cooldown', why: 'coolingDown' }],
      });
  });
});

describe('a cooldown over a change of definition', () => {
  it('that removes it lets go of what is held at once', () => {
    given(hold)
      .when(offer(0, 'a'), offer(MINUTE, 'b'), load(2 * MINUTE, { generation: 'g2' }), offer(3 * MINUTE, 'c'))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: MINUTE, events: ['b'] },
          { at: 3 * MINUTE, events: ['c'] },
        ],
      });
  });

  it('that shortens it leaves what is held to its time', () => {
    const shorter = { cooldown: { periodMs: MINUTE, onExcess: 'hold' } } as const;
    const { state } = given(hold)
      .when(offer(0, 'a'), offer(MINUTE, 'b'), load(2 * MINUTE, { ...shorter, generation: 'g2' }), tick(2 * HOUR))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: HOUR, events: ['b'] },
        ],
      });
    expect(state.keys.size).toBe(0);
  });

  it('that turns hold into drop still runs what is held', () => {
    given(hold)
      .when(offer(0, 'a'), offer(MINUTE, 'b'), load(2 * MINUTE, { ...drop, generation: 'g2' }), offer(3 * MINUTE, 'c'))
      .thenExpect({
        runs: [{ at: 0, events: ['a'] }],
        suppressed: [{ event: 'c', at: 3 * MINUTE, stage: 'cooldown', why: 'coolingDown' }],
        pending: ['b'],
      });
  });
});

describe('keys', () => {
  it('have windows and cooldowns of their own, whatever their text', () => {
    const names = ['__proto__', 'constructor', '10', '', ' '];
    const moments = names.flatMap((key, index) => [
      offer(index, `a${index}`, { key }),
      offer(10 * MINUTE + index, `b${index}`, { key }),
    ]);
    const inOrder = moments.sort((a, b) => a.nowMs - b.nowMs);
    given({ ...quiet(MINUTE), ...hold })
      .when(...inOrder, tick(2 * HOUR))
      .thenExpect({
        runs: [
          ...names.map((key, index) => ({ at: MINUTE + index, events: [`a${index}`], key })),
          ...names.map((key, index) => ({ at: HOUR + MINUTE + index, events: [`b${index}`], key })),
        ],
      });
  });
});
