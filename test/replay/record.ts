import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

import { approveUpdate, finishUpdate } from '../../src/contract/definitions.ts';
import { probeId } from '../../src/contract/probes.ts';
import { releaseSignal } from '../../src/contract/places.ts';
import { eventsDeadLetterId, instanceId, runDeadLetterId, TASK_QUEUE, WORKFLOW } from '../../src/contract/names.ts';
import { type ReplayInput, replayWorkflowId, stopReplayUpdate } from '../../src/contract/replays.ts';
import { branchIdOf } from '../../src/core/run-id.ts';
import { createLetterOrders } from '../../src/http/dead-letter-orders.ts';
import { createProbeTrigger } from '../../src/http/probe.ts';
import { createTriggerOrders } from '../../src/http/trigger-orders.ts';
import { HOUR, MINUTE, SECOND, World } from '../workflows/world.ts';
import { targetYaml } from '../workflows/yaml.ts';
import { testServerPath } from './find-test-server.ts';

/** Brings an execution into a state and answers its workflow id. */
type Scenario = (world: World) => Promise<string>;

/**
 * Two more are kept as they were recorded and are not recorded here: `instance-before-recovery`, of a time when instances
 * did not look for an ended run, and `instance-recovered`, of a server that lists executions, which this one does not.
 * Keep `instance-leading-edge` too: it is of a time when instances had local activities.
 */
const SCENARIOS: { readonly [file: string]: Scenario } = {
  'replay-stopped': async (world) => {
    await world.define('replayed', { key: '${{ event.id }}' });
    await world.sendAll('replayed', ['a', 'b', 'c', 'd']);
    await world.settle();
    const untilAt = (await world.now()) + 1;
    const of = { trigger: 'replayed', replayId: 'rpl_recorded', sinceAt: 0, untilAt };
    const input: ReplayInput = { version: 1, ...of, pace: 1 / 60, expected: 4, by: 'ann' };
    const workflowId = replayWorkflowId('replayed', 'rpl_recorded');
    const start = { workflowId, taskQueue: TASK_QUEUE, args: [input] };
    const handle = await world.client.workflow.start(WORKFLOW.replay, start);
    await world.sleep(90_000);
    await handle.executeUpdate(stopReplayUpdate, { args: [{ by: 'bob' }] });
    await world.settle();
    return workflowId;
  },
  'instance-mid-debounce': async (world) => {
    await world.define('window', { stages: ['debounce: { quiet: 2h }'] });
    for (const id of ['a', 'b', 'c']) {
      await world.send('window', id, { key: id === 'c' ? 'other' : 'k' });
      await world.sleep(HOUR);
    }
    return instanceId('window');
  },
  'instance-after-continue-as-new': async (world) => {
    await world.define('continued', { stages: ['debounce: { quiet: 6h }'] });
    await world.send('continued', 'a');
    await world.settle();
    await world.continueAsNew('continued');
    await world.send('continued', 'b');
    await world.settle();
    return instanceId('continued');
  },
  'instance-leading-edge': async (world) => {
    await world.define('leading', { stages: ['debounce: { quiet: 2h, edge: leading }'] });
    await world.send('leading', 'a', {}, 2_000);
    await world.send('leading', 'b');
    await world.settle();
    return instanceId('leading');
  },
  'instance-starts-after-its-task': async (world) => {
    await world.define('after', { stages: ['debounce: { quiet: 2h, edge: both }'] });
    await world.send('after', 'a');
    await world.send('after', 'b');
    await world.sleep(3 * HOUR);
    return instanceId('after');
  },
  'instance-cooldown-hold': async (world) => {
    await world.define('cooling', { stages: ['cooldown: { period: 3h }'] });
    await world.send('cooling', 'a');
    await world.sleep(HOUR);
    await world.send('cooling', 'b');
    await world.sleep(2 * HOUR + MINUTE);
    await world.send('cooling', 'c');
    await world.settle();
    return instanceId('cooling');
  },
  'instance-conflict': async (world) => {
    await world.define('conflict', { stages: ['debounce: { quiet: 2h }'] });
    await world.send('conflict', 'a', { file: '1' });
    await world.send('conflict', 'a', { file: '2' });
    await world.settle();
    return instanceId('conflict');
  },
  'run-mid-retry': async (world) => {
    await world.define('retry');
    world.target.answer('retry', { status: 500 }, { status: 500 });
    await world.send('retry', 'a');
    await world.sleep(2 * MINUTE);
    return world.onlyRunId('retry');
  },
  'run-succeeded': async (world) => {
    await world.define('success');
    await world.send('success', 'a');
    await world.settle();
    return world.onlyRunId('success');
  },
  'run-dead-letter': async (world) => {
    await world.define('refused');
    world.target.answer('refused', { status: 404 });
    await world.send('refused', 'a');
    await world.settle();
    return world.onlyRunId('refused');
  },
  'run-approved': async (world) => {
    await world.define('approved', { stages: ['approval: { timeout: 4h, notify: [{ target: approved }] }'] });
    await world.send('approved', 'a');
    await world.settle();
    const runId = world.onlyRunId('approved');
    await world.client.workflow.getHandle(runId).executeUpdate(approveUpdate, { args: [{ by: 'ann' }] });
    await world.settle();
    return runId;
  },
  'run-rejected-in-time': async (world) => {
    await world.define('ignored', { stages: ['approval: { timeout: 4h }'] });
    await world.send('ignored', 'a');
    await world.sleep(5 * HOUR);
    return world.onlyRunId('ignored');
  },
  'instance-orders': async (world) => {
    await world.define('ordered', { stages: ['cooldown: { period: 3h, onExcess: ask }'] });
    const orders = createTriggerOrders(world.client, () => world.current(), Date.now);
    await orders.order('ordered', { kind: 'fire', key: 'k', id: '1', force: false, by: 'ann' });
    await world.settle();
    await orders.order('ordered', { kind: 'pause', by: 'ann' });
    await world.send('ordered', 'a');
    await orders.order('ordered', { kind: 'resume', by: 'ann' });
    await world.settle();
    const asking = world.runs('ordered').at(-1)?.runId ?? '';
    await world.client.workflow.getHandle(asking).executeUpdate(approveUpdate, { args: [{ by: 'ann' }] });
    await world.settle();
    return instanceId('ordered');
  },
  'run-after-waiting': async (world) => {
    await heldLane(world, 'waited');
    await world.sleep(2 * HOUR);
    return 'sb1-waited-second';
  },
  'run-waiting': async (world) => {
    await heldLane(world, 'waiting');
    return 'sb1-waiting-second';
  },
  'lane-checked-and-released': async (world) => {
    await heldLane(world, 'checked');
    await world.sleep(30 * MINUTE);
    await world.client.workflow.getHandle('sb1-checked-first').cancel();
    await world.settle();
    return 'lane/checked';
  },
  'pool-after-continue-as-new': async (world) => {
    await world.definePool('places', 1);
    await heldLane(world, 'shared', 'pool: places');
    const pool = world.client.workflow.getHandle('pool/places');
    await Promise.all(Array.from({ length: 500 }, () => pool.signal(releaseSignal, { runId: 'sb1-stranger' })));
    await world.sleep(2 * HOUR);
    return 'pool/places';
  },
  'dead-letter-replayed': async (world) => {
    await world.define('given-up');
    world.target.answer('given-up', { status: 404 });
    await world.send('given-up', 'a');
    await world.settle();
    const runId = world.onlyRunId('given-up');
    const orders = createLetterOrders(world.client, Date.now);
    await orders.editLetter(runId, { by: 'ann', params: { full: true } });
    await orders.replayLetter(runId, { by: 'ann', reason: 'fixed' });
    await world.settle();
    return runDeadLetterId(runId);
  },
  'instance-replay': async (world) => {
    await world.define('again', { stages: ['cooldown: { period: 3h }'] });
    world.target.answer('again', { status: 404 });
    await world.send('again', 'a');
    await world.settle();
    await createLetterOrders(world.client, Date.now).replayLetter(world.onlyRunId('again'), { by: 'ann' });
    await world.sleep(3 * HOUR + MINUTE);
    return instanceId('again');
  },
  'run-watched': async (world) => {
    const url = `${world.target.url}/watched`;
    await world.define('watched', {
      http: [`watch: { url: "${url}/state", every: 1m, succeeded: "body.done", failed: "false" }`],
    });
    world.target.answer('watched/state', ...Array.from({ length: 99 }, () => ({ status: 200, body: { done: false } })));
    await world.send('watched', 'a');
    await world.sleep(10 * MINUTE);
    return world.onlyRunId('watched');
  },
  'run-called-back': async (world) => {
    await world.define('called', { http: ['watch: {}'] });
    await world.send('called', 'a');
    await world.settle();
    const runId = world.onlyRunId('called');
    await world.client.workflow.getHandle(runId).executeUpdate(finishUpdate, { args: [{ status: 'succeeded' }] });
    await world.settle();
    return runId;
  },
  'run-deploy-baking': async (world) => {
    await deployment(world, 'baking', 'steps: [{ weight: 10, bake: 1h }, { weight: 100 }]');
    return world.onlyRunId('baking');
  },
  'run-deploy-undone': async (world) => {
    world.target.answer('undone', { status: 200 }, { status: 400 });
    await deployment(world, 'undone', 'check: { target: undone, params: {} }');
    return world.onlyRunId('undone');
  },
  'run-rollback-told': async (world) => {
    await world.defineRun('rolls', {
      run: [
        'kind: rollback',
        'lane: rolls',
        'guard: { target: told-by, expect: "result.auc > 0.5" }',
        'route: { target: told-by }',
        'notify: [{ target: told-by }]',
        'incident: { target: told-by }',
      ],
      targets: ['told-by'],
    });
    await world.send('rolls', 'a');
    await world.settle();
    return world.onlyRunId('rolls');
  },
  'probe-missed': async (world) => {
    await probing(world, 'missed', 'probe: { every: 15m }');
    world.target.answer('missed-there', { status: 200 }, { status: 401 }, { status: 401 });
    await probed(world, 'missed');
    await world.sleep(31 * MINUTE);
    return probeId('missed');
  },
  'instance-probed': async (world) => {
    await probing(world, 'seen', 'debounce: { quiet: 2h }');
    await world.send('seen', 'a');
    await world.settle();
    await probed(world, 'seen');
    await world.send('seen', 'b');
    await world.settle();
    return instanceId('seen');
  },
  'run-fan-out-going': async (world) => {
    await fanOut(world, 'going', 'watch: {}', 'parallel: 2');
    return world.onlyRunId('going');
  },
  'run-fan-out-missed': async (world) => {
    world.target.answer('missed', { status: 404 });
    await fanOut(world, 'missed', 'watch: {}', 'retry: { delays: [] }');
    return world.onlyRunId('missed');
  },
  'run-fan-out-replayed': async (world) => {
    world.target.answer('refound', { status: 200 }, { status: 404 });
    await fanOut(world, 'refound', 'method: POST', 'parallel: 1', 'then: { target: refound }');
    await createLetterOrders(world.client, Date.now).replayLetter(world.onlyRunId('refound'), { by: 'ann' });
    await world.settle();
    return world.runs('refound')[1]?.runId ?? '';
  },
  'branch-called-back': async (world) => {
    await fanOut(world, 'branches', 'watch: {}');
    const runId = branchIdOf(world.onlyRunId('branches'), 'eu');
    await world.client.workflow.getHandle(runId).executeUpdate(finishUpdate, { args: [{ status: 'succeeded' }] });
    await world.settle();
    return runId;
  },
  'dead-letter': async (world) => {
    await world.define('broken', { key: '${{ event.data.missing }}' });
    await world.send('broken', 'a');
    await world.send('broken', 'b');
    await world.sleep(30 * SECOND);
    const generation = world.current().triggers.get('broken')?.generation ?? '';
    return eventsDeadLetterId({ trigger: 'broken', generation, code: 'mapping_error', place: '/key' });
  },
};

/** A deployment to one target, at its beginning or its end. */
async function deployment(world: World, name: string, promotion: string): Promise<void> {
  await world.defineRun(name, {
    run: [
      'kind: deploy',
      `lane: ${name}`,
      'version: "7"',
      `stage: { target: ${name} }`,
      `smoke: [{ target: ${name}, expect: "result.auc > 0.5" }]`,
      `promote: { target: ${name}, ${promotion} }`,
      `revert: { target: ${name} }`,
    ],
    targets: [name],
  });
  await world.send(name, 'a');
  await world.settle();
}

/** A trigger with this setting, whose target can be probed. */
function probing(world: World, name: string, stage: string): Promise<void> {
  return world.define(name, { stages: [stage], http: [`probe: { url: "${world.target.url}/${name}-there" }`] });
}

async function probed(world: World, name: string): Promise<void> {
  const answer = await createProbeTrigger(world.client, () => world.current(), Date.now)(name);
  if (!answer.ok) throw new Error(answer.refusal.detail);
}

/** A fan-out over two regions to one target, on its way. */
async function fanOut(world: World, name: string, http: string, ...run: readonly string[]): Promise<void> {
  await world.defineRun(name, {
    run: ['kind: fanOut', 'over: [eu, us]', `branch: { target: ${name}, params: { region: "\${{ item }}" } }`, ...run],
    more: targetYaml(name, world.target.url, [http]),
  });
  await world.send(name, 'a');
  await world.settle();
}

/** Two runs of a trigger that want one place; the first has it for an hour. */
async function heldLane(world: World, name: string, wanted = `lane: ${name}`): Promise<void> {
  await world.define(name, { run: [wanted] });
  world.target.answer(name, { status: 503, headers: { 'retry-after': '3600' } });
  for (const which of ['first', 'second']) {
    await world.startRun(name, `sb1-${name}-${which}`);
    await world.settle();
  }
}

const DIRECTORY = fileURLToPath(new URL('histories/', import.meta.url));

/** Records the histories that the arguments name, or all of them: after a change of the workflows that is meant to change them. */
async function record(): Promise<void> {
  const world = await World.open(await testServerPath());
  mkdirSync(DIRECTORY, { recursive: true });
  const wanted = process.argv.slice(2);
  for (const [file, scenario] of Object.entries(SCENARIOS)) {
    if (wanted.length > 0 && !wanted.includes(file)) continue;
    const workflowId = await scenario(world);
    const history = await world.client.workflow.getHandle(workflowId).fetchHistory();
    const json: unknown = JSON.parse(historyToJSON(history));
    // Who recorded it is of no use to anyone, and differs every time.
    const anonymous = JSON.stringify(json).replaceAll(/"identity":"[^"]*"/g, '"identity":"recorder"');
    const text = anonymous.replaceAll(process.cwd(), '/app');
    writeFileSync(`${DIRECTORY}${file}.json`, `${text}\n`);
    process.stdout.write(`${file}: ${history.events?.length ?? 0} events\n`);
  }
  await world.close();
}

await record();
