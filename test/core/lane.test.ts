import { describe, expect, it } from 'vitest';

import { isOver, LANE_IDLE_MS, LANE_QUEUE_MAX, laneDueAt, type LaneEffect, laneStep } from '../../src/core/lane.ts';
import { carryLane, emptyLane, type LaneState, restoreLane, waitingIn } from '../../src/core/lane-state.ts';
import { laneText, laneView, waitText } from '../../src/core/lane-view.ts';

const LEASE_MS = 60_000;
const pool = (limit: number, loadedAt = 1) => ({ limit, leaseTimeoutMs: LEASE_MS, loadedAt });

function asks(state: LaneState, runId: string, kind = 'train', nowMs = 0): readonly LaneEffect[] {
  return laneStep(state, { kind: 'request', run: { runId, trigger: 't', kind } }, nowMs);
}

function told(state: LaneState, kind: 'release' | 'alive' | 'unreached' | 'promoting', runId: string, nowMs = 0) {
  return laneStep(state, { kind, runId }, nowMs);
}

function poolOf(limit: number): LaneState {
  const state = emptyLane('pool', 0);
  laneStep(state, { kind: 'settings', settings: pool(limit) }, 0);
  return state;
}

describe('a lane', () => {
  it('gives its place to the first that asks, and tells the next how many are before it', () => {
    const state = emptyLane('lane', 0);
    expect(asks(state, 'a')).toEqual([{ kind: 'granted', runId: 'a' }]);
    expect(asks(state, 'b')).toEqual([{ kind: 'waiting', runId: 'b', before: 1 }]);
    expect(asks(state, 'c')).toEqual([{ kind: 'waiting', runId: 'c', before: 2 }]);
    expect(told(state, 'release', 'a')).toEqual([{ kind: 'granted', runId: 'b' }]);
  });

  it('keeps the turn of a run that asks again, and tells a holder again that it has its place', () => {
    const state = emptyLane('lane', 0);
    for (const runId of ['a', 'b', 'c']) asks(state, runId);
    expect(asks(state, 'a')).toEqual([{ kind: 'granted', runId: 'a' }]);
    expect(asks(state, 'b')).toEqual([{ kind: 'waiting', runId: 'b', before: 1 }]);
    expect(waitingIn(state)).toBe(2);
  });

  it('lets a rollback go before a deploy, and that before everything else', () => {
    const state = emptyLane('lane', 0);
    asks(state, 'first');
    for (const kind of ['train', 'fanOut', 'deploy', 'rollback']) asks(state, kind, kind);
    const order = ['first', 'rollback', 'deploy', 'train'].flatMap((runId) => told(state, 'release', runId));
    expect(order.map((effect) => effect.kind === 'granted' && effect.runId)).toEqual([
      'rollback',
      'deploy',
      'train',
      'fanOut',
    ]);
  });

  it('forgets a run that leaves the queue', () => {
    const state = emptyLane('lane', 0);
    for (const runId of ['a', 'b', 'c']) asks(state, runId);
    expect(told(state, 'release', 'b')).toEqual([]);
    expect(told(state, 'release', 'a')).toEqual([{ kind: 'granted', runId: 'c' }]);
  });

  it('takes no more than it can carry, and says so', () => {
    const state = emptyLane('lane', 0);
    for (let count = 0; count <= LANE_QUEUE_MAX; count += 1) asks(state, `run-${count}`);
    expect(asks(state, 'late')).toEqual([{ kind: 'full', runId: 'late' }]);
    expect(asks(state, 'run-7')).toEqual([{ kind: 'waiting', runId: 'run-7', before: 7 }]);
    told(state, 'release', 'run-0');
    expect(asks(state, 'late')).toEqual([{ kind: 'waiting', runId: 'late', before: LANE_QUEUE_MAX }]);
  });
});

describe('a rollback that waits for a lane', () => {
  it('asks the deploy that holds it to give way, once', () => {
    const state = emptyLane('lane', 0);
    asks(state, 'd', 'deploy');
    expect(asks(state, 'r', 'rollback')).toEqual([
      { kind: 'waiting', runId: 'r', before: 1 },
      { kind: 'giveWay', runId: 'd', to: 'r' },
    ]);
    expect(asks(state, 'r2', 'rollback')).toEqual([{ kind: 'waiting', runId: 'r2', before: 2 }]);
    expect(told(state, 'release', 'd')).toEqual([{ kind: 'granted', runId: 'r' }]);
  });

  it('waits for one that has begun to promote, and for a train', () => {
    const promoting = emptyLane('lane', 0);
    asks(promoting, 'd', 'deploy');
    told(promoting, 'promoting', 'd');
    expect(asks(promoting, 'r', 'rollback')).toEqual([{ kind: 'waiting', runId: 'r', before: 1 }]);
    const training = emptyLane('lane', 0);
    asks(training, 't');
    expect(asks(training, 'r', 'rollback')).toEqual([{ kind: 'waiting', runId: 'r', before: 1 }]);
  });

  it('asks nobody in a pool', () => {
    const state = poolOf(1);
    asks(state, 'd', 'deploy');
    expect(asks(state, 'r', 'rollback')).toEqual([{ kind: 'waiting', runId: 'r', before: 1 }]);
  });

  it('asks a deploy each where a lane has several places', () => {
    const state = emptyLane('lane', 0);
    laneStep(state, { kind: 'settings', settings: pool(3) }, 0);
    for (const runId of ['a', 'b', 'c']) asks(state, runId, 'deploy');
    expect(asks(state, 'r', 'rollback').slice(1)).toEqual([{ kind: 'giveWay', runId: 'a', to: 'r' }]);
    expect(asks(state, 's', 'rollback').slice(1)).toEqual([{ kind: 'giveWay', runId: 'b', to: 's' }]);
  });
});

describe('the settings of a pool', () => {
  it('come with a request, and the latest loaded win', () => {
    const state = emptyLane('pool', 0);
    const request = (runId: string, limit: number, loadedAt: number) => {
      const run = { runId, trigger: 't', kind: 'train' };
      return laneStep(state, { kind: 'request', run, settings: pool(limit, loadedAt) }, 0);
    };
    expect(request('a', 2, 5)).toEqual([{ kind: 'granted', runId: 'a' }]);
    expect(request('b', 1, 4)).toEqual([{ kind: 'granted', runId: 'b' }]);
    expect(request('c', 1, 6)).toMatchObject([{ kind: 'waiting' }]);
  });

  it('that make it larger give places at once, and smaller take none back', () => {
    const state = poolOf(1);
    for (const runId of ['a', 'b', 'c']) asks(state, runId);
    const grown = laneStep(state, { kind: 'settings', settings: pool(3, 2) }, 0);
    expect(grown).toEqual([
      { kind: 'granted', runId: 'b' },
      { kind: 'granted', runId: 'c' },
    ]);
    asks(state, 'd');
    expect(laneStep(state, { kind: 'settings', settings: pool(1, 3) }, 0)).toEqual([]);
    expect(told(state, 'release', 'a')).toEqual([]);
    expect(told(state, 'release', 'b')).toEqual([]);
    expect(told(state, 'release', 'c')).toEqual([{ kind: 'granted', runId: 'd' }]);
  });
});

describe('a holder that says nothing', () => {
  it('is looked at after the lease, one look at a time, and keeps its place while it goes on', () => {
    const state = poolOf(1);
    asks(state, 'a');
    asks(state, 'b');
    expect(laneDueAt(state)).toBe(LEASE_MS);
    expect(laneStep(state, { kind: 'tick' }, LEASE_MS - 1)).toEqual([]);
    expect(laneStep(state, { kind: 'tick' }, LEASE_MS)).toEqual([{ kind: 'check', runIds: ['a'] }]);
    expect(laneDueAt(state)).toBeUndefined();
    expect(laneStep(state, { kind: 'tick' }, 2 * LEASE_MS)).toEqual([]);
    expect(told(state, 'alive', 'a', 2 * LEASE_MS)).toEqual([]);
    expect(laneDueAt(state)).toBe(3 * LEASE_MS);
    expect(state.holders.has('a')).toBe(true);
  });

  it('loses its place when it is gone', () => {
    const state = poolOf(1);
    asks(state, 'a');
    asks(state, 'b');
    laneStep(state, { kind: 'tick' }, LEASE_MS);
    expect(told(state, 'release', 'a', LEASE_MS)).toEqual([{ kind: 'granted', runId: 'b' }]);
  });

  it('is not looked at while another one of many is due first', () => {
    const state = poolOf(300);
    for (let count = 0; count < 250; count += 1) asks(state, `run-${count}`);
    const looked = [1, 2, 3].map(() => laneStep(state, { kind: 'tick' }, LEASE_MS));
    expect(looked.map(([effect]) => effect?.kind === 'check' && effect.runIds.length)).toEqual([100, 100, 50]);
    expect(laneStep(state, { kind: 'tick' }, LEASE_MS)).toEqual([]);
  });

  it('is looked at at once when it cannot be told something, and a stranger never', () => {
    const state = emptyLane('lane', 0);
    asks(state, 'a');
    asks(state, 'b');
    expect(told(state, 'unreached', 'b')).toEqual([{ kind: 'check', runIds: ['b'] }]);
    expect(told(state, 'unreached', 'b')).toEqual([]);
    expect(told(state, 'unreached', 'stranger')).toEqual([]);
    expect(told(state, 'alive', 'b')).toEqual([]);
    expect(told(state, 'promoting', 'stranger')).toEqual([]);
    expect(waitingIn(state)).toBe(1);
  });
});

describe('an empty lane', () => {
  it('ends after a while without anybody', () => {
    const state = emptyLane('lane', 0);
    asks(state, 'a', 'train', 5);
    expect(isOver(state, LANE_IDLE_MS * 2)).toBe(false);
    told(state, 'release', 'a', 100);
    expect(laneDueAt(state)).toBe(100 + LANE_IDLE_MS);
    expect(isOver(state, 99 + LANE_IDLE_MS)).toBe(false);
    expect(isOver(state, 100 + LANE_IDLE_MS)).toBe(true);
  });
});

describe('a carried lane', () => {
  it('at its fullest takes less than the megabyte and a half that leaves room in a payload', () => {
    const state = poolOf(1_000);
    const id = (count: number) => `sb1-${String(count).padStart(40, '0')}`;
    for (let count = 0; count < 1_000 + LANE_QUEUE_MAX; count += 1) {
      laneStep(
        state,
        { kind: 'request', run: { runId: id(count), trigger: 't'.repeat(63), kind: 'rollback' } },
        1.8e12,
      );
    }
    const carried = carryLane(state);
    expect(waitingIn(state)).toBe(LANE_QUEUE_MAX);
    expect(JSON.stringify(carried).length).toBeLessThan(1.5 * 1_024 * 1_024);
    expect(carryLane(restoreLane('pool', carried))).toEqual(carried);
  });
});

describe('what people see of a lane', () => {
  it('is who holds a place since when, and who waits', () => {
    const state = poolOf(2);
    const place = { of: 'pool', name: 'gpu' } as const;
    expect(laneText(place, state, String)).toBe('**pool gpu**: 0 of 2 places taken, 0 waiting.');
    asks(state, 'd', 'deploy');
    told(state, 'promoting', 'd');
    for (let count = 0; count < 12; count += 1) asks(state, `t${count}`, 'train', 7);
    const text = laneText(place, state, String);
    expect(text).toContain('**pool gpu**: 2 of 2 places taken, 11 waiting.');
    expect(text).toContain('- deploy `d` of `t` since 0, promotes');
    expect(text).toContain('- train `t1` of `t` since 7');
    expect(text).toContain('- and 1 more');
    const view = laneView(place, state);
    expect(view).toMatchObject({ of: 'pool', name: 'gpu', limit: 2, waitingCount: 11 });
    expect(view.holders).toEqual([
      { runId: 'd', trigger: 't', kind: 'deploy', sinceAt: 0, promoting: true },
      { runId: 't0', trigger: 't', kind: 'train', sinceAt: 7 },
    ]);
  });

  it('is bounded', () => {
    const state = emptyLane('lane', 0);
    for (let count = 0; count < 300; count += 1) asks(state, `t${count}`);
    expect(laneView({ of: 'lane', name: 'm' }, state)).toMatchObject({ waitingCount: 299 });
    expect(laneView({ of: 'lane', name: 'm' }, state).waiting).toHaveLength(100);
    expect(laneText({ of: 'lane', name: 'm' }, state, String)).toContain('1 of 1 place taken');
  });

  it('is in one line what a run waits for', () => {
    expect(waitText({ of: 'lane', name: 'model/eu' }, 2)).toBe('waits for lane model/eu, 2 before it');
    expect(waitText({ of: 'pool', name: 'gpu' }, undefined)).toBe('waits for pool gpu');
    expect(waitText({ of: 'lane', name: 'x'.repeat(200) }, 5_000).length).toBeLessThanOrEqual(130);
  });
});
