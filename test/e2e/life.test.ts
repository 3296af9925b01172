import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { event, eventually, Service } from './service.ts';

const target = (url: string) => `
apiVersion: signalbox/v1
kind: Target
metadata: { name: record }
spec: { http: { url: '${url}/start' } }
`;

const trigger = (name: string, rest: string) => `---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: ${name} }
spec:
  events: { pattern: { type: [${name}] } }
  collect: "\${{ event.id }}"
  ${rest}
  run: { target: record, params: { ids: "\${{ items }}" } }
`;

async function start(definitions: (url: string) => string): Promise<Service> {
  const service = await Service.start({ definitions });
  onTestFinished(async () => service.stop());
  return service;
}

test('a stop finishes what was accepted, and a restart keeps the windows', async () => {
  const service = await start((url) => target(url) + trigger('window', 'debounce: { quiet: 4s }'));
  const answered: string[] = [];
  const send = async (id: string) => {
    if ((await service.send(event(id, 'window'))).status === 202) answered.push(id);
  };
  await Promise.all(['a', 'b', 'c'].map(send));
  const late = Promise.allSettled(['d', 'e', 'f', 'g'].map(send));
  expect(await service.end()).toBe(0);
  await late;
  expect(answered.length).toBeGreaterThanOrEqual(3);

  await service.launch();
  const call = await eventually('the run of the window', () => service.target.calls[0]);
  expect(call.body).toMatchObject({ cause: 'events', params: { ids: expect.arrayContaining(answered) } });
  const { body } = await service.get('/v1/triggers/window');
  expect(body).toMatchObject({ counts: { runs: 1 } });
  expect(service.target.calls).toHaveLength(1);
});

test('a change of the definitions is taken while it runs; a bad file keeps the old ones and says so', async () => {
  const service = await start(target);
  expect((await service.send(event('a', 'added'))).body).toMatchObject({ accepted: [{ triggers: [] }] });
  service.define('added.yaml', trigger('added', ''));
  await eventually('the new trigger', async () =>
    (await service.get('/v1/triggers/added')).status === 200 ? true : undefined,
  );
  await service.send(event('b', 'added'));
  await eventually('its run', () => service.target.calls[0]);

  service.define('added.yaml', trigger('added', 'debounce: { quite: 1s }'));
  const ready = await eventually('the refusal', async () => {
    const { body } = await service.get('/readyz');
    return JSON.stringify(body).includes('added.yaml') ? body : undefined;
  });
  expect(ready).toMatchObject({ ready: true, checks: { temporal: { ok: true }, definitions: { ok: false } } });
  expect(await service.metrics()).toMatch(/^signalbox_config_last_reload_success 0$/m);
  expect(await service.metrics()).toMatch(/^signalbox_config_generation 2$/m);
  const still = await service.send(event('c', 'added'), { prefer: 'wait=10' });
  expect(still.body).toMatchObject({ verdicts: [{ kind: 'started' }] });

  service.define('added.yaml', trigger('added', 'debounce: { quiet: 1s }'));
  await eventually('the repair', async () =>
    /^signalbox_config_last_reload_success 1$/m.test(await service.metrics()) ? true : undefined,
  );
  expect(await service.metrics()).toMatch(/^signalbox_config_generation 3$/m);
  await service.send([event('d', 'added'), event('e', 'added')]);
  const call = await eventually('the run under the new definition', () => service.target.calls[2]);
  expect(call.body).toMatchObject({ params: { ids: ['d', 'e'] } });
  expect(readdirSync(join(service.directory, 'definitions'))).toHaveLength(2);
});
