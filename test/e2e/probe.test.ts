import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { eventually, Service } from './service.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The pipelines' own word about how they are; the recording target beside it must never be called. */
let healthy = true;
let health: Server;
let service: Service;

const definitions = (url: string, healthUrl: string) => `
apiVersion: signalbox/v1
kind: Target
metadata: { name: pipeline }
spec: { http: { url: '${url}/start', probe: { url: '${healthUrl}' } } }
---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: watched }
spec:
  events: { pattern: { type: [landed] } }
  key: '\${{ event.data.region }}'
  probe: { every: 1h, event: { type: landed, data: { region: eu } } }
  run: { target: pipeline, params: { region: '\${{ key }}' } }
`;

beforeAll(async () => {
  health = createServer((_request, response) => response.writeHead(healthy ? 200 : 401).end('{}'));
  await new Promise<void>((resolve) => health.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = health.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  service = await Service.start({ definitions: (url) => definitions(url, `http://127.0.0.1:${port}/healthz`) });
});
afterAll(async () => {
  await service.stop();
  health.closeAllConnections();
  health.close();
});

/** A `signalbox` command against the service: its exit code and what it wrote. */
function signalbox(...args: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const env = { ...process.env, SIGNALBOX_API_URL: service.running.url };
  return new Promise((resolve) => {
    const done = (error: Error | null, out: string, err: string) =>
      resolve({ code: error && 'code' in error ? Number(error.code) : 0, out, err });
    execFile(process.execPath, ['bin/signalbox.mjs', ...args], { cwd: ROOT, env }, done);
  });
}

/** A gauge of the trigger; undefined until it is there. */
async function gauge(name: string): Promise<number | undefined> {
  const found = new RegExp(`^${name}\\{trigger="watched"[^}]*\\} (\\S+)$`, 'm').exec(await service.metrics());
  return found ? Number(found[1]) : undefined;
}
/** Workers look every 15 seconds. */
const LOOK_MS = 60_000;
function gaugeIs(name: string, holds: (value: number) => boolean): Promise<number> {
  const look = async () => {
    const value = await gauge(name);
    return value !== undefined && holds(value) ? value : undefined;
  };
  return eventually(name, look, LOOK_MS);
}

test('a trigger is probed as soon as it is loaded, and the metrics say that all is fine', async () => {
  await gaugeIs('signalbox_probe_last_success_timestamp_seconds', (at) => Math.abs(Date.now() / 1_000 - at) < 120);
  expect(await gauge('signalbox_probe_consecutive_misses')).toBe(0);
  expect(await gauge('signalbox_probe_overdue_seconds')).toBe(0);
});

test('a probe over HTTP answers how far it came and how long each leg took, and calls nothing', async () => {
  const { status, body } = await service.order('/v1/triggers/watched/probe');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    trigger: 'watched',
    ok: true,
    way: {
      sample: true,
      match: { kind: 'taken', key: 'eu' },
      matchedMs: expect.any(Number),
      decidedMs: expect.any(Number),
      decision: { ok: true, mode: 'live' },
    },
    targets: [{ target: 'pipeline', found: 'ready', workerMs: expect.any(Number), answeredMs: expect.any(Number) }],
  });
  expect(service.target.calls).toEqual([]);
  expect((await service.order('/v1/triggers/nobody/probe')).status).toBe(404);
});

test(
  'three misses in a row stand in the metrics, where the alert looks, and outlive the process',
  async () => {
    healthy = false;
    const first = await signalbox('probe', 'watched');
    expect(first).toMatchObject({ code: 1, out: expect.stringContaining('answered 401') });
    expect((await service.order('/v1/triggers/watched/probe')).body).toMatchObject({ ok: false });
    expect((await signalbox('probe', 'watched', '-o', 'json')).code).toBe(1);
    await gaugeIs('signalbox_probe_consecutive_misses', (misses) => misses === 3);
    expect(service.running.output()).toContain('a probe missed');
    await service.end();
    await service.launch();
    await gaugeIs('signalbox_probe_consecutive_misses', (misses) => misses === 3);
  },
  4 * LOOK_MS,
);

test('one that is fine again ends the row', async () => {
  healthy = true;
  const { code, out } = await signalbox('probe', 'watched', '-o', 'json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ ok: true, conclusion: 'Ready: its target.' });
  await gaugeIs('signalbox_probe_consecutive_misses', (misses) => misses === 0);
  expect((await signalbox('probe', 'nobody')).code).toBe(1);
  expect(service.target.calls).toEqual([]);
});

test('a probe that is not wanted regularly any more comes to its end', async () => {
  const handle = service.client.workflow.getHandle('probe/watched');
  expect((await handle.describe()).status.name).toBe('RUNNING');
  service.define('definitions.yaml', definitions(service.target.url, 'http://127.0.0.1:9').replace('every: 1h, ', ''));
  await eventually('its end', async () => {
    const { status } = await handle.describe();
    return status.name === 'COMPLETED' ? true : undefined;
  });
});
