import type { ServerResponse } from 'node:http';

import { expect, onTestFinished, test } from 'vitest';

import { laneQuery, requestSignal } from '../../src/contract/places.ts';
import { WORKFLOW } from '../../src/contract/names.ts';
import { event, eventually, Service } from './service.ts';

const definitions = (url: string, limit = 2) => `
apiVersion: signalbox/v1
kind: Pool
metadata: { name: gpu }
spec: { limit: ${limit} }
---
apiVersion: signalbox/v1
kind: Target
metadata: { name: train }
spec: { http: { url: '${url}/start' } }
---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: laned }
spec:
  events: { pattern: { type: [laned] } }
  run: { target: train, lane: 'model/\${{ event.data.model }}', params: { id: '\${{ event.id }}' } }
---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: pooled }
spec:
  events: { pattern: { type: [pooled] } }
  key: '\${{ event.id }}'
  run: { target: train, pool: gpu, params: { id: '\${{ event.id }}' } }
`;

/** Calls wait until they are let go; `most` ran at once. */
class Gate {
  readonly waiting: ServerResponse[] = [];
  most = 0;
  isOpen = false;

  take(response: ServerResponse): void {
    this.waiting.push(response);
    this.most = Math.max(this.most, this.waiting.length);
    if (this.isOpen) setTimeout(() => this.letGo(), 20);
  }

  letGo(): void {
    this.waiting.shift()?.end('{}');
  }

  open(): void {
    this.isOpen = true;
    while (this.waiting.length > 0) this.letGo();
  }
}

async function start(): Promise<{ readonly service: Service; readonly gate: Gate }> {
  const gate = new Gate();
  const service = await Service.start({
    definitions: (url) => definitions(url),
    answer: (_call, response) => gate.take(response),
  });
  onTestFinished(async () => service.stop());
  return { service, gate };
}

const idsOf = (service: Service) => service.target.calls.map(({ body }) => JSON.stringify(body['params']));

const laneOf = (service: Service, id: string) => service.client.workflow.getHandle(id).query(laneQuery);

/** The lane once so many wait in it. */
const waitingIn = (service: Service, id: string, count: number) =>
  eventually(`${count} runs wait for ${id}`, async () => {
    const view = await laneOf(service, id).catch(() => undefined);
    return view?.waitingCount === count ? view : undefined;
  });

test('a lane that somebody terminates still knows who holds it', async () => {
  const { service, gate } = await start();
  await service.send(event('a', 'laned', { data: { model: 'eu' } }));
  await eventually('the first call', () => (gate.waiting.length === 1 ? true : undefined));
  const before = await waitingIn(service, 'lane/model/eu', 0);
  await service.client.workflow.getHandle('lane/model/eu').terminate('by mistake');
  await service.send(event('b', 'laned', { data: { model: 'eu' } }));
  const after = await waitingIn(service, 'lane/model/eu', 1);
  expect(after.holders).toEqual(before.holders);
  expect(idsOf(service)).toHaveLength(1);
  const { body } = await service.get('/v1/lanes');
  expect(body).toMatchObject({
    lanes: [{ workflowId: 'lane/model/eu', limit: 1, holders: [{ trigger: 'laned' }], waitingCount: 1 }],
  });
  gate.open();
  await eventually('both ran', () => (idsOf(service).length === 2 ? true : undefined));
  expect(gate.most).toBe(1);
  await waitingIn(service, 'lane/model/eu', 0);
});

test('a pool gives no more places than it has, takes a larger limit when it is loaded, and loses none', async () => {
  const { service, gate } = await start();
  const ids = Array.from({ length: 40 }, (_, index) => `e${index}`);
  await service.send(ids.map((id) => event(id, 'pooled')));
  const { holders, limit } = await waitingIn(service, 'pool/gpu', 38);
  expect([limit, holders.length]).toEqual([2, 2]);
  service.define('definitions.yaml', definitions(service.target.url, 5));
  await waitingIn(service, 'pool/gpu', 35);
  await eventually('five run', () => (gate.waiting.length === 5 ? true : undefined));
  gate.open();
  await eventually('all have run', () => (idsOf(service).length === ids.length ? true : undefined), 60_000);
  expect(new Set(idsOf(service)).size).toBe(ids.length);
  expect(gate.most).toBe(5);
  await eventually('nobody holds a place', async () =>
    (await laneOf(service, 'pool/gpu')).holders.length === 0 ? true : undefined,
  );
});

test('a lane that nobody ever wanted can be asked for by anyone, and what they send breaks nothing', async () => {
  const { service } = await start();
  await service.client.workflow.signalWithStart(WORKFLOW.lane, {
    workflowId: 'lane/strange',
    taskQueue: 'signalbox',
    args: [{ version: 1, of: 'lane', name: 'strange' }],
    signal: requestSignal,
    signalArgs: [{ version: 1, run: { runId: 'sb1-nobody', trigger: 't', kind: 'train' } }],
  });
  // The run is nowhere: it cannot be told of its place, is looked up, and loses it.
  await eventually('the place is free', async () =>
    (await laneOf(service, 'lane/strange')).holders.length === 0 ? true : undefined,
  );
});
