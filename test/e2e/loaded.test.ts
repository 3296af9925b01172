import { afterAll, beforeAll, expect, test } from 'vitest';

import { event, eventually, Service } from './service.ts';

const definitions = (url: string, limit: string) => `
apiVersion: signalbox/v1
kind: Target
metadata: { name: record }
spec: { http: { url: '${url}/start' } }
---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: silent }
spec:
  events: { pattern: { type: [never] } }
  fallback: { unless: { fired: 2s } }
  run: { target: record, params: { cause: "\${{ run.cause }}" } }
---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: slow }
spec:
  events: { pattern: { type: [data.landed] } }
  rate: { limit: ${limit}, per: 1d }
  run: { target: record, params: { id: "\${{ event.id }}" } }
`;

let service: Service;
beforeAll(async () => {
  service = await Service.start({ definitions: (url) => definitions(url, '1') });
});
afterAll(async () => service.stop());

const calls = (trigger: string) => service.target.calls.filter(({ body }) => body['trigger'] === trigger);

test('a trigger with a fallback begins to count when it is loaded, without any event', async () => {
  await eventually('its second fallback', () => (calls('silent').length >= 2 ? true : undefined));
  expect(calls('silent')[0]?.body).toMatchObject({ cause: 'fallback', params: { cause: 'fallback' } });
});

test('a changed definition reaches what waits, without another event', async () => {
  for (const id of ['a', 'b', 'c']) expect((await service.send(event(id, 'data.landed'))).status).toBe(202);
  await eventually('the first run', () => (calls('slow').length === 1 ? true : undefined));
  service.define('definitions.yaml', definitions(service.target.url, '2'));
  await eventually('the second run', () => (calls('slow').length === 2 ? true : undefined));
  expect(calls('slow').map(({ body }) => body['params'])).toEqual([{ id: 'a' }, { id: 'b' }]);
});
