import { describe, expect, it } from 'vitest';

import { CHECK_RUNS_MS } from '../../src/core/limits.ts';
import type { ConcurrencySettings, Definition } from '../../src/spec/definition.ts';
import { ended, fire, given, HOUR, load, MINUTE, offer, started, T0, tick } from './given.ts';

const one = (rest: Partial<ConcurrencySettings> = {}): Pick<Definition, 'concurrency'> => {
  return { concurrency: { limit: 1, onExcess: 'queue', scope: 'key', ...rest } };
};
const cancelled = (effects: readonly { readonly kind: string }[]) =>
  effects.filter((effect) => effect.kind === 'cancelRun').length;

describe('a concurrency limit', () => {
  it('that queues starts the next when a run has ended, however it ended', () => {
    given(one())
      .when(
        ...['a', 'b', 'c', 'd'].map((name, at) => offer(at, name)),
        ended(10, 'a', 'failed'),
        ended(20, 'b', 'cancelled'),
        tick(HOUR),
      )
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 10, events: ['b'] },
          { at: 20, events: ['c'] },
        ],
        pending: ['d'],
      });
  });

  it('that holds starts one run of all that waited', () => {
    given(one({ onExcess: 'hold' }))
      .when(offer(0, 'a'), offer(1, 'b'), offer(2, 'c'), ended(10, 'a'))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 10, events: ['b', 'c'] },
        ],
      });
  });

  it('that drops says how many run', () => {
    const { facts } = given(one({ limit: 2, onExcess: 'drop' }))
      .when(offer(0, 'a'), offer(1, 'b'), offer(2, 'c'))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 1, events: ['b'] },
        ],
        suppressed: [{ event: 'c', at: 2, stage: 'concurrency', why: 'runsRunning' }],
      });
    expect(facts.at(-1)).toMatchObject({ reason: { limit: 2, running: 2 } });
  });

  it('counts each key by itself, or the whole trigger', () => {
    const two = [offer(0, 'a', { key: 'one' }), offer(1, 'b', { key: 'two' })];
    const ofOne = { at: 0, events: ['a'], key: 'one' };
    given(one())
      .when(...two)
      .thenExpect({ runs: [ofOne, { at: 1, events: ['b'], key: 'two' }] });
    given(one({ scope: 'trigger' }))
      .when(...two, offer(2, 'c', { key: 'one' }), ended(10, 'a'), ended(20, 'b'))
      .thenExpect({
        runs: [ofOne, { at: 10, events: ['b'], key: 'two' }, { at: 20, events: ['c'], key: 'one' }],
      });
  });

  it('gets the place of a run back that never was', () => {
    given(one())
      .when(offer(0, 'a'), offer(1, 'b'), offer(2, 'c'), started(3, 'a', 'conflict'), ended(4, 'b', 'rejected'))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          // The report of a start does not move the clock.
          { at: 2, events: ['b'] },
          { at: 4, events: ['c'] },
        ],
      });
  });

  it('goes on after a continue-as-new', () => {
    given(one({ onExcess: 'hold' }))
      .when(offer(0, 'a'), started(1, 'a'), offer(2, 'b'))
      .afterContinueAsNew()
      .when(offer(3, 'c'), ended(10, 'a'), ended(20, 'b'), tick(HOUR))
      .thenExpect({ runs: [{ at: 10, events: ['b', 'c'] }] });
  });

  it('ends with the definition that had it', () => {
    given(one())
      .when(offer(0, 'a'), offer(1, 'b'), load(2, { generation: 'g2' }), offer(3, 'c'))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 1, events: ['b'] },
          { at: 3, events: ['c'] },
        ],
      });
  });

  it('leaves nothing behind once its runs have ended', () => {
    const { state } = given(one())
      .when(offer(0, 'a'), started(1, 'a'), ended(2, 'a'))
      .thenExpect({ runs: [{ at: 0, events: ['a'] }] });
    expect([state.keys.size, state.keyBytes]).toEqual([0, 0]);
  });
});

describe('a concurrency limit that cancels what runs', () => {
  const cancelling = one({ onExcess: 'cancelRunning' });

  it('cancels the oldest and starts when it has ended, with all that came meanwhile', () => {
    const { effects, runs } = given(cancelling)
      .when(offer(0, 'a'), offer(1, 'b'), offer(2, 'c'), ended(10, 'a', 'cancelled'))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 10, events: ['b', 'c'] },
        ],
      });
    expect(effects.filter((effect) => effect.kind === 'cancelRun')).toEqual([
      { kind: 'cancelRun', runId: runs[0]?.runId },
    ]);
  });

  it('cancels a run again once it is there, for it may have been starting when it was told', () => {
    const { effects, runs } = given(cancelling).when(offer(0, 'a'), offer(1, 'b'), started(2, 'a'));
    const runId = runs[0]?.runId;
    expect(effects.filter((effect) => effect.kind === 'cancelRun')).toEqual([
      { kind: 'cancelRun', runId },
      { kind: 'cancelRun', runId, again: true },
    ]);
    expect(cancelled(given(cancelling).when(offer(0, 'a'), started(1, 'a'), offer(2, 'b')).effects)).toBe(1);
  });

  it('cancels one run for all that wait together, and another for one that waits by itself', () => {
    const two = one({ limit: 2, onExcess: 'cancelRunning' });
    const both = [offer(0, 'a'), offer(1, 'b'), offer(2, 'c')];
    expect(cancelled(given(two).when(...both, offer(3, 'd')).effects)).toBe(1);
    expect(cancelled(given(two).when(...both, fire(3, 'by hand')).effects)).toBe(2);
  });

  it('cancels for what another stage held until now', () => {
    const { effects } = given({ ...cancelling, cooldown: { periodMs: MINUTE, onExcess: 'hold' } })
      .when(offer(0, 'a'), offer(1, 'b'), tick(MINUTE), ended(MINUTE + 5, 'a', 'cancelled'))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: MINUTE + 5, events: ['b'] },
        ],
      });
    expect(cancelled(effects)).toBe(1);
  });
});

describe('runs that others wait for', () => {
  it('are looked for after 10 minutes, and again, while something waits', () => {
    const { effects, runs } = given(one({ scope: 'trigger' })).when(
      offer(0, 'a'),
      started(0, 'a'),
      offer(MINUTE, 'b'),
      tick(MINUTE + CHECK_RUNS_MS),
      tick(MINUTE + 2 * CHECK_RUNS_MS),
      ended(MINUTE + 2 * CHECK_RUNS_MS + 1, 'a'),
      tick(10 * HOUR),
    );
    const check = { kind: 'checkRuns', key: 'k', runIds: [runs[0]?.runId] };
    expect(effects.filter((effect) => effect.kind === 'checkRuns')).toEqual([check, check]);
  });

  it('are those of the key where the limit is', () => {
    const { effects, runs, facts } = given(one()).when(
      offer(0, 'x', { key: 'free' }),
      offer(1, 'a'),
      started(1, 'a'),
      offer(2, 'b'),
      tick(HOUR),
    );
    expect(effects.find((effect) => effect.kind === 'checkRuns')).toMatchObject({ key: 'k', runIds: [runs[1]?.runId] });
    expect(facts.find((fact) => fact.kind === 'runsChecked')?.at).toBe(T0 + 2 + CHECK_RUNS_MS);
  });

  it('are not looked for before their start is confirmed: they may not be there yet', () => {
    const { effects } = given(one()).when(offer(0, 'a'), offer(1, 'b'), tick(HOUR));
    expect(effects.filter((effect) => effect.kind === 'checkRuns')).toEqual([]);
  });

  it('are those of every key that waits, however long the run of the first one takes', () => {
    const { effects } = given(one()).when(
      ...['a', 'b'].flatMap((key) => [offer(0, key, { key }), started(0, key), offer(1, `${key}2`, { key })]),
      tick(HOUR),
    );
    const keys = effects.flatMap((effect) => (effect.kind === 'checkRuns' ? [effect.key] : []));
    expect(new Set(keys)).toEqual(new Set(['a', 'b']));
  });
});
