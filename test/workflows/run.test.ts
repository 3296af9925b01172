import { describe, expect, it } from 'vitest';

import { runDeadLetterId } from '../../src/contract/names.ts';
import { useWorld } from './harness.ts';
import { HOUR, MINUTE, SECOND } from './world.ts';

const world = useWorld();

describe('the parameters of a run', () => {
  it('that cannot be evaluated make a dead letter that names place and expression, and no call', async () => {
    await world().define('mapping', { params: '{ size: "${{ event.data.size + 1 }}" }' });
    await world().send('mapping', 'e');
    await world().settle();
    const runId = world().onlyRunId('mapping');
    const letter = await world().deadLetter(runDeadLetterId(runId));
    expect(letter).toMatchObject({ code: 'mapping_error', place: '/run/params/size' });
    expect(letter.entries[0]?.detail).toContain('event.data.size + 1');
    expect(world().target.calls('mapping')).toEqual([]);
    expect((await world().view('mapping')).counts.ended.deadLettered).toBe(1);
  });

  it('are resolved once: a change of the definition between two attempts changes nothing', async () => {
    await world().define('once', { params: '{ version: 1, file: "${{ event.data.file }}" }' });
    world().target.answer('once', { status: 503 }, { status: 503 });
    await world().send('once', 'e');
    await world().sleep(30 * SECOND);
    await world().define('once', { params: '{ version: 2, file: "${{ event.data.file }}" }' });
    await world().sleep(HOUR);
    expect(world().target.params('once', 'version')).toEqual([1, 1, 1]);
    await world().send('once', 'f');
    await world().settle();
    expect(world().target.params('once', 'version')).toEqual([1, 1, 1, 2]);
  });

  it('of 8,000 events hold a manifest in place of the items', async () => {
    await world().define('many', { stages: ['debounce: { quiet: 1h }'] });
    for (let batch = 0; batch < 8; batch += 1) {
      const ids = Array.from({ length: 1_000 }, (_, index) => `e${(batch * 1_000 + index).toString(36)}`);
      const sent = await world().sendAll('many', ids);
      expect(sent).toMatchObject({ kind: 'accepted' });
      await world().settle();
    }
    await world().sleep(HOUR + MINUTE);
    const runId = world().onlyRunId('many');
    expect(world().runs('many')).toMatchObject([{ eventCount: 8_000, detail: 'events' }]);
    expect(world().target.params('many', 'files')).toEqual([{ manifest: `/v1/runs/${runId}/events`, count: 8_000 }]);
    expect((await world().view('many')).counts).toMatchObject({ accepted: 8_000, eventsInRuns: 8_000, runs: 1 });
  });
});

describe('a run', () => {
  it('fills its items into what the target itself is sent', async () => {
    const body = 'body: { files: "${{ items }}", of: "${{ run.id }}" }';
    await world().define('body', { stages: ['debounce: { quiet: 1m }'], http: [body] });
    await world().send('body', 'a');
    await world().send('body', 'b');
    await world().sleep(2 * MINUTE);
    const [call] = world().target.calls('body');
    expect(JSON.parse(call?.body ?? '')).toEqual({ files: ['a.csv', 'b.csv'], of: world().onlyRunId('body') });
  });

  it('in shadow calls no target and succeeds', async () => {
    await world().define('shadow', { stages: ['mode: shadow'] });
    await world().send('shadow', 'e');
    await world().settle();
    const handle = world().client.workflow.getHandle(world().onlyRunId('shadow'));
    expect(await handle.result()).toEqual({ status: 'succeeded' });
    expect(world().target.calls('shadow')).toEqual([]);
    expect((await world().view('shadow')).counts).toMatchObject({ runs: 1, ended: { succeeded: 1 } });
  });

  it('that takes longer than run.timeout has timed out, and its instance knows', async () => {
    await world().define('slow', { run: ['timeout: 2s'] });
    world().target.answer('slow', 'hang');
    await world().send('slow', 'e');
    await world().settle();
    await expect(world().client.workflow.getHandle(world().onlyRunId('slow')).result()).rejects.toMatchObject({
      cause: { type: 'run_timed_out' },
    });
    expect((await world().view('slow')).counts.ended).toMatchObject({ timedOut: 1 });
  });

  it('that a person cancels while it waits calls nothing more and reports cancelled', async () => {
    await world().define('cancelled');
    world().target.answer('cancelled', { status: 500 }, { status: 500 });
    await world().send('cancelled', 'e');
    await world().sleep(30 * SECOND);
    const handle = world().client.workflow.getHandle(world().onlyRunId('cancelled'));
    await handle.cancel();
    await world().sleep(HOUR);
    expect(world().target.calls('cancelled')).toHaveLength(1);
    expect((await world().view('cancelled')).counts.ended).toMatchObject({ cancelled: 1, deadLettered: 0 });
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  });

  it('that a person cancels while its target is called stops the call', async () => {
    await world().define('stopped');
    world().target.answer('stopped', 'hang');
    await world().send('stopped', 'e');
    await expect.poll(() => world().target.calls('stopped').length, { timeout: 5_000 }).toBe(1);
    await world().client.workflow.getHandle(world().onlyRunId('stopped')).cancel();
    await world().settle();
    const { ended } = (await world().view('stopped')).counts;
    expect(ended).toMatchObject({ cancelled: 1, deadLettered: 0, succeeded: 0 });
  });
});
