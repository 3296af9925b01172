import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';

import { historyOf, runsOf } from '../chaos/ledger/collect.ts';
import { CuttableProxy } from './cuttable-proxy.ts';
import { event, eventually, Service } from './service.ts';

const definitions = (url: string) => `
apiVersion: signalbox/v1
kind: Target
metadata: { name: record }
spec: { http: { url: '${url}/start' }, onUnknown: retry }
---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: each }
spec:
  events: { pattern: { type: [each] } }
  run: { target: record, params: { id: "\${{ event.id }}" }, retry: { delays: [1s, 1s, 1s] } }
---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: window }
spec:
  events: { pattern: { type: [window] } }
  collect: "\${{ event.id }}"
  debounce: { quiet: 2s }
  run: { target: record, params: { ids: "\${{ items }}" }, retry: { delays: [1s, 1s, 1s] } }
`;

/** The service tries for 8 seconds. */
const REFUSED_WITHIN_MS = 12_000;
/** And notices soon that Temporal is back, however long it was away. */
const BACK_WITHIN_MS = 3_000;

let proxy: CuttableProxy;
let service: Service;
beforeAll(async () => {
  proxy = await CuttableProxy.start(inject('temporal').address);
  service = await Service.start({ definitions, address: proxy.address });
});
afterAll(async () => {
  await service.stop();
  await proxy.close();
});
beforeEach(async () => {
  proxy.set('open');
  await eventually(
    'a connection',
    async () => ((await service.get('/readyz')).status === 200 ? true : undefined),
    30_000,
  );
});

const idsCalled = () => service.target.calls.map(({ body }) => JSON.stringify(body['params']));
const callsFor = (id: string) => idsCalled().filter((params) => params.includes(`"${id}"`));

/** Sends until it is taken, as a correct sender does. */
async function sendUntilTaken(id: string, type: string): Promise<void> {
  await eventually(
    `an acknowledgement of ${id}`,
    async () => ((await service.send(event(id, type))).status === 202 ? true : undefined),
    30_000,
  );
}

test('Temporal away before the commit: 503, nothing acknowledged; taken once when it is back', async () => {
  await sendUntilTaken('before-0', 'each');
  proxy.set('cut');
  const sentAt = Date.now();
  const { status, headers, body } = await service.send(event('before-1', 'each'));
  expect(Date.now() - sentAt).toBeLessThan(REFUSED_WITHIN_MS);
  expect(status).toBe(503);
  expect(body).toMatchObject({ code: 'temporal_unavailable' });
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await service.get('/readyz')).status).toBe(503);
  expect((await service.get('/healthz')).status).toBe(200);

  proxy.set('open');
  const backAt = Date.now();
  await sendUntilTaken('before-1', 'each');
  expect(Date.now() - backAt).toBeLessThan(BACK_WITHIN_MS);
  await eventually('its run', () => callsFor('before-1')[0]);
  expect(callsFor('before-1')).toHaveLength(1);
});

test('answers of Temporal lost during the commit: 503, and what was committed is recognised when it comes again', async () => {
  await sendUntilTaken('during-0', 'each');
  proxy.set('silent');
  const { status, headers } = await service.send(event('during-1', 'each'));
  expect(status).toBe(503);
  expect(headers.get('retry-after')).not.toBeNull();
  const committed = await historyOf(service.client, 'each');
  const before = committed.deliveries.length;
  expect(before).toBeGreaterThan(1);

  proxy.set('open');
  await sendUntilTaken('during-1', 'each');
  await eventually('its run', () => callsFor('during-1')[0]);
  const again = await service.send(event('during-1', 'each'), { prefer: 'wait=10' });
  expect(again.body).toMatchObject({ verdicts: [{ kind: 'suppressed', stage: 'dedupe' }] });
  const runs = (await runsOf(service.client)).filter(({ trigger }) => trigger === 'each');
  const members = runs.flatMap(({ eventIds }) => eventIds);
  expect(new Set(members).size).toBe(members.length);
  expect(new Set(callsFor('during-1')).size).toBe(1);
});

test('Temporal away after the commit: the window fires all the same once it is back', async () => {
  await sendUntilTaken('after-1', 'window');
  await sendUntilTaken('after-2', 'window');
  proxy.set('cut');
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect(callsFor('after-1')).toEqual([]);
  proxy.set('open');
  const params = await eventually('the run of the window', () => callsFor('after-1')[0], 30_000);
  expect(JSON.parse(params)).toEqual({ ids: ['after-1', 'after-2'] });
  expect(callsFor('after-2')).toHaveLength(1);
});
