import { describe, expect, it } from 'vitest';

import { laneQuery, placeSignal, promotingSignal, releaseSignal, requestSignal } from '../../src/contract/places.ts';
import { runDeadLetterId, SEARCH_ATTRIBUTE } from '../../src/contract/names.ts';
import { useWorld } from './harness.ts';
import { HOUR, MINUTE } from './world.ts';

const world = useWorld();

/** A target that asks to be tried in an hour keeps its run going, and with it the place. */
const BUSY = { status: 503, headers: { 'retry-after': '3600' } } as const;

async function outcomeOf(runId: string): Promise<unknown> {
  const { typedSearchAttributes } = await world().client.workflow.getHandle(runId).describe();
  return typedSearchAttributes.get(SEARCH_ATTRIBUTE.outcome);
}

function laneOf(id: string) {
  return world().client.workflow.getHandle(id).query(laneQuery);
}

const holdersOf = async (id: string) => (await laneOf(id)).holders.map(({ runId }) => runId);
const waitersOf = async (id: string) => (await laneOf(id)).waiting.map(({ runId }) => runId);

/** A run that holds the lane of its name for an hour, and one that waits for it. */
async function holderAndWaiter(name: string, run: readonly string[] = [`lane: ${name}`]) {
  await world().define(name, { run });
  world().target.answer(name, BUSY);
  const holder = await world().startRun(name, `sb1-${name}-holder`);
  await world().settle();
  const waiter = await world().startRun(name, `sb1-${name}-waiter`);
  await world().settle();
  return { holder, waiter };
}

describe('runs of two triggers in one lane', () => {
  it('go one at a time, and the one that waits says for what', async () => {
    const run = ['lane: "model/${{ key }}"'];
    await world().define('train-a', { run });
    await world().define('train-b', { run });
    world().target.answer('train-a', BUSY);
    const first = await world().startRun('train-a', 'sb1-first');
    await world().settle();
    const second = await world().startRun('train-b', 'sb1-second');
    await world().settle();
    expect(await laneOf('lane/model/k')).toMatchObject({
      limit: 1,
      holders: [{ runId: 'sb1-first', trigger: 'train-a', kind: 'train' }],
      waiting: [{ runId: 'sb1-second' }],
    });
    expect(await world().details('lane/model/k')).toContain('1 of 1 place taken, 1 waiting');
    expect(world().target.calls('train-b')).toEqual([]);
    expect(await outcomeOf('sb1-second')).toBe('waitingForPlace');
    expect(await world().details('sb1-second')).toContain('waits for lane model/k, 1 before it');
    expect(await world().timerLabels('sb1-second')).toContain('waits for lane model/k, 1 before it');
    await world().sleep(HOUR + MINUTE);
    expect(await first.result()).toMatchObject({ status: 'succeeded' });
    expect(await second.result()).toMatchObject({ status: 'succeeded' });
    expect(await outcomeOf('sb1-second')).toBe('succeeded');
    expect(world().target.calls('train-b')).toHaveLength(1);
  });

  it('leave it empty, and it ends after a while', async () => {
    await world().define('passing', { run: ['lane: passing'] });
    await (await world().startRun('passing', 'sb1-passing')).result();
    expect((await laneOf('lane/passing')).holders).toEqual([]);
    await world().sleep(30 * MINUTE);
    const { status } = await world().client.workflow.getHandle('lane/passing').describe();
    expect(status.name).toBe('COMPLETED');
    await (await world().startRun('passing', 'sb1-passing-again')).result();
    expect(world().target.calls('passing')).toHaveLength(2);
  });

  it('in shadow take no place', async () => {
    const { waiter } = await holderAndWaiter('shadowed');
    const shadow = await world().startRun('shadowed', 'sb1-shadow', { run: { mode: 'shadow' } });
    expect(await shadow.result()).toMatchObject({ status: 'succeeded' });
    expect(await waitersOf('lane/shadowed')).toEqual([waiter.workflowId]);
  });
});

describe('a run that waits for its lane', () => {
  it('leaves the queue when it is cancelled, and never began', async () => {
    const { holder, waiter } = await holderAndWaiter('left');
    await waiter.cancel();
    await expect(waiter.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    await world().settle();
    expect(await waitersOf('lane/left')).toEqual([]);
    expect(await holdersOf('lane/left')).toEqual([holder.workflowId]);
    expect(world().target.calls('left')).toHaveLength(1);
  });

  it('is not missed when it was terminated', async () => {
    const { holder, waiter } = await holderAndWaiter('killed');
    await waiter.terminate();
    const third = await world().startRun('killed', 'sb1-killed-third');
    await world().settle();
    await holder.cancel();
    await world().settle();
    expect(await third.result()).toMatchObject({ status: 'succeeded' });
  });

  it('asks again, so that a lane that somebody ended does not leave it waiting for ever', async () => {
    const { holder, waiter } = await holderAndWaiter('ended');
    await world().client.workflow.getHandle('lane/ended').terminate();
    await holder.terminate();
    await world().sleep(6 * MINUTE);
    expect(await waiter.result()).toMatchObject({ status: 'succeeded' });
  });

  it('goes to a person when too many wait, and when its lane cannot be named', async () => {
    const { waiter } = await holderAndWaiter('crowded');
    const full = { version: 1, place: 'lane/crowded', kind: 'full', runId: waiter.workflowId } as const;
    await waiter.signal(placeSignal, full);
    await expect(waiter.result()).rejects.toMatchObject({ cause: { type: 'lane_full' } });
    await world().define('nameless', { run: ["lane: '${{ event.data.model }}'"] });
    const nameless = await world().startRun('nameless', 'sb1-nameless');
    await expect(nameless.result()).rejects.toMatchObject({ cause: { type: 'mapping_error' } });
    const letter = await world().deadLetter(runDeadLetterId('sb1-nameless'));
    expect(letter).toMatchObject({ code: 'mapping_error', place: '/run/lane' });
    expect(world().target.calls('nameless')).toEqual([]);
  });
});

describe('a run that holds a lane', () => {
  it('gives it back when it is cancelled', async () => {
    const { holder, waiter } = await holderAndWaiter('cancelled');
    await holder.cancel();
    expect(await waiter.result()).toMatchObject({ status: 'succeeded' });
  });

  it('gives it back when it becomes a dead letter', async () => {
    const { waiter } = await holderAndWaiter('lettered', ['lane: lettered', 'retry: { delays: [10m] }']);
    world().target.answer('lettered', { status: 404 });
    await world().sleep(2 * HOUR);
    expect(await waiter.result()).toMatchObject({ status: 'succeeded' });
  });

  it('loses it once it is found to be terminated, and not before', async () => {
    const { holder, waiter } = await holderAndWaiter('crashed');
    await world().sleep(30 * MINUTE);
    expect(await holdersOf('lane/crashed')).toEqual([holder.workflowId]);
    await holder.terminate();
    await world().sleep(11 * MINUTE);
    expect(await waiter.result()).toMatchObject({ status: 'succeeded' });
  });

  it('gives way when it is asked to, and says to whom', async () => {
    const { holder, waiter } = await holderAndWaiter('giving');
    const about = { version: 1, place: 'lane/giving', runId: holder.workflowId } as const;
    await holder.signal(placeSignal, { ...about, kind: 'giveWay', to: 'sb1-rollback' });
    await expect(holder.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect(await world().details(holder.workflowId)).toContain('It gave way to sb1-rollback.');
    expect(await waiter.result()).toMatchObject({ status: 'succeeded' });
  });

  it('leaves alone what no lane would say', async () => {
    const { holder } = await holderAndWaiter('strange');
    for (const strange of [undefined, 7, { version: 2 }, { version: 1, place: 'lane/strange', kind: 'waiting' }]) {
      await world().client.workflow.getHandle(holder.workflowId).signal('place', strange);
      for (const signal of [requestSignal, promotingSignal, { name: 'settings' }, releaseSignal, { name: 'x' }]) {
        await world().client.workflow.getHandle('lane/strange').signal(signal.name, strange);
      }
    }
    await world().settle();
    expect(await holdersOf('lane/strange')).toEqual([holder.workflowId]);
  });
});

describe('runs that share a pool', () => {
  it('hold no more places than it has, after those in their lanes', async () => {
    await world().definePool('gpu', 2);
    await world().define('pooled', { run: ['lane: "pooled/${{ key }}"', 'pool: gpu'] });
    world().target.answer('pooled', BUSY, BUSY);
    const started = await Promise.all(
      ['a', 'b', 'c', 'd'].map((key) => world().startRun('pooled', `sb1-pooled-${key}`, { run: { key } })),
    );
    await world().settle();
    const { limit, holders, waiting } = await laneOf('pool/gpu');
    expect([limit, holders.length, waiting.length]).toEqual([2, 2, 2]);
    expect(await holdersOf('lane/pooled/d')).toEqual(['sb1-pooled-d']);
    expect(world().target.calls('pooled')).toHaveLength(2);
    await world().sleep(3 * HOUR);
    for (const run of started) expect(await run.result()).toMatchObject({ status: 'succeeded' });
    expect(world().target.calls('pooled')).toHaveLength(6);
  });

  it('become dead letters when no such pool is defined', async () => {
    await world().define('poolless');
    const run = await world().startRun('poolless', 'sb1-poolless', { settings: { pool: 'nowhere' } });
    await world().sleep(MINUTE);
    await expect(run.result()).rejects.toMatchObject({ cause: { type: 'pool_missing' } });
    expect(world().target.calls('poolless')).toEqual([]);
  });

  it('all end, each once, when the pool continues as new on the way', async () => {
    await world().definePool('narrow', 4);
    await world().define('many', { run: ['pool: narrow'] });
    world().target.answer('many', BUSY, BUSY, BUSY, BUSY);
    const ids = Array.from({ length: 24 }, (_, index) => `sb1-many-${index}`);
    const runs = await Promise.all(ids.map((runId) => world().startRun('many', runId)));
    await world().settle();
    const pool = world().client.workflow.getHandle('pool/narrow');
    const before = (await pool.describe()).runId;
    await Promise.all(Array.from({ length: 500 }, () => pool.signal(releaseSignal, { runId: 'sb1-stranger' })));
    await world().settle();
    expect((await pool.describe()).runId).not.toBe(before);
    expect(await laneOf('pool/narrow')).toMatchObject({ limit: 4, waitingCount: 20 });
    await world().sleep(2 * HOUR);
    for (const run of runs) expect(await run.result()).toMatchObject({ status: 'succeeded' });
    expect(
      new Set(
        world()
          .target.calls('many')
          .map(({ token }) => token),
      ).size,
    ).toBe(ids.length);
    expect(world().target.calls('many')).toHaveLength(ids.length + 4);
    expect(await laneOf('pool/narrow')).toMatchObject({ limit: 4, holders: [], waitingCount: 0 });
  });
});
