import { Worker } from '@temporalio/worker';
import { expect, onTestFinished, test } from 'vitest';

import { recoveryQuery, viewQuery } from '../../src/contract/definitions.ts';
import type { TriggerInput } from '../../src/contract/messages.ts';
import { instanceId, TASK_QUEUE, WORKFLOW } from '../../src/contract/names.ts';
import { carry } from '../../src/core/carried.ts';
import { CARRIED_MAX_BYTES, IDENTITIES_MAX } from '../../src/core/limits.ts';
import { initialState, type TriggerState } from '../../src/core/state.ts';
import { step } from '../../src/core/step.ts';
import { workflowSource } from '../../src/temporal/bundle.ts';
import { report } from '../setup/provided.ts';
import { event, eventually, Service } from './service.ts';

const definitions = (url: string) => `
apiVersion: signalbox/v1
kind: Target
metadata: { name: record }
spec: { http: { url: '${url}/start' } }
---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: window }
spec:
  events: { pattern: { type: [window] } }
  collect: "\${{ event.id }}"
  debounce: { quiet: 12s }
  run: { target: record, params: { ids: "\${{ items }}" } }
`;

async function start(): Promise<Service> {
  const service = await Service.start({ definitions });
  onTestFinished(async () => service.stop());
  return service;
}

const instance = (service: Service) => service.client.workflow.getHandle(instanceId('window'));

const viewOf = (service: Service) => instance(service).query(viewQuery);

/** The ids of the events of each run, in order. */
const runsOf = (service: Service) => service.target.calls.map(({ body }) => body['params']);

/** The instance once it holds so many events. */
const holding = (service: Service, events: number) =>
  eventually(`${events} pending events`, async () => {
    const { pressure } = await viewOf(service);
    return pressure.pendingItems === events ? true : undefined;
  });

async function detailsOf(service: Service): Promise<string> {
  const metadata: unknown = await instance(service).query('__temporal_workflow_metadata');
  return JSON.stringify(metadata);
}

test('an instance terminated in mid-window goes on with its window, its dedup and its counts', async () => {
  const service = await start();
  await service.send([event('a', 'window'), event('b', 'window')]);
  await holding(service, 2);
  const ended = (await instance(service).describe()).runId;
  await instance(service).terminate('a person did it');

  await service.send(event('c', 'window'));
  const again = await service.send(event('a', 'window'), { prefer: 'wait=5' });
  expect(again.body).toMatchObject({ verdicts: [{ kind: 'suppressed', stage: 'dedupe' }] });
  await eventually('the run of the window', () => service.target.calls[0], 60_000);
  expect(runsOf(service)).toEqual([{ ids: ['a', 'b', 'c'] }]);
  expect((await viewOf(service)).counts).toMatchObject({ accepted: 4, runs: 1, eventsInRuns: 3 });
  expect(await detailsOf(service)).toContain(`Taken over** from run \`${ended}\`, which ended as TERMINATED`);
  expect(await service.metrics()).toContain('signalbox_recoveries_total{trigger="window",outcome="recovered"} 1');
  await eventually('why tells of it', async () => {
    const { body } = await service.get('/v1/triggers/window/why?since=1h');
    return JSON.stringify(body).includes('ended from outside (TERMINATED)') ? true : undefined;
  });

  const history = await instance(service).fetchHistory();
  const sinks = { ledger: { record: { fn: () => undefined, callDuringReplay: false } } };
  await Worker.runReplayHistory({ ...workflowSource(), sinks }, history);
});

test('what it was sent and did not decide is decided by the next, which needs no event to begin', async () => {
  const service = await start();
  await service.send(event('a', 'window'));
  await holding(service, 1);
  await service.end();
  await service.launch('serve');
  await service.send([event('b', 'window'), event('c', 'window')]);
  await service.send(event('b', 'window'));
  await instance(service).terminate();
  await service.end();

  await service.launch();
  await eventually('the run of the window', () => service.target.calls[0], 60_000);
  expect(runsOf(service)).toEqual([{ ids: ['a', 'b', 'c'] }]);
  const { counts } = await viewOf(service);
  expect(counts).toMatchObject({ accepted: 4, suppressed: { dedupe: 1 }, runs: 1, eventsInRuns: 3 });
  expect(service.running.output()).toContain('an ended instance is started again');
});

test('several instances terminated one after the other before any worker saw them lose nothing', async () => {
  const service = await start();
  await service.send(event('a', 'window'));
  await holding(service, 1);
  await service.end();
  await service.launch('serve');
  for (const id of ['b', 'c', 'd']) {
    await instance(service).terminate();
    await service.send(event(id, 'window'));
  }
  await service.end();
  await service.launch();
  await eventually('the run of the window', () => service.target.calls[0], 60_000);
  expect(runsOf(service)).toEqual([{ ids: ['a', 'b', 'c', 'd'] }]);
  expect((await viewOf(service)).counts).toMatchObject({ accepted: 4, suppressed: { dedupe: 0 } });
});

test('a run that was decided and not confirmed is started once, however large the state is that comes with it', async () => {
  const service = await start();
  await service.send(event('first', 'window'));
  const { definition } = await viewOf(service);
  await eventually('its run', () => service.target.calls[0], 60_000);
  await service.end();
  await instance(service).terminate();

  const state = initialState(definition);
  const receivedAt = Date.now() - 60_000;
  step(state, { kind: 'offer', offer: offerOf('decided', receivedAt) }, receivedAt);
  step(state, { kind: 'tick' }, receivedAt + 20_000);
  const [runId] = state.starting.keys();
  fill(state, Date.now());
  const carried = carry(state);
  expect(JSON.stringify(carried).length).toBeGreaterThan(0.6 * CARRIED_MAX_BYTES);
  const input: TriggerInput = { version: 1, definition, carried };
  const again = { workflowId: instanceId('window'), taskQueue: TASK_QUEUE, args: [input] as const };
  await service.client.workflow.start(WORKFLOW.trigger, { ...again, args: [input] });
  await instance(service).terminate();

  await service.launch();
  await eventually('the run that was decided', () => service.target.calls[1], 60_000);
  expect(service.target.calls[1]?.key).toBe(runId);
  const { counts, pressure } = await viewOf(service);
  expect(counts.accepted).toBe(state.counts.accepted);
  expect(pressure.identities).toBe(IDENTITIES_MAX);
  const { carried: kept } = await instance(service).query(recoveryQuery);
  report(`recovered ${kept === undefined ? 0 : JSON.stringify(kept).length} bytes of state`);
  expect(service.target.calls.filter(({ key }) => key === runId)).toHaveLength(1);
});

function offerOf(name: string, receivedAt: number, key = 'default', item = name) {
  const eventId = `evt_${name.padEnd(22, '-')}`;
  return { eventId, body: 'body-of-this', receivedAt, key, item };
}

/** Fills a state near its caps: identities, and pending bytes. */
function fill(state: TriggerState, receivedAt: number): void {
  for (let count = 0; count < 3_100; count += 1) {
    const offer = offerOf(`fill${count}`, receivedAt, `key-${count % 100}`, 'x'.repeat(95));
    step(state, { kind: 'offer', offer }, receivedAt);
  }
  for (let count = state.seen.size; count < IDENTITIES_MAX; count += 1) {
    state.seen.add(`x${String(count).padStart(11, '0')}`, 'abcdef', receivedAt);
  }
}
