import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { batchSignal, viewQuery } from '../../src/contract/definitions.ts';
import type { Program } from './program.ts';
import { event, eventually, Service } from './service.ts';

const definitions = (url: string, quiet: string) => `
apiVersion: signalbox/v1
kind: Target
metadata: { name: record }
spec: { http: { url: '${url}/start' } }
---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: shared }
spec:
  events: { pattern: { type: [data.landed] } }
  debounce: { quiet: ${quiet} }
  run: { target: record }
`;

let service: Service;
let replica: Program;
beforeAll(async () => {
  service = await Service.start({ definitions: (url) => definitions(url, '1s') });
  const directory = join(service.directory, 'newer');
  mkdirSync(directory);
  writeFileSync(join(directory, 'definitions.yaml'), definitions(service.target.url, '2s'));
  replica = await service.startAnother('serve', 'newer');
});
afterAll(async () => {
  await replica.stop();
  await service.stop();
});

test('of two replicas with different definitions the later load decides, and they do not take turns', async () => {
  const instance = service.client.workflow.getHandle('trigger/shared');
  const quietMs = async () => (await instance.query(viewQuery)).definition.debounce?.quietMs;
  for (let round = 0; round < 5; round += 1) {
    for (const [name, url] of [['older', service.running.url] as const, ['newer', replica.url] as const]) {
      const body = JSON.stringify(event(`${name}-${round}`, 'data.landed'));
      const headers = { 'content-type': 'application/cloudevents+json' };
      expect((await fetch(`${url}/events`, { method: 'POST', headers, body })).status).toBe(202);
    }
    // A new instance looks for an earlier one before it decides.
    await eventually('the newer definition', async () => ((await quietMs()) === 2_000 ? true : undefined));
  }
  await eventually('a run of them all', () => (service.target.calls.length > 0 ? true : undefined));
  const { events } = await instance.fetchHistory();
  const told = (events ?? []).filter(({ workflowExecutionSignaledEventAttributes: signaled }) => {
    const payload = signaled?.signalName === batchSignal.name ? signaled.input?.payloads?.[0]?.data : undefined;
    return Buffer.from(payload ?? '').includes('"definition"');
  });
  expect(told.length).toBeLessThanOrEqual(2);
});
