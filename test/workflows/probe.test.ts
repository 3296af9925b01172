import { type WorkflowHandle, WithStartWorkflowOperation } from '@temporalio/client';
import { beforeAll, describe, expect, it } from 'vitest';

import { probeSettings, probeStart } from '../../src/accept/probe-start.ts';
import { orderUpdate, viewQuery } from '../../src/contract/definitions.ts';
import { instanceId, WORKFLOW } from '../../src/contract/names.ts';
import { probeId, probeQuery, probeSettingsSignal, probeUpdate } from '../../src/contract/probes.ts';
import type { ProbeReport } from '../../src/core/probe.ts';
import { useWorld } from './harness.ts';
import { type Given, HOUR, MINUTE } from './world.ts';

const world = useWorld();

/** A trigger whose target answers probes at `/name-there`, and where `more` is said, what else it has. */
async function define(name: string, more: Given = {}): Promise<void> {
  const http = [`probe: { url: "${world().target.url}/${name}-there" }`];
  await world().define(name, { http, timeout: '1s', ...more });
}

function loaded(name: string) {
  const trigger = world().current().triggers.get(name);
  if (!trigger) throw new Error(`${name} is not loaded`);
  return trigger;
}

/** Probes as the service does. */
async function probe(name: string): Promise<ProbeReport> {
  const { client } = world();
  const startWorkflowOperation = new WithStartWorkflowOperation(WORKFLOW.probe, {
    ...probeStart(name, probeSettings(loaded(name))),
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  return client.workflow.executeUpdateWithStart(probeUpdate, { startWorkflowOperation });
}

/** Starts the regular probes of a trigger, as a worker does. */
async function begin(name: string): Promise<WorkflowHandle> {
  const settings = probeSettings(loaded(name));
  return world().client.workflow.signalWithStart(WORKFLOW.probe, {
    ...probeStart(name, settings),
    signal: probeSettingsSignal,
    signalArgs: [settings],
  });
}

const reportsOf = (name: string) => world().probes.filter(({ trigger }) => trigger === name);

describe('a probe', () => {
  it('goes through match, the instance and a worker to the target, says how long each took, and starts nothing', async () => {
    await define('whole', { stages: ['probe: { event: { type: whole, data: { key: eu, file: a.csv } } }'] });
    expect(await probe('whole')).toMatchObject({
      ok: true,
      conclusion: 'Ready: its target.',
      way: {
        sample: true,
        match: { kind: 'taken', key: 'eu' },
        matchedMs: expect.any(Number),
        decidedMs: expect.any(Number),
        decision: { ok: true, mode: 'live', breaker: 'closed' },
      },
      targets: [{ target: 'whole', at: ['/run/target'], found: 'ready', answeredMs: expect.any(Number) }],
    });
    expect(world().target.calls('whole')).toEqual([]);
    expect(world().target.calls('whole-there')).toMatchObject([{ method: 'GET', token: undefined }]);
  });

  it('leaves nothing in the instance: no window, no count, no run, and the event is none', async () => {
    await define('nothing', {
      stages: ['debounce: { quiet: 1h }', 'probe: { event: { type: nothing, data: { key: eu, file: a.csv } } }'],
    });
    await world().send('nothing', 'a', { key: 'eu' });
    await world().settle();
    const before = await world().instance('nothing').query(viewQuery);
    expect(await probe('nothing')).toMatchObject({ ok: true });
    const after = await world().instance('nothing').query(viewQuery);
    expect({ ...after, history: before.history }).toEqual(before);
    await world().sleep(2 * HOUR);
    expect(world().runs('nothing')).toMatchObject([{ eventCount: 1 }]);
  });

  it('misses where the sample does not fit, and where an expression fails on it', async () => {
    await define('unfit', { stages: ['probe: { event: { type: other } }'] });
    expect(await probe('unfit')).toMatchObject({
      ok: false,
      conclusion: expect.stringContaining('does not take its sample'),
      targets: [{ found: 'ready' }],
    });
    await define('failing', { stages: ['probe: { event: { type: failing, data: { file: a.csv } } }'] });
    expect(await probe('failing')).toMatchObject({
      ok: false,
      conclusion: expect.stringContaining('mapping_error at /key'),
    });
  });

  it('does not miss for an event that was made up, and says that nobody wanted it', async () => {
    await define('madeup');
    expect(await probe('madeup')).toMatchObject({
      ok: true,
      way: { sample: false, match: { kind: 'notTaken', detail: expect.stringContaining('signalbox.probe') } },
    });
  });

  it('misses where the target refuses the credentials, and says so', async () => {
    await define('refused');
    world().target.answer('refused-there', { status: 401 });
    expect(await probe('refused')).toMatchObject({
      ok: false,
      conclusion: expect.stringContaining('answered 401'),
      targets: [{ found: 'notReady' }],
    });
  });

  it('misses where the target says nothing in its time', async () => {
    await define('silent');
    world().target.answer('silent-there', 'hang');
    expect(await probe('silent')).toMatchObject({ ok: false, targets: [{ found: 'notReady' }] });
  });

  it('says of a target that it cannot be probed, and that another is not loaded', async () => {
    await world().define('plain');
    expect(await probe('plain')).toMatchObject({ ok: true, targets: [{ found: 'notProbed' }] });
    world().forgetTarget('plain');
    expect(await probe('plain')).toMatchObject({ ok: false, targets: [{ found: 'missing' }] });
    await world().reload();
  });

  it('says that the trigger is paused or in shadow, and asks its targets all the same', async () => {
    await define('waits', { stages: ['mode: shadow'] });
    const { definition } = loaded('waits');
    await probe('waits');
    const pause = { version: 1, order: { kind: 'pause', by: 'ann' }, definition } as const;
    await world()
      .instance('waits')
      .executeUpdate(orderUpdate('pause'), { args: [pause] });
    expect(await probe('waits')).toMatchObject({
      ok: true,
      conclusion: expect.stringMatching(/Paused by ann.*In shadow/),
      way: { decision: { mode: 'shadow', paused: { by: 'ann' } } },
      targets: [{ found: 'ready' }],
    });
  });

  it('asks every target of a deployment, each once, and fills in what they read of the sample', async () => {
    const { url } = world().target;
    const targets = ['stager', 'promoter', 'tester'].map(
      (name) => `---
apiVersion: signalbox/v1
kind: Target
metadata: { name: ${name} }
spec: { http: { url: "${url}/${name}", probe: { url: "${url}/${name}-\${{ event.data.model }}" } } }
`,
    );
    await world().defineRun('release', {
      key: '${{ event.data.model }}',
      stages: ['probe: { event: { type: release, data: { model: fraud, version: "7" } } }'],
      run: [
        'kind: deploy',
        'version: "${{ event.data.version }}"',
        'lane: "model/${{ key }}"',
        'stage: { target: stager }',
        'smoke: [{ target: tester, expect: "true" }]',
        'promote: { target: promoter }',
        'revert: { target: promoter }',
      ],
      more: targets.join(''),
    });
    world().target.answer('tester-fraud', { status: 404 });
    const report = await probe('release');
    expect(report).toMatchObject({ ok: false, conclusion: expect.stringContaining('Target tester') });
    expect(report.targets).toMatchObject([
      { target: 'stager', found: 'ready' },
      { target: 'tester', found: 'notReady', at: ['/run/smoke/0/target'] },
      { target: 'promoter', found: 'ready', at: ['/run/promote/target', '/run/revert/target'] },
    ]);
    for (const name of ['stager', 'tester', 'promoter']) expect(world().target.calls(name)).toEqual([]);
  });

  it('is one at a time: whoever asks meanwhile gets the same one', async () => {
    await define('joined', { timeout: '2s' });
    world().target.answer('joined-there', 'hang');
    const [first, second] = await Promise.all([probe('joined'), probe('joined')]);
    expect(second).toEqual(first);
    expect(world().target.calls('joined-there')).toHaveLength(1);
  });

  it('that nobody wants regularly leaves no workflow behind', async () => {
    await define('once');
    await probe('once');
    await world().client.workflow.getHandle(probeId('once')).result();
    await world().settle();
    expect(reportsOf('once')).toHaveLength(1);
  });
});

describe('regular probes', () => {
  const every = (span: string) => ({ stages: [`probe: { every: ${span} }`] });

  it('come at once and then as often as the trigger says, and count the misses in a row', async () => {
    await define('regular', every('15m'));
    world().target.answer('regular-there', { status: 200 }, { status: 503 }, { status: 503 }, { status: 503 });
    const handle = await begin('regular');
    await world().sleep(47 * MINUTE);
    const missing = await handle.query(probeQuery);
    expect(missing.record).toMatchObject({ misses: 3, last: { ok: false } });
    expect(reportsOf('regular').map(({ ok }) => ok)).toEqual([true, false, false, false]);
    const [first, second] = reportsOf('regular').map(({ at }) => at);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(15 * MINUTE);
    expect(missing.record?.okAt).toBe(first);
    expect(missing.dueAt).toBe((missing.record?.last.at ?? 0) + 15 * MINUTE);
    await world().sleep(15 * MINUTE);
    expect((await handle.query(probeQuery)).record).toMatchObject({ misses: 0 });
    expect(await world().details(probeId('regular'))).toContain('The next is due');
    await handle.terminate();
  });

  it('are due when they are wanted, not before', async () => {
    await define('fresh', every('15m'));
    const from = await world().now();
    world().target.answer('fresh-there', 'hang');
    const handle = await begin('fresh');
    const { dueAt, record } = await handle.query(probeQuery);
    expect(record).toBeUndefined();
    expect(Math.abs((dueAt ?? 0) - from)).toBeLessThan(MINUTE);
    // Virtual time would stand still with a call whose workflow is gone.
    await world().settle();
    await handle.terminate();
  });

  it('count those that somebody asks for, which put off the next one', async () => {
    await define('asked', every('1h'));
    world().target.answer('asked-there', ...Array.from({ length: 3 }, () => ({ status: 500 })));
    const handle = await begin('asked');
    await world().sleep(HOUR / 2);
    await probe('asked');
    const last = await probe('asked');
    const { record, dueAt } = await handle.query(probeQuery);
    expect(record).toMatchObject({ misses: 3 });
    expect(dueAt).toBe(last.at + HOUR);
    await handle.terminate();
  });

  it('follow a changed definition, whatever order it is told in, and end where there are none any more', async () => {
    await define('changing', every('24h'));
    const handle = await begin('changing');
    await world().settle();
    const old = probeSettings(loaded('changing'));
    await define('changing', every('10m'));
    await begin('changing');
    await handle.signal(probeSettingsSignal, old);
    await handle.signal(probeSettingsSignal.name, 'nonsense');
    await world().sleep(11 * MINUTE);
    expect(reportsOf('changing')).toHaveLength(2);
    await define('changing');
    await begin('changing');
    await handle.result();
    expect(reportsOf('changing')).toHaveLength(2);
  });

  it('go on in a new history before theirs is long, with what they know', async () => {
    await define('long', every('10m'));
    world().target.answer('long-there', ...Array.from({ length: 130 }, () => ({ status: 500 })));
    const handle = await begin('long');
    const before = (await handle.describe()).runId;
    await world().sleep(18 * HOUR);
    const now = world().client.workflow.getHandle(probeId('long'));
    expect((await now.describe()).runId).not.toBe(before);
    expect((await now.query(probeQuery)).record?.misses).toBe(reportsOf('long').length);
    await now.terminate();
  });

  it('of a trigger that is not loaded any more end by themselves', async () => {
    await define('gone', every('10m'));
    const handle = await begin('gone');
    await world().settle();
    const { triggers } = world().current();
    expect(triggers.has('gone')).toBe(true);
    world().forgetTrigger('gone');
    await world().sleep(11 * MINUTE);
    await handle.result();
    expect(reportsOf('gone').at(-1)).toMatchObject({ ok: false, conclusion: expect.stringContaining('No trigger') });
  });
});

describe('an instance', () => {
  beforeAll(() => define('asks'));

  it('refuses what is no probe, and it leaves no trace', async () => {
    await world().send('asks', 'a');
    await world().settle();
    const asked = world()
      .client.workflow.getHandle(instanceId('asks'))
      .executeUpdate('probe', { args: [{ version: 2 }] });
    await expect(asked).rejects.toThrow();
    expect(await world().view('asks')).toMatchObject({ counts: { accepted: 1 } });
  });
});
