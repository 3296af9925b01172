import { describe, expect, it } from 'vitest';

import { finishUpdate } from '../../src/contract/definitions.ts';
import { runDeadLetterId } from '../../src/contract/names.ts';
import { useWorld } from './harness.ts';
import { HOUR, MINUTE } from './world.ts';

const world = useWorld();

const GOES_ON = { status: 200, body: { state: 'training' } } as const;

/** Defines a trigger whose target is looked at every minute, or is told to call back. */
async function define(name: string, run: readonly string[] = [], url = true) {
  const at = `${world().target.url}/${name}/status`;
  const asked = `url: "${at}?id=\${{ result.id }}", every: 1m`;
  const ends = `succeeded: "body.state == 'done'", failed: "body.state == 'broken'"`;
  const watch = url ? `watch: { ${asked}, ${ends} }` : 'watch: {}';
  await world().define(name, { run, http: [watch, `cancel: { url: "${at}/cancel?id=\${{ result.id }}" }`] });
  world().target.answer(name, { status: 202, body: { id: 'p7' } });
}

const looks = (name: string) => world().target.calls(`${name}/status?id=p7`);
const cancels = (name: string) => world().target.calls(`${name}/status/cancel?id=p7`);
const looked = (name: string, ...answers: Parameters<ReturnType<typeof world>['target']['answer']>[1][]) =>
  world().target.answer(`${name}/status?id=p7`, ...answers);

/** Starts the only run of a trigger by an event; gives its id. */
async function start(name: string) {
  await world().send(name, 'e');
  await world().settle();
  return world().onlyRunId(name);
}

describe('a run whose target goes on', () => {
  it('is looked at until it has succeeded, without growing its history', async () => {
    await define('long');
    looked('long', ...Array.from({ length: 90 }, () => GOES_ON), { status: 200, body: { state: 'done', auc: 0.91 } });
    const runId = await start('long');
    await world().sleep(2 * HOUR);
    const run = world().client.workflow.getHandle(runId);
    expect(await run.result()).toEqual({ status: 'succeeded', result: { state: 'done', auc: 0.91 } });
    expect(looks('long')).toHaveLength(91);
    expect(world().target.calls('long')).toHaveLength(1);
    expect((await run.describe()).historyLength).toBeLessThan(40);
    expect((await world().view('long')).counts.ended).toMatchObject({ succeeded: 1 });
  });

  it('has failed when its target says so, and is not started again', async () => {
    await define('broken');
    looked('broken', GOES_ON, { status: 200, body: { state: 'broken', why: 'no GPU' } });
    const runId = await start('broken');
    await world().sleep(10 * MINUTE);
    await expect(world().client.workflow.getHandle(runId).result()).rejects.toMatchObject({
      cause: { type: 'run_failed', message: expect.stringContaining('no GPU') },
    });
    expect(world().target.calls('broken')).toHaveLength(1);
  });

  it('is asked on through errors and silence of what it asks', async () => {
    await define('shaky');
    looked(
      'shaky',
      { status: 500 },
      'close',
      { status: 401 },
      { status: 429, headers: { 'retry-after': '120' } },
      GOES_ON,
      {
        status: 200,
        body: { state: 'done' },
      },
    );
    const runId = await start('shaky');
    await world().sleep(20 * MINUTE);
    expect(await world().client.workflow.getHandle(runId).result()).toMatchObject({ status: 'succeeded' });
    const at = looks('shaky').map((call) => call.at);
    expect((at[4] ?? 0) - (at[3] ?? 0)).toBeGreaterThanOrEqual(2 * MINUTE);
  });

  it('that its target does not know is no outcome: a person has to look', async () => {
    await define('lost');
    looked('lost', ...Array.from({ length: 9 }, () => ({ status: 404 })));
    const runId = await start('lost');
    await world().sleep(HOUR);
    const letter = await world().deadLetter(runDeadLetterId(runId));
    expect(letter).toMatchObject({ code: 'target_unknown', place: '/run/target' });
    expect(letter.entries[0]?.detail).toContain('answered 404');
    expect(looks('lost')).toHaveLength(4);
  });

  it('that takes longer than run.timeout has timed out, and its target is told to end it', async () => {
    await define('endless', ['timeout: 1h']);
    looked('endless', ...Array.from({ length: 99 }, () => GOES_ON));
    const runId = await start('endless');
    await world().sleep(2 * HOUR);
    await expect(world().client.workflow.getHandle(runId).result()).rejects.toMatchObject({
      cause: { type: 'run_timed_out', message: expect.stringContaining('told to end it') },
    });
    expect(cancels('endless')).toHaveLength(1);
    expect((await world().view('endless')).counts.ended).toMatchObject({ timedOut: 1 });
  });

  it('that a person cancels is cancelled at its target too', async () => {
    await define('stopped');
    looked('stopped', ...Array.from({ length: 99 }, () => GOES_ON));
    const runId = await start('stopped');
    await world().sleep(5 * MINUTE);
    await world().client.workflow.getHandle(runId).cancel();
    await world().settle();
    expect(cancels('stopped')).toHaveLength(1);
    expect((await world().view('stopped')).counts.ended).toMatchObject({ cancelled: 1 });
  });
});

describe('a callback', () => {
  it('ends a run that nobody looks at, and the first word stands', async () => {
    await define('called', [], false);
    const runId = await start('called');
    const [call] = world().target.calls('called');
    expect(JSON.parse(call?.body ?? '')).toMatchObject({ callback: { token: `token of ${runId}` } });
    const run = world().client.workflow.getHandle(runId);
    const told = { status: 'failed', detail: 'loss is NaN' } as const;
    expect(await run.executeUpdate(finishUpdate, { args: [told] })).toEqual(told);
    await world().settle();
    await expect(run.result()).rejects.toMatchObject({ cause: { type: 'run_failed', message: 'loss is NaN' } });
    expect(looks('called')).toEqual([]);
  });

  it('settles a start whose answer was lost', async () => {
    await define('unheard', ['retry: { delays: [1h] }'], false);
    world().target.answer('unheard', { status: 503 });
    const runId = await start('unheard');
    const run = world().client.workflow.getHandle(runId);
    await run.executeUpdate(finishUpdate, { args: [{ status: 'succeeded', result: { auc: 1 } }] });
    await world().settle();
    expect(await run.result()).toEqual({ status: 'succeeded', result: { auc: 1 } });
    expect(world().target.calls('unheard')).toHaveLength(1);
  });

  it('is refused before anything was started, and where it says nothing that can be used', async () => {
    await world().define('early', { stages: ['approval: { timeout: 1h }'] });
    const runId = await start('early');
    const run = world().client.workflow.getHandle(runId);
    const failure = (answer: unknown) =>
      run.executeUpdate<unknown, [unknown]>(finishUpdate.name, { args: [answer] }).catch(String);
    expect(await failure({ status: 'succeeded' })).toContain('Update failed');
    expect(await failure({ status: 'fine' })).toContain('Update failed');
    const { events } = await run.fetchHistory();
    expect(events?.some((event) => event.workflowExecutionUpdateAcceptedEventAttributes)).toBe(false);
  });
});

describe('a guard', () => {
  const guarded = (name: string, onFail: string) => [
    `guard: { target: asked-${name}, params: { of: "\${{ key }}" }, expect: "result.running == 0", onFail: ${onFail} }`,
  ];
  const define = async (name: string, onFail = 'drop', run: readonly string[] = []) =>
    world().define(name, { run: [...guarded(name, onFail), ...run], targets: [`asked-${name}`] });

  it('that is open lets the run start, asked right before', async () => {
    await define('open');
    world().target.answer('asked-open', { status: 200, body: { running: 0 } });
    await world().send('open', 'e', { key: 'eu' });
    await world().settle();
    expect(world().target.calls('open')).toHaveLength(1);
    expect(world().target.params('asked-open', 'of')).toEqual(['eu']);
  });

  it('that is closed skips the run, says what it saw, and gives back its place in the limits', async () => {
    await define('closed', 'drop');
    world().target.answer('asked-closed', { status: 200, body: { running: 2 } });
    const runId = await start('closed');
    const result = await world().client.workflow.getHandle(runId).result();
    expect(result).toMatchObject({ status: 'skipped', reason: expect.stringContaining('{"running":2}') });
    expect(world().target.calls('closed')).toEqual([]);
    expect((await world().view('closed')).counts.ended).toMatchObject({ skipped: 1 });
  });

  it('with onFail deadLetter brings the run to a person', async () => {
    await define('kept', 'deadLetter');
    world().target.answer('asked-kept', { status: 200, body: { running: 'two' } });
    const runId = await start('kept');
    const letter = await world().deadLetter(runDeadLetterId(runId));
    expect(letter).toMatchObject({ code: 'guard_closed', place: '/run/guard' });
  });

  it('that cannot be asked is not open', async () => {
    await define('away');
    world().target.answer('asked-away', ...Array.from({ length: 4 }, () => ({ status: 503 })));
    const runId = await start('away');
    await world().sleep(MINUTE);
    const letter = await world().deadLetter(runDeadLetterId(runId));
    expect(letter).toMatchObject({ code: 'target_unavailable', place: '/run/guard' });
    expect(world().target.calls('away')).toEqual([]);
  });

  it('is asked again before each attempt', async () => {
    await define('again', 'drop', ['retry: { delays: [10m] }']);
    world().target.answer('asked-again', { status: 200, body: { running: 0 } }, { status: 200, body: { running: 1 } });
    world().target.answer('again', { status: 503 });
    const runId = await start('again');
    await world().sleep(15 * MINUTE);
    expect(await world().client.workflow.getHandle(runId).result()).toMatchObject({ status: 'skipped' });
    expect(world().target.calls('again')).toHaveLength(1);
    const tokens = world()
      .target.calls('asked-again')
      .map((call) => call.token);
    expect(tokens).toEqual([`${runId}.guard-1`, `${runId}.guard-2`]);
  });
});
