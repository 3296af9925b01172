import { describe, expect, it } from 'vitest';

import { discardSignal } from '../../src/contract/definitions.ts';
import { eventsDeadLetterId, runDeadLetterId } from '../../src/contract/names.ts';
import { createLetterOrders } from '../../src/http/dead-letter-orders.ts';
import { createDeadLetterReads } from '../../src/http/dead-letter-reads.ts';
import { useWorld } from './harness.ts';
import { HOUR, MINUTE } from './world.ts';

const world = useWorld();

const orders = () => createLetterOrders(world().client, Date.now);

/** A run of a target that refused it, as a dead letter. */
async function refusedRun(name: string, stages: readonly string[] = []): Promise<string> {
  await world().define(name, { params: '{ file: "${{ event.data.file }}", mode: plain }', stages });
  world().target.answer(name, { status: 404 });
  await world().send(name, 'a');
  await world().settle();
  return world().onlyRunId(name);
}

async function letter(runId: string) {
  const read = await createDeadLetterReads(world().client, Date.now).deadLetter(runId);
  if (!read.ok) throw new Error(read.refusal.detail);
  return read.value;
}

describe('the dead letter of a run', () => {
  it('is replayed once its pipeline, which was renamed, has its name again', async () => {
    const runId = await refusedRun('renamed');
    expect(await letter(runId)).toMatchObject({
      state: 'open',
      kind: 'run',
      code: 'target_rejected',
      place: '/run/target',
      target: 'renamed',
      key: 'k',
      params: { file: 'a.csv', mode: 'plain' },
      run: { runId, cause: 'events', eventCount: 1 },
    });
    await world().define('renamed', { target: 'train-v2', params: '{ file: "${{ event.data.file }}", mode: plain }' });
    const replayed = await orders().replayLetter(runId, { by: 'ann', reason: 'fixed' });
    expect(replayed).toMatchObject({ ok: true, value: { fate: 'started' } });
    await world().settle();
    expect(world().target.params('train-v2', 'file')).toEqual(['a.csv']);
    const again = world().runs('renamed')[1]?.runId ?? '';
    expect(await letter(runId)).toMatchObject({
      state: 'replayed',
      closed: { by: 'ann', reason: 'fixed', runId: again },
    });
    const run = world().client.workflow.getHandle(again);
    expect(await run.result()).toMatchObject({ status: 'succeeded' });
    expect((await run.describe()).memo).toMatchObject({
      replays: { runId, ordinal: 1 },
      deadLetter: runDeadLetterId(runId),
    });
    expect(await world().details(again)).toContain(`Replay 1 of run \`${runId}\``);
    expect(await world().details(runDeadLetterId(runId))).toContain(`**Replayed** by ann as \`${again}\``);
  });

  it('is one run when two people replay it at once, and refuses whoever comes later', async () => {
    const runId = await refusedRun('twice');
    const [one, two] = await Promise.all([
      orders().replayLetter(runId, { by: 'ann' }),
      orders().replayLetter(runId, { by: 'bob' }),
    ]);
    expect([one, two].some(({ ok }) => ok)).toBe(true);
    await world().settle();
    expect(world().target.calls('twice')).toHaveLength(2);
    for (const late of [
      await orders().replayLetter(runId, { by: 'eve' }),
      await orders().editLetter(runId, { by: 'eve', params: {} }),
      await orders().discardLetter(runId, { by: 'eve', reason: 'late' }),
    ]) {
      expect(late).toMatchObject({ ok: false, refusal: { code: 'letter_closed' } });
      expect(late.ok || late.refusal.detail).toMatch(/was replayed as sb1-\w+ by (ann|bob)/);
    }
  });

  it('is replayed with the parameters that a person gave', async () => {
    const runId = await refusedRun('edited');
    expect(await orders().editLetter(runId, { by: 'ann', params: { mode: 'full' } })).toMatchObject({ ok: true });
    expect(await letter(runId)).toMatchObject({ params: { mode: 'full' }, edited: { by: 'ann' } });
    const tooLarge = { by: 'ann', params: { body: 'x'.repeat(70_000) } };
    expect(await orders().editLetter(runId, tooLarge)).toMatchObject({ refusal: { code: 'malformed_request' } });
    await orders().replayLetter(runId, { by: 'ann' });
    await world().settle();
    expect(world().target.params('edited', 'mode')).toEqual(['plain', 'full']);
    expect(world().target.params('edited', 'file')).toEqual(['a.csv', 'a.csv']);
  });

  it('waits as a run where a stage is closed, and says at which', async () => {
    const runId = await refusedRun('cooling', ['cooldown: { period: 3h }']);
    const replayed = await orders().replayLetter(runId, { by: 'ann' });
    expect(replayed).toMatchObject({
      ok: true,
      value: { fate: 'waiting', why: expect.stringContaining('cools down') },
    });
    await world().sleep(3 * HOUR);
    expect(world().runs('cooling')).toMatchObject([
      {},
      replayed.ok && 'runId' in replayed.value ? { runId: replayed.value.runId } : {},
    ]);
  });

  it('stays open with the reason where its replay is refused', async () => {
    const runId = await refusedRun('dropping', ['cooldown: { period: 3h, onExcess: drop }']);
    const refused = await orders().replayLetter(runId, { by: 'ann' });
    expect(refused).toMatchObject({ ok: false, refusal: { code: 'replay_refused' } });
    expect(await letter(runId)).toMatchObject({
      state: 'open',
      attempts: 1,
      refused: { by: 'ann', code: 'replay_refused', detail: expect.stringContaining('cools down') },
    });
    await world().sleep(3 * HOUR + MINUTE);
    expect(await orders().replayLetter(runId, { by: 'ann' })).toMatchObject({ ok: true, value: { fate: 'started' } });
  });

  it('has a dead letter after it where the replay fails too, with the next number', async () => {
    const first = await refusedRun('stubborn');
    world().target.answer('stubborn', { status: 404 });
    await orders().replayLetter(first, { by: 'ann' });
    await world().settle();
    const second = world().runs('stubborn')[1]?.runId ?? '';
    expect(await letter(second)).toMatchObject({ run: { replays: { runId: first, root: first, ordinal: 1 } } });
    await orders().replayLetter(second, { by: 'ann' });
    await world().settle();
    const third = world().runs('stubborn')[2]?.runId ?? '';
    expect((await world().client.workflow.getHandle(third).describe()).memo).toMatchObject({
      replays: { runId: second, root: first, ordinal: 2 },
    });
  });

  it('is discarded for a reason, by whom it says, once', async () => {
    const runId = await refusedRun('unwanted');
    const discarded = await orders().discardLetter(runId, { by: 'ann', reason: 'the data was wrong' });
    expect(discarded).toMatchObject({ ok: true, value: { reason: 'the data was wrong', by: 'ann' } });
    await world().settle();
    expect(await letter(runId)).toMatchObject({ state: 'discarded', closed: { by: 'ann' } });
    const late = await orders().replayLetter(runId, { by: 'bob' });
    expect(late).toMatchObject({ refusal: { code: 'letter_closed', detail: expect.stringContaining('discarded') } });
    expect(world().target.calls('unwanted')).toHaveLength(1);
  });

  it('takes the signal by which it was discarded before there were updates', async () => {
    const runId = await refusedRun('signalled');
    const handle = world().client.workflow.getHandle(runDeadLetterId(runId));
    await handle.signal(discardSignal, { reason: 'seen' });
    expect(await handle.result()).toEqual({ discarded: 'seen' });
  });

  it('counts as discarded where somebody ended it in Temporal', async () => {
    const runId = await refusedRun('ended');
    await world().client.workflow.getHandle(runDeadLetterId(runId)).terminate('by hand');
    expect(await letter(runId)).toMatchObject({
      state: 'discarded',
      closed: { reason: 'ended in Temporal: TERMINATED' },
    });
    expect(await orders().replayLetter(runId, { by: 'ann' })).toMatchObject({
      refusal: { code: 'letter_closed', detail: expect.stringContaining('TERMINATED') },
    });
  });

  it('refuses what is no order', async () => {
    const runId = await refusedRun('strict');
    const handle = world().client.workflow.getHandle(runDeadLetterId(runId));
    for (const [update, argument] of [
      ['replay', {}],
      ['edit', { by: 'ann', params: 7 }],
      ['discard', null],
    ] as const) {
      await expect(handle.executeUpdate(update, { args: [argument] })).rejects.toMatchObject({
        cause: { type: 'malformed_request' },
      });
    }
    expect(await orders().replayLetter('nope', { by: 'ann' })).toMatchObject({ refusal: { code: 'not_found' } });
  });
});

describe('the dead letter of events', () => {
  const brokenLetter = (name: string, code = 'mapping_error', place = '/key') => {
    const generation = world().current().triggers.get(name)?.generation ?? '';
    return eventsDeadLetterId({ trigger: name, generation, code, place });
  };

  it('is replayed through the door once its expression is corrected, and each event counts once', async () => {
    await world().define('mapped', { key: '${{ event.data.missing }}', stages: ['debounce: { quiet: 1m }'] });
    await world().sendAll('mapped', ['a', 'b']);
    await world().settle();
    const id = brokenLetter('mapped');
    expect(await letter(id)).toMatchObject({ kind: 'events', target: 'mapped', count: 2 });
    await world().define('mapped', { stages: ['debounce: { quiet: 1m }'] });
    await world().send('mapped', 'b');
    const both = await Promise.all([
      orders().replayLetter(id, { by: 'ann' }),
      orders().replayLetter(id, { by: 'bob' }),
    ]);
    expect(both).toContainEqual({ ok: true, value: { deadLetterId: id, taken: 2, left: 0 } });
    await world().sleep(2 * MINUTE);
    expect(world().runs('mapped')).toMatchObject([{ eventCount: 2 }]);
    expect(await letter(id)).toMatchObject({ state: 'replayed', closed: { events: 2 } });
    expect(await orders().replayLetter(id, { by: 'eve' })).toMatchObject({ refusal: { code: 'letter_closed' } });
  });

  it('keeps what fails again, with what is wrong with it now', async () => {
    await world().define('partly', { key: '${{ event.data.region }}' });
    await world().send('partly', 'a', { part: 'x' });
    await world().send('partly', 'b');
    await world().settle();
    const id = brokenLetter('partly');
    const before = await orders().replayLetter(id, { by: 'ann' });
    expect(before).toMatchObject({ refusal: { code: 'replay_refused', detail: expect.stringContaining('region') } });
    await world().define('partly', { key: '${{ event.data.part }}' });
    expect(await orders().replayLetter(id, { by: 'ann' })).toMatchObject({ ok: true, value: { taken: 1, left: 1 } });
    expect(await letter(id)).toMatchObject({
      state: 'open',
      attempts: 2,
      entries: [{ detail: expect.stringContaining('event.data.part') }],
      refused: { by: 'ann' },
    });
    await world().settle();
    expect(world().runs('partly')).toMatchObject([{ key: 'x' }]);
  });

  it('has no parameters to edit, and is not replayed where the instance itself refused its events', async () => {
    await world().define('doubled', { stages: ['debounce: { quiet: 1h }'] });
    await world().send('doubled', 'a', { file: '1' });
    await world().send('doubled', 'a', { file: '2' });
    await world().settle();
    const id = brokenLetter('doubled', 'event_id_conflict', 'dedupe');
    expect(await orders().editLetter(id, { by: 'ann', params: {} })).toMatchObject({
      refusal: { code: 'not_editable' },
    });
    expect(await orders().replayLetter(id, { by: 'ann' })).toMatchObject({ refusal: { code: 'not_replayable' } });
    expect(await letter(id)).toMatchObject({ state: 'open', count: 1 });
  });
});
