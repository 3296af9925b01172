import { Worker } from '@temporalio/worker';

import { HARD_TASKS } from '../../src/contract/limits.ts';
import { instanceId, TASK_QUEUE, WORKFLOW } from '../../src/contract/names.ts';
import { carry } from '../../src/core/carried.ts';
import { IDENTITIES_MAX } from '../../src/core/limits.ts';
import { initialState, pressureOf } from '../../src/core/state.ts';
import { step } from '../../src/core/step.ts';
import type { Definition } from '../../src/spec/definition.ts';
import { bundleOnce, World } from '../workflows/world.ts';
import { testServerPath } from './find-test-server.ts';

/** Pending events and keys near what an instance may hold, together. */
const EVENTS = 7_000;
const KEYS = 1_200;
/** What each task brings: 60 tasks a second of these would be 1,200 events a second. */
const OFFERS_PER_TASK = 20;

function offerOf(count: number, receivedAt: number) {
  const eventId = `evt_${String(count).padStart(10, '0').padEnd(22, '-')}`;
  return { eventId, body: 'body-of-this', receivedAt, key: `key-${count % KEYS}`, item: 'f.csv' };
}

/** A state with its caps nearly full: identities, pending events and keys. */
function fullState(definition: Definition, receivedAt: number) {
  const state = initialState(definition);
  for (let count = 0; count < IDENTITIES_MAX; count += 1) {
    state.seen.add(`x${String(count).padStart(11, '0')}`, 'abcdef', receivedAt);
  }
  for (let count = 0; count < EVENTS; count += 1) {
    step(state, { kind: 'offer', offer: offerOf(count, receivedAt) }, receivedAt);
  }
  return state;
}

/** Prints how long the worst instance takes to replay: as full as it may be, just before it continues as new. */
async function measure(): Promise<void> {
  const world = await World.open(await testServerPath());
  await world.define('worst', { stages: ['debounce: { quiet: 12h }', 'cooldown: { period: 1d }'] });
  const definition = world.current().triggers.get('worst')?.definition;
  if (!definition) throw new Error('not defined');
  const receivedAt = await world.now();
  const state = fullState(definition, receivedAt);
  const carried = carry(state);
  await world.client.workflow.start(WORKFLOW.trigger, {
    workflowId: instanceId('worst'),
    taskQueue: TASK_QUEUE,
    args: [{ version: 1, definition, carried }],
  });
  const { runId } = await world.instance('worst').describe();
  for (let task = 1; task < HARD_TASKS - 5; task += 1) {
    const first = EVENTS / 2 + task * OFFERS_PER_TASK;
    const offers = Array.from({ length: OFFERS_PER_TASK }, (_, index) => offerOf(first + index, receivedAt + task));
    await world.signal('worst', 'batch', { version: 1, offers, reports: [] });
    await world.view('worst');
  }
  const { pressure } = await world.view('worst');
  const history = await world.client.workflow.getHandle(instanceId('worst'), runId).fetchHistory();
  const events = history.events ?? [];
  const tasks = events.filter((event) => event.workflowTaskCompletedEventAttributes).length;
  const code = await bundleOnce();
  const sinks = { ledger: { record: { fn: () => undefined, callDuringReplay: false } } };
  for (const what of ['first', 'second', 'third']) {
    const before = performance.now();
    await Worker.runReplayHistory({ workflowBundle: { code }, sinks }, history);
    process.stdout.write(`${what} replay, with its worker: ${Math.round(performance.now() - before)} ms\n`);
  }
  const [{ pendingBytes, keyBytes }, mb] = [pressureOf(state), JSON.stringify(carried).length / 1_048_576];
  process.stdout.write(
    `${tasks} tasks, ${events.length} events; carried ${mb.toFixed(2)} MiB, ` +
      `${pendingBytes} pending bytes, ${keyBytes} key bytes; now ${JSON.stringify(pressure)}\n`,
  );
  await world.close();
}

await measure();
