import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { describe, expect, it } from 'vitest';

import { bulkQuery, type BulkReplayInput, stopBulkUpdate } from '../../src/contract/bulk-replay.ts';
import { replayLetterUpdate } from '../../src/contract/definitions.ts';
import { letterName, runDeadLetterId, TASK_QUEUE, WORKFLOW } from '../../src/contract/names.ts';
import { newBulk } from '../../src/core/bulk.ts';
import { createBulkOrders, createBulkReads } from '../../src/http/bulk-replays.ts';
import { createLetterOrders } from '../../src/http/dead-letter-orders.ts';
import { useWorld } from './harness.ts';
import { HOUR, MINUTE, SECOND } from './world.ts';

const world = useWorld();

const orders = () => createLetterOrders(world().client, Date.now);

/** Runs of a target that refused each of them, as dead letters, the oldest first. */
async function refusedRuns(name: string, count: number, stages: readonly string[] = []): Promise<readonly string[]> {
  await world().define(name, { stages, key: '${{ event.data.file }}' });
  world().target.answer(name, ...Array.from({ length: count }, () => ({ status: 404 })));
  const ids = Array.from({ length: count }, (_, index) => `e${index}`);
  await Promise.all(ids.map((id) => world().send(name, id, { file: id })));
  await world().settle();
  return world()
    .runs(name)
    .map(({ runId = '' }) => runId);
}

/** A bulk replay that has selected already: this server has no visibility to ask. */
async function begin(
  id: string,
  runIds: readonly string[],
  over: Partial<BulkReplayInput> = {},
): Promise<WorkflowHandleWithFirstExecutionRunId> {
  const names = runIds.map((runId) => letterName(runDeadLetterId(runId)));
  const carried = newBulk(await world().now(), names, 0);
  const input: BulkReplayInput = { version: 1, filter: {}, perSecond: 10, canary: 1, by: 'ann', carried, ...over };
  return world().client.workflow.start(WORKFLOW.bulkReplay, {
    workflowId: `bulk-replay/${id}`,
    taskQueue: TASK_QUEUE,
    args: [input],
  });
}

describe('a breaker with replayOnClose', () => {
  it('begins one bulk replay of the dead letters of its trouble when it closes', async () => {
    await world().define('guarded', {
      stages: ['breaker: { failures: 1, within: 1h, openFor: 1m, replayOnClose: true }'],
    });
    await world().send('guarded', 'a');
    await world().settle();
    const openedAt = await world().now();
    const definition = world().current().triggers.get('guarded')?.definition;
    for (const to of ['open', 'closed']) {
      const order = { version: 1, definition, order: { kind: 'breaker', to, by: 'ann' } };
      await world()
        .instance('guarded')
        .executeUpdate('breaker', { args: [order] });
    }
    await world().settle();
    const { events } = await world().instance('guarded').fetchHistory();
    const asked = (events ?? [])
      .map((event) => event.activityTaskScheduledEventAttributes)
      .filter((activity) => activity?.activityType?.name === 'replayAfterTrouble')
      .map((activity) => JSON.parse(Buffer.from(activity?.input?.payloads?.[0]?.data ?? '').toString()));
    expect(asked).toHaveLength(1);
    const [{ trigger, fromAt, untilAt }] = asked;
    expect(trigger).toBe('guarded');
    expect(fromAt).toBeGreaterThanOrEqual(openedAt);
    expect(untilAt).toBeGreaterThanOrEqual(fromAt);
    const bulk = world().client.workflow.getHandle(`bulk-replay/breaker-guarded-${untilAt}`);
    expect(await bulk.query(bulkQuery)).toMatchObject({
      filter: { trigger: 'guarded', kind: 'run', fromAt, untilAt },
      by: 'the breaker of guarded',
      perSecond: 1,
      canary: 1,
    });
    await bulk.terminate().catch((error) => expect(String(error)).toContain('completed'));
  });
});

describe('a bulk replay', () => {
  it('lets a canary go first, and the others at its pace once the run of that has succeeded', async () => {
    const runIds = await refusedRuns('mended', 13);
    const bulk = await begin('mended', runIds, { perSecond: 0.1 });
    await world().sleep(10 * MINUTE);
    expect(await bulk.result()).toMatchObject({
      state: 'done',
      left: 0,
      counts: { replayed: 13, skipped: 0, refused: 0 },
      canaries: [{ deadLetterId: runDeadLetterId(runIds[0] ?? ''), status: 'succeeded' }],
    });
    const calls = world().target.calls('mended').slice(13);
    expect(calls).toHaveLength(13);
    // Twelve after the canary, one every ten seconds.
    const tookMs = (calls.at(-1)?.at ?? 0) - (calls[1]?.at ?? 0);
    expect(tookMs / (11 * 10 * SECOND)).toBeGreaterThan(0.95);
    expect(tookMs / (11 * 10 * SECOND)).toBeLessThan(1.05);
    expect(await world().details('bulk-replay/mended')).toContain('**13 of 13** dead letters replayed');
  });

  it('leaves the others alone where the run of the canary does not end well', async () => {
    const runIds = await refusedRuns('red', 3);
    world().target.answer('red', { status: 404 });
    const bulk = await begin('red', runIds);
    await world().settle();
    expect(await bulk.result()).toMatchObject({
      state: 'canaryFailed',
      left: 2,
      ended: { why: expect.stringContaining('ended as deadLettered') },
    });
    expect(world().target.calls('red')).toHaveLength(4);
  });

  it('waits for the end of a canary that waits for its start', async () => {
    const runIds = await refusedRuns('waiting', 2, ['cooldown: { period: 3h }', 'dedupe: { by: "${{ event.id }}" }']);
    const bulk = await begin('waiting', runIds);
    await world().settle();
    expect(await bulk.query(bulkQuery)).toMatchObject({ state: 'canary', left: 1 });
    await world().sleep(4 * HOUR);
    expect(await bulk.query(bulkQuery)).toMatchObject({ state: 'done', counts: { replayed: 2 } });
  });

  it('skips what was discarded, replayed or edited meanwhile, and what is not there, and says so', async () => {
    const [discarded = '', replayed = '', edited = '', ...others] = await refusedRuns('meanwhile', 5);
    const all = ['nope', discarded, replayed, edited, ...others];
    const bulk = await begin('meanwhile', all, { canary: 0, perSecond: 0.01 });
    await world().sleep(10 * SECOND);
    await orders().discardLetter(discarded, { by: 'bob', reason: 'wrong data' });
    await orders().replayLetter(replayed, { by: 'bob' });
    await orders().editLetter(edited, { by: 'eve', params: { files: [] } });
    await world().sleep(HOUR);
    const { state, counts, notes } = await bulk.query(bulkQuery);
    expect([state, counts]).toEqual(['done', { replayed: 2, skipped: 4, refused: 0 }]);
    expect(notes).toMatchObject([
      { code: 'not_found' },
      { code: 'letter_closed', detail: expect.stringContaining('was discarded (wrong data) by bob') },
      { code: 'letter_closed', detail: expect.stringMatching(/was replayed as .* by bob/) },
      { code: 'letter_edited', detail: expect.stringContaining('eve edited it') },
    ]);
    expect(world().target.calls('meanwhile')).toHaveLength(5 + 1 + 2);
  });

  it('replays each dead letter once where two of them go through the same ones at once', async () => {
    const runIds = await refusedRuns('both', 20);
    const two = [await begin('one', runIds, { canary: 0 }), await begin('two', runIds, { canary: 0 })];
    await world().settle();
    const results = await Promise.all(two.map((bulk) => bulk.query(bulkQuery)));
    expect(results.map(({ state }) => state)).toEqual(['done', 'done']);
    expect(results.reduce((sum, { counts }) => sum + counts.replayed, 0)).toBe(20);
    expect(results.reduce((sum, { counts }) => sum + counts.skipped, 0)).toBe(20);
    expect(world().target.calls('both')).toHaveLength(40);
  });

  it('counts as its own what it replayed although the answer was lost', async () => {
    const [runId = ''] = await refusedRuns('lost', 1);
    const order = { by: 'ann', bulk: { id: 'bulk-replay/lost', since: 0 } };
    const letter = world().client.workflow.getHandle(runDeadLetterId(runId));
    await letter.executeUpdate(replayLetterUpdate, { args: [order], updateId: 'bulk-replay/lost/1' });
    const bulk = await begin('lost', [runId]);
    await world().settle();
    expect(await bulk.result()).toMatchObject({ state: 'done', counts: { replayed: 1, skipped: 0 } });
    expect(world().target.calls('lost')).toHaveLength(2);
  });

  it('stops where a person says so, while it waits too, and leaves the rest open', async () => {
    const runIds = await refusedRuns('halted', 10);
    const bulk = await begin('halted', runIds, { canary: 0, perSecond: 0.01 });
    await world().sleep(10 * SECOND);
    const bulks = createBulkOrders(world().client, Date.now);
    expect(await bulks.stopBulkReplay('halted', { by: 'bob', reason: 'enough' })).toMatchObject({
      ok: true,
      value: { state: 'stopped', left: 9, why: 'by bob: enough', counts: { replayed: 1 } },
    });
    expect(await bulk.result()).toMatchObject({ state: 'stopped' });
    expect(await bulks.stopBulkReplay('halted', { by: 'bob' })).toMatchObject({ refusal: { code: 'replay_ended' } });
    expect(await bulks.stopBulkReplay('nope', { by: 'bob' })).toMatchObject({ refusal: { code: 'not_found' } });
    expect(await orders().replayLetter(runIds[9] ?? '', { by: 'ann' })).toMatchObject({ ok: true });
  });

  it('stops while it waits for its canary', async () => {
    const runIds = await refusedRuns('slow', 2, ['cooldown: { period: 3h }']);
    const bulk = await begin('slow', runIds);
    await world().settle();
    await bulk.executeUpdate(stopBulkUpdate, { args: [{ by: 'bob' }] });
    expect(await bulk.result()).toMatchObject({ state: 'stopped', left: 1 });
  });

  it('is shown as cut off where somebody ends it in Temporal', async () => {
    const bulk = await begin('cut', await refusedRuns('cut', 2), { canary: 0, perSecond: 0.001 });
    await world().sleep(SECOND);
    await bulk.terminate();
    expect(await createBulkReads(world().client, Date.now).bulkReplay('cut')).toMatchObject({
      value: { state: 'cancelled', why: 'ended in Temporal: TERMINATED', left: 1 },
    });
    expect(await createBulkReads(world().client, Date.now).bulkReplay('nope')).toMatchObject({ ok: false });
  });

  it('carries 10,000 dead letters over before its history comes near what ends a workflow', async () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `gone-${index}`);
    const bulk = await begin('many', names, { canary: 0, perSecond: 1 });
    await world().sleep(5 * MINUTE);
    const now = world().client.workflow.getHandle('bulk-replay/many');
    expect((await now.describe()).runId).not.toBe(bulk.firstExecutionRunId);
    expect(
      (await world().client.workflow.getHandle('bulk-replay/many', bulk.firstExecutionRunId).describe()).historyLength,
    ).toBeLessThan(5_000);
    const { counts, left } = await now.executeUpdate(stopBulkUpdate, { args: [{ by: 'ann' }] });
    expect(counts.skipped).toBeGreaterThanOrEqual(300);
    expect(counts.skipped + left).toBe(10_000);
  }, 120_000);

  it('refuses what is no input and what is no order', async () => {
    const start = { taskQueue: TASK_QUEUE, workflowId: 'bulk-replay/strict', args: [{ version: 1, filter: 7 }] };
    const refused = await world().client.workflow.start(WORKFLOW.bulkReplay, start);
    expect(await refused.result()).toMatchObject({ refused: expect.stringContaining('expected') });
    const bulk = await begin('orders', ['gone-1', 'gone-2'], { canary: 0, perSecond: 0.01 });
    await expect(bulk.executeUpdate('stop', { args: [7] })).rejects.toMatchObject({
      cause: { type: 'malformed_request' },
    });
    await bulk.terminate();
  });
});
