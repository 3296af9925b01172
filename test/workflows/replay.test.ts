import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, it } from 'vitest';

import { replayQuery, replayWorkflowId, type ReplayInput, stopReplayUpdate } from '../../src/contract/replays.ts';
import { instanceId, TASK_QUEUE, WORKFLOW } from '../../src/contract/names.ts';
import { refusal } from '../../src/errors.ts';
import { useWorld } from './harness.ts';
import { HOUR, MINUTE, SECOND } from './world.ts';

const world = useWorld();

const ids = (count: number) => Array.from({ length: count }, (_, index) => `e${String(index).padStart(3, '0')}`);
const suppressed = async (name: string) => (await world().view(name)).counts.suppressed.dedupe;

/** Starts a replay of everything that was stored so far. */
async function replay(trigger: string, replayId: string, over: Partial<ReplayInput> = {}): Promise<WorkflowHandle> {
  const untilAt = (await world().now()) + 1;
  const span = { trigger, replayId, sinceAt: 0, untilAt };
  const input: ReplayInput = { version: 1, ...span, pace: 10, expected: 0, by: 'ann', ...over };
  const workflowId = replayWorkflowId(trigger, replayId);
  return world().client.workflow.start(WORKFLOW.replay, { workflowId, taskQueue: TASK_QUEUE, args: [input] });
}

/** The events that the steps of a replay brought, and when they were asked for, in milliseconds since the first. */
async function steps(handle: WorkflowHandle): Promise<readonly number[]> {
  const { events } = await handle.fetchHistory();
  const at = (events ?? [])
    .filter((event) => event.activityTaskScheduledEventAttributes)
    .map(({ eventTime }) => Number(eventTime?.seconds ?? 0) * SECOND + (eventTime?.nanos ?? 0) / 1e6);
  return at.map((one) => one - (at[0] ?? 0));
}

describe('a replay of stored events', () => {
  it('brings them to its trigger alone, at its pace, as runs of their own that say so', async () => {
    const neighbour = `---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: neighbour }
spec: { events: { pattern: { type: [again] } }, run: { target: again } }
`;
    await world().define('again', { key: '${{ event.id }}', more: neighbour });
    await world().sendAll('again', ids(25));
    await world().settle();
    const first = world()
      .runs('again')
      .map(({ runId }) => runId);
    const neighbours = world().runs('neighbour').length;
    expect(neighbours).toBeGreaterThan(0);
    expect(first).toHaveLength(25);
    const handle = await replay('again', 'rpl_1', { expected: 25 });
    await world().sleep(MINUTE);
    expect(await handle.result()).toMatchObject({ progress: { offered: 25, failed: 0 }, end: { kind: 'done' } });
    const runs = world().runs('again').slice(25);
    expect(runs).toHaveLength(25);
    expect(new Set([...first, ...runs.map(({ runId }) => runId)])).toHaveProperty('size', 50);
    expect(world().runs('neighbour')).toHaveLength(neighbours);
    expect(world().target.calls('again')).toHaveLength(50 + neighbours);
    const at = await steps(handle);
    expect(at).toHaveLength(3);
    for (const [index, ms] of at.entries()) expect(ms).toBeGreaterThanOrEqual(index * 0.9 * SECOND);
    const { memo } = await world()
      .client.workflow.getHandle(runs[0]?.runId ?? '')
      .describe();
    expect(memo?.['replayed']).toEqual({ eventId: expect.stringMatching(/^evt_/), replayId: 'rpl_1' });
    expect(await world().details(runs[0]?.runId ?? '')).toContain('Stored events came once more by replay `rpl_1`');
    expect(await world().details(handle.workflowId)).toContain('25 of 25 events');
  });

  it('starts nothing twice when a worker dies after a step was taken', async () => {
    await world().define('lost', { key: '${{ event.id }}' });
    await world().sendAll('lost', ids(5));
    await world().settle();
    world().answersToLose = 2;
    const handle = await replay('lost', 'rpl_1');
    await world().sleep(MINUTE);
    expect(world().answersToLose).toBe(0);
    expect(await handle.result()).toMatchObject({ progress: { offered: 5 } });
    expect(world().runs('lost')).toHaveLength(10);
    expect(await suppressed('lost')).toBe(10);
  });

  it('goes through the windows of its trigger together, and its failures become dead letters', async () => {
    const pattern = { stages: ['debounce: { quiet: 30s }'], collect: '${{ event.data.file }}' };
    await world().define('window', { ...pattern, key: '${{ event.data.key }}' });
    await world().sendAll('window', ids(4));
    await world().sendAll('elsewhere', ids(2));
    await world().sleep(MINUTE);
    await world().define('window', {
      ...pattern,
      key: "${{ event.id == 'e003' ? event.data.missing : event.data.key }}",
    });
    const handle = await replay('window', 'rpl_1', { pace: 1 });
    await world().sleep(5 * MINUTE);
    const { progress } = await handle.result();
    expect(progress).toMatchObject({ offered: 3, failed: 1 });
    expect(world().runs('window')).toMatchObject([{ eventCount: 4 }, { eventCount: 3 }]);
  });

  it('stops when somebody says so, and says how far it came', async () => {
    await world().define('stopped', { key: '${{ event.id }}' });
    await world().sendAll('stopped', ids(30));
    await world().settle();
    const handle = await replay('stopped', 'rpl_1', { pace: 1 / 60 });
    await world().sleep(90 * SECOND);
    expect(await handle.query(replayQuery)).toMatchObject({ progress: { offered: 2 } });
    expect(await handle.executeUpdate(stopReplayUpdate, { args: [{ by: 'bob' }] })).toMatchObject({ by: 'ann' });
    await world().sleep(HOUR);
    expect(await handle.result()).toMatchObject({ progress: { offered: 2 }, end: { kind: 'stopped', by: 'bob' } });
    expect(await world().details(handle.workflowId)).toContain('**Stopped** by bob');
    expect(world().runs('stopped')).toHaveLength(32);
  });

  it('ends by itself where it is cancelled in Temporal', async () => {
    await world().define('cancelled');
    await world().sendAll('cancelled', ids(3));
    const handle = await replay('cancelled', 'rpl_1', { pace: 1 / 60 });
    await world().sleep(SECOND);
    await handle.cancel();
    await world().settle();
    expect(await handle.result()).toMatchObject({ end: { kind: 'stopped', by: expect.stringContaining('Temporal') } });
  });

  it('goes on where it was when its execution began anew', async () => {
    await world().define('carried', { key: '${{ event.id }}' });
    await world().sendAll('carried', ids(3));
    await world().settle();
    const [first] = world()
      .kept.all.filter(({ event }) => event['type'] === 'carried')
      .toSorted((a, b) => (a.eventId < b.eventId ? -1 : 1));
    if (!first) throw new Error('nothing is stored');
    const { receivedAt, eventId } = first;
    const progress = { offered: 1, failed: 0, notTaken: 0, partial: 0, after: { receivedAt, eventId } };
    const handle = await replay('carried', 'rpl_1', { progress, dueAt: 0 });
    await world().settle();
    expect(await handle.result()).toMatchObject({ progress: { offered: 3 }, end: { kind: 'done' } });
    expect(world().runs('carried')).toHaveLength(5);
  });

  it('waits while the store is away, can be stopped meanwhile, and ends where there is none', async () => {
    await world().define('away');
    await world().sendAll('away', ids(2));
    world().kept.refusal = refusal('store_unavailable', 'It is away.');
    const waiting = await replay('away', 'rpl_1');
    const given = await replay('away', 'rpl_2');
    await world().sleep(MINUTE);
    await given.executeUpdate(stopReplayUpdate, { args: [{ by: 'bob' }] });
    await world().sleep(SECOND);
    expect(await given.result()).toMatchObject({ progress: { offered: 0 }, end: { kind: 'stopped', by: 'bob' } });
    world().kept.refusal = undefined;
    await world().sleep(MINUTE);
    expect(await waiting.result()).toMatchObject({ progress: { offered: 2 }, end: { kind: 'done' } });
    world().kept.refusal = refusal('store_off', 'There is none.');
    const off = await replay('away', 'rpl_3');
    await world().settle();
    expect(await off.result()).toMatchObject({ end: { kind: 'refused', code: 'store_off', detail: 'There is none.' } });
    world().kept.refusal = undefined;
  });

  it('ends where its trigger is not defined any more', async () => {
    const handle = await replay('never-defined', 'rpl_1');
    await world().settle();
    expect(await handle.result()).toMatchObject({ end: { kind: 'refused', code: 'not_found' } });
    await expect(world().view('never-defined')).rejects.toThrow(instanceId('never-defined'));
  });
});
