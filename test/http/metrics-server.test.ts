import { expect, onTestFinished, test } from 'vitest';

import { openMetricsServer } from '../../src/http/metrics-server.ts';
import { createMetrics } from '../../src/observability/metrics.ts';

async function served(token?: string): Promise<string> {
  const metrics = createMetrics({ version: '0.1.0' });
  const server = await openMetricsServer(metrics, {
    host: '127.0.0.1',
    port: 0,
    ...(token !== undefined && { token }),
  });
  onTestFinished(() => server.close());
  return `http://127.0.0.1:${server.port}`;
}

test('a worker serves its metrics and nothing else', async () => {
  const url = await served();
  const found = await fetch(`${url}/metrics`);
  expect(found.status).toBe(200);
  expect(await found.text()).toContain('signalbox_build_info{version="0.1.0"} 1');
  expect((await fetch(`${url}/events`)).status).toBe(404);
  expect((await fetch(`${url}/metrics`, { method: 'POST', body: '' })).status).toBe(404);
});

test('behind a token only who has it reads them', async () => {
  const url = await served('secret');
  expect((await fetch(`${url}/metrics`)).status).toBe(401);
  const authorized = await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer secret' } });
  expect(authorized.status).toBe(200);
});
