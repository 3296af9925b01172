import { describe, expect, it } from 'vitest';

import type { Input } from '../../src/core/input.ts';
import { membersHash, runIdOf } from '../../src/core/run-id.ts';
import { nextDeadline } from '../../src/core/due.ts';
import { definition, given, HOUR, load, MINUTE, offer, quiet, SECOND, started, T0, tick } from './given.ts';

const ended = (at: number, input: Extract<Input, { kind: 'runEnded' }>['report']) =>
  ({ input: { kind: 'runEnded', report: input }, nowMs: at }) as const;

describe('the clock of an instance', () => {
  it('fires every deadline at or before an input first, each at its own time', () => {
    given(quiet(MINUTE))
      .when(
        offer(0, 'a', { key: 'one' }),
        offer(30 * SECOND, 'b', { key: 'two' }),
        offer(10 * MINUTE, 'c', { key: 'one' }),
      )
      .thenExpect({
        runs: [
          { at: MINUTE, events: ['a'], key: 'one' },
          { at: 90 * SECOND, events: ['b'], key: 'two' },
        ],
        pending: ['c'],
      });
  });

  it('decides as if the worker had not been away for five hours', () => {
    const settings = { ...quiet(MINUTE), cooldown: { periodMs: HOUR, onExcess: 'hold' } } as const;
    const away = { nowMs: 5 * HOUR };
    const late = [offer(0, 'a', away), offer(30 * SECOND, 'b', away), offer(2 * MINUTE, 'c', away), tick(5 * HOUR)];
    const present = [offer(0, 'a'), offer(30 * SECOND, 'b'), offer(2 * MINUTE, 'c'), tick(5 * HOUR)];
    const absent = given(settings).when(...late);
    expect(absent.facts).toEqual(given(settings).when(...present).facts);
    absent.thenExpect({
      runs: [
        { at: 90 * SECOND, events: ['a', 'b'] },
        { at: HOUR + 90 * SECOND, events: ['c'] },
      ],
    });
  });

  it('takes an arrival later than now as now', () => {
    const { state, runs } = given(quiet(MINUTE))
      .when(offer(5 * HOUR, 'ahead', { nowMs: 0 }), tick(MINUTE))
      .thenExpect({ runs: [{ at: MINUTE, events: ['ahead'] }] });
    expect(state.clock).toBe(T0 + MINUTE);
    expect([runs[0]?.receivedAt, runs[0]?.items[0]?.time]).toEqual([T0, T0]);
  });

  it('never goes back: what arrived earlier counts as of now', () => {
    given(quiet(MINUTE))
      .when(offer(30 * SECOND, 'a'), offer(0, 'earlier'), tick(89_999), tick(90 * SECOND), tick(0))
      .thenExpect({ runs: [{ at: 90 * SECOND, events: ['a', 'earlier'] }] });
  });

  it('does not move with definitions and reports', () => {
    const { state } = given(quiet(MINUTE))
      .when(offer(0, 'a'), load(HOUR, { generation: 'g2' }), started(HOUR, 'nobody'))
      .thenExpect({ pending: ['a'] });
    expect(state.clock).toBe(T0);
    expect(nextDeadline(state)).toEqual({ kind: 'key', at: T0 + MINUTE, key: 'k' });
  });
});

describe('definitions', () => {
  it('are adopted in the order they were loaded, whenever they come', () => {
    const { state, facts } = given().when(
      load(HOUR, { generation: 'newest' }),
      load(MINUTE, { generation: 'older' }),
      load(HOUR, { generation: 'as new' }),
    );
    expect(state.definition.generation).toBe('newest');
    expect(facts).toHaveLength(1);
  });

  it('decide what comes under an older one by the current one', () => {
    const { runs } = given().when(load(0, { generation: 'g2', mode: 'shadow' }), offer(1, 'a'));
    expect(runs[0]).toMatchObject({ generation: 'g2', mode: 'shadow' });
  });
});

describe('reports', () => {
  it('of a start let go of the run; of an unknown or repeated one change nothing', () => {
    const first = given().when(offer(0, 'a'));
    const runId = first.runs[0]?.runId ?? '';
    expect(first.state.pendingItems).toBe(1);
    const then = first.afterContinueAsNew().when(started(1, runId), started(2, runId), started(3, 'nobody'));
    expect(then.facts).toMatchObject([{ kind: 'startReported', key: 'k', report: { runId, outcome: 'started' } }]);
    expect([then.state.pendingItems, then.state.starting.size]).toEqual([0, 0]);
  });

  it('of a run id that another run has count its events as dead-lettered, in no run', () => {
    const first = given().when(offer(0, 'a'));
    const runId = first.runs[0]?.runId ?? '';
    expect(first.state.counts).toMatchObject({ runs: 1, eventsInRuns: 1, deadLettered: 0 });
    const { state } = first
      .afterContinueAsNew()
      .when({ input: { kind: 'startReported', report: { runId, outcome: 'conflict' } }, nowMs: 1 });
    expect(state.counts).toMatchObject({ runs: 0, eventsInRuns: 0, deadLettered: 1 });
    expect([state.pendingItems, state.pendingBytes, state.starting.size]).toEqual([0, 0, 0]);
  });

  it('of ends are counted by how a run ended', () => {
    const { state } = given().when(
      ended(0, { runId: 'r1', key: 'k', status: 'succeeded' }),
      ended(1, { runId: 'r2', key: 'k', status: 'failed' }),
      ended(2, { runId: 'r3', key: 'k', status: 'failed' }),
    );
    expect(state.counts.ended).toMatchObject({ succeeded: 1, failed: 2, timedOut: 0 });
  });
});

describe('what a shell is told to start', () => {
  it('is alone where the run depends on one offer only', () => {
    const soleOf = (outcome: ReturnType<ReturnType<typeof given>['when']>) =>
      outcome.effects.flatMap((effect) => (effect.kind === 'startRun' ? [effect.sole] : []));
    const hold = { cooldown: { periodMs: HOUR, onExcess: 'hold' } } as const;
    expect(soleOf(given().when(offer(0, 'a')))).toEqual([true]);
    expect(soleOf(given(quiet(MINUTE, { edge: 'both' })).when(offer(0, 'a'), offer(1, 'b'), tick(HOUR)))).toEqual([
      true,
      false,
    ]);
    expect(soleOf(given(hold).when(offer(0, 'a'), offer(1, 'b'), tick(HOUR)))).toEqual([true, false]);
    const joined = [offer(0, 'a'), offer(1, 'b'), load(2, { generation: 'g2' }), offer(3, 'c')];
    expect(soleOf(given(hold).when(...joined))).toEqual([true, false, true]);
  });
});

describe('a run id', () => {
  const base = { trigger: 't', key: 'k', cause: 'events', eventIds: ['evt_a', 'evt_b'] } as const;

  it('is short, versioned and of the token alphabet', () => {
    expect(runIdOf(base)).toMatch(/^sb1-[0-9a-f]{40}$/);
  });

  it('does not depend on the order of the events', () => {
    expect(runIdOf({ ...base, eventIds: ['evt_b', 'evt_a'] })).toBe(runIdOf(base));
    expect(membersHash({ eventIds: ['evt_b', 'evt_a'] })).toBe(membersHash(base));
  });

  it.each([
    ['trigger', { trigger: 'u' }],
    ['key', { key: 'l' }],
    ['cause', { cause: 'full' }],
    ['events', { eventIds: ['evt_a'] }],
    ['identity', { identity: 'model-7' }],
  ] as const)('differs by %s', (_what, other) => {
    expect(runIdOf({ ...base, ...other })).not.toBe(runIdOf(base));
  });

  it('takes the place of the events by an identity, which is never mistaken for an event', () => {
    const named = { ...base, identity: 'model-7' };
    expect(runIdOf({ ...named, eventIds: ['evt_z'] })).toBe(runIdOf(named));
    expect(runIdOf({ ...base, identity: 'evt_a' })).not.toBe(runIdOf({ ...base, eventIds: ['evt_a'] }));
  });

  it('is of the last event of its window, and a run being started is not decided again', () => {
    const { runs } = given()
      .when(offer(0, 'a', { identity: 'model-7' }), offer(1, 'b', { identity: 'model-7' }))
      .thenExpect({
        runs: [{ at: 0, events: ['a'] }],
        suppressed: [{ event: 'b', at: 1, stage: 'run', why: 'alreadyStarted' }],
      });
    const of = { trigger: definition().name, key: 'k', cause: 'events', eventIds: [] } as const;
    expect(runs[0]?.runId).toBe(runIdOf({ ...of, identity: 'model-7' }));
  });
});
