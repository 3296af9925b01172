import { describe, expect, it } from 'vitest';

import { carry, restore } from '../../src/core/carried.ts';
import { CHECK_RUNS_MS } from '../../src/core/limits.ts';
import type { Effect } from '../../src/core/effect.ts';
import { approved, ended, fire, given, HOUR, type Known, MINUTE, offer, started, T0, tick } from './given.ts';

const guard = {
  breaker: { failures: 2, withinMs: HOUR, openForMs: 15 * MINUTE, probes: 1, scope: 'trigger' },
} as const;
const asking = { rate: { limit: 1, perMs: HOUR, onExcess: 'ask', scope: 'trigger' } } as const;

/** A look at a run that ended unheard finds its end later. */
function found(at: number, runId: string | undefined, endedAt: number): Known {
  const report = { runId: runId ?? 'none', key: 'k', status: 'failed', endedAt: T0 + endedAt } as const;
  return { input: { kind: 'runEnded', report }, nowMs: at };
}

const checked = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.kind === 'checkRuns' ? effect.runIds : []));

describe('a report that comes twice', () => {
  it('of a failed run is one failure', () => {
    given(guard)
      .when(offer(0, 'a'), ended(1, 'a', 'failed'), ended(2, 'a', 'failed'), offer(3, 'b'))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 3, events: ['b'] },
        ],
      });
  });

  it('of a skipped run gives one place back', () => {
    given({ rate: { limit: 2, perMs: HOUR, onExcess: 'hold', scope: 'trigger' } })
      .when(offer(0, 'a'), offer(0, 'b'), ended(1, 'a', 'skipped'), ended(2, 'a', 'skipped'))
      .afterContinueAsNew()
      .when(offer(3, 'c'), offer(4, 'd'))
      .thenExpect({ runs: [{ at: 3, events: ['c'] }], pending: ['d'] });
  });

  it('of an approval is one start', () => {
    const { state } = given({ rate: { ...asking.rate, limit: 2 } }).when(
      offer(0, 'a'),
      offer(1, 'b'),
      offer(2, 'c'),
      approved(3, 'c'),
      approved(4, 'c'),
    );
    expect(state.limits.starts.map(([at]) => at - T0)).toEqual([0, 1, 3]);
  });
});

describe('a run that never began', () => {
  it('and was approved gives back the place that the approval took', () => {
    given(asking)
      .when(offer(0, 'a'), offer(1, 'b'), approved(HOUR, 'b'), ended(HOUR + 1, 'b', 'skipped'), offer(HOUR + 2, 'c'))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 1, events: ['b'], asks: 'rate' },
          { at: HOUR + 2, events: ['c'] },
        ],
      });
  });

  it('and was forced leaves the cooldown of the run before it', () => {
    given({ cooldown: { periodMs: HOUR, onExcess: 'hold' } })
      .when(offer(0, 'a'), fire(MINUTE, '1', { force: true }), ended(2 * MINUTE, 1, 'skipped'), offer(3 * MINUTE, 'b'))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: MINUTE, events: [], cause: 'manual' },
        ],
        pending: ['b'],
      });
  });
});

describe('a run that ended unheard', () => {
  it('long ago is no failure of now', () => {
    const { runs } = given(guard).when(offer(0, 'a'));
    given({ breaker: { ...guard.breaker, failures: 1 } })
      .when(offer(0, 'a'), found(3 * HOUR, runs[0]?.runId, MINUTE), offer(4 * HOUR, 'b'))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 4 * HOUR, events: ['b'] },
        ],
      });
  });

  it('as a probe, or from what was parked, is looked for while something waits for it', () => {
    for (const scope of ['trigger', 'key'] as const) {
      const opened = given({ breaker: { ...guard.breaker, failures: 1, scope } }).when(
        offer(0, 'f'),
        ended(MINUTE, 'f', 'failed'),
        offer(2 * MINUTE, 'a'),
        offer(3 * MINUTE, 'b'),
        offer(4 * MINUTE, 'c'),
        tick(16 * MINUTE),
        started(16 * MINUTE, 'a'),
      );
      const probing = opened.afterContinueAsNew().when(tick(16 * MINUTE + CHECK_RUNS_MS));
      expect(checked(probing.effects)).toEqual([opened.runs[1]?.runId]);
      const draining = probing.afterContinueAsNew().when(ended(HOUR, 'a'), started(HOUR, 'b'), tick(2 * HOUR));
      expect(checked(draining.effects).at(-1)).toBe(draining.runs[0]?.runId);
    }
  });
});

describe('what an older release counted', () => {
  it('counts on, without a run to give it back to', () => {
    const { state } = given({ ...guard, rate: { ...asking.rate, limit: 2 } }).when(
      offer(0, 'a'),
      offer(1, 'b'),
      ended(2, 'a', 'failed'),
    );
    const { limits, ...rest } = carry(state);
    expect(limits).toMatchObject({
      starts: [
        [T0, expect.any(String)],
        [T0 + 1, expect.any(String)],
      ],
    });
    const older = restore({
      ...rest,
      limits: { starts: [T0, T0 + 1], breaker: { mode: 'closed', failedAt: [T0 + 2] } },
    });
    expect(older.limits).toMatchObject({
      starts: [
        [T0, ''],
        [T0 + 1, ''],
      ],
      breaker: { failedAt: [[T0 + 2, '']] },
    });
  });
});
