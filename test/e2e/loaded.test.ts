import { afterAll, beforeAll, expect, test } from 'vitest';

import { viewQuery } from '../../src/contract/definitions.ts';
import { isObject } from '../../src/match/json.ts';
import { event, eventually, Service } from './service.ts';

const silent = `---
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
metadata: { name: moved }
spec:
  events: { pattern: { type: [data.moved] } }
  debounce: { quiet: 8s }
  run: { target: record }
`;

const definitions = (url: string, limit: string, more = silent) => `
apiVersion: signalbox/v1
kind: Target
metadata: { name: record }
spec: { http: { url: '${url}/start' } }
${more}---
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

test('a trigger that is removed is seen until what it holds has ended, and falls back no more', async () => {
  const { url } = service.target;
  expect((await service.send(event('m', 'data.moved'))).status).toBe(202);
  service.define('definitions.yaml', definitions(url, '1', ''));
  const listed = async () => {
    const { body } = await service.get('/v1/triggers');
    return Array.isArray(body['triggers']) ? body['triggers'].filter((one) => isObject(one) && one['removed']) : [];
  };
  const [seen] = await eventually('the removed trigger in the list', async () => {
    const removed = await listed();
    return removed.length > 0 ? removed : undefined;
  });
  expect(seen).toMatchObject({ name: 'moved', mode: 'live', removed: true, openWindows: 1 });
  const { body: detail } = await service.get('/v1/triggers/moved');
  expect(detail).toMatchObject({ name: 'moved', removed: true, keys: [{ window: { eventCount: 1 } }] });
  expect(detail).not.toHaveProperty('definition');
  expect((await service.order('/v1/triggers/moved/fire')).status).toBe(404);

  expect((await service.order('/v1/triggers/moved/pause')).body).toMatchObject({ trigger: 'moved', changed: true });
  expect((await listed())[0]).toMatchObject({ name: 'moved', paused: { keptEvents: 0 } });
  const { body: resumed } = await service.order('/v1/resume');
  expect(resumed['triggers']).toContainEqual(expect.objectContaining({ trigger: 'moved', changed: true }));
  await eventually('the run of its window', () => (calls('moved').length === 1 ? true : undefined));
  await eventually('an empty list', async () => ((await listed()).length === 0 ? true : undefined));

  // A new store takes its time to open on a busy machine.
  const askedWhy = async () => {
    const { status, body } = await service.get('/v1/triggers/moved/why?since=1h');
    return status === 200 ? body : undefined;
  };
  const why = await eventually('why, of a removed trigger', askedWhy, 60_000);
  expect(why).toMatchObject({ notices: expect.arrayContaining([expect.stringContaining('not loaded any more')]) });
  expect((await service.get('/v1/triggers/moved/stats?since=1h')).body).toMatchObject({ runs: { decided: 1 } });
  expect((await service.get('/v1/triggers/never-there/why')).status).toBe(404);

  const ofSilent = async () => (await service.client.workflow.getHandle('trigger/silent').query(viewQuery)).watched;
  await eventually('the end of its fallback', async () => ((await ofSilent()).length === 0 ? true : undefined));
  expect(service.running.output()).toContain('a trigger is not loaded any more');

  service.define('definitions.yaml', definitions(url, '1'));
  await eventually('the fallback of the trigger that is back', async () => ((await ofSilent())[0] ? true : undefined));
});

test('a changed definition reaches what waits, without another event', async () => {
  for (const id of ['a', 'b', 'c']) expect((await service.send(event(id, 'data.landed'))).status).toBe(202);
  await eventually('the first run', () => (calls('slow').length === 1 ? true : undefined));
  service.define('definitions.yaml', definitions(service.target.url, '2'));
  await eventually('the second run', () => (calls('slow').length === 2 ? true : undefined));
  expect(calls('slow').map(({ body }) => body['params'])).toEqual([{ id: 'a' }, { id: 'b' }]);
});
