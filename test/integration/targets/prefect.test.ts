import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { describe, it, vi } from 'vitest';
import { z } from 'zod';

import { describeTarget } from '../../connectors/targets/contract.ts';
import { freePort, serverFolder, startServer } from '../servers/process.ts';
import { installPython } from '../servers/python.ts';

const VERSION = '3.8.8';
const PASSWORD = 'canary-51c0ffee';
const AUTHORIZATION = `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`;

const installed = await installPython(`prefect-${VERSION}`, [
  `prefect==${VERSION}`,
  // Newer ones break the start of this Prefect.
  'fastapi==0.150.0',
]);
const ENDS = { succeeded: 'COMPLETED', failed: 'FAILED', cancelled: 'CANCELLED' } as const;

const specOf = (origin: string, deployment = 'retrain/production') => ({
  prefect: {
    url: `${origin}/api`,
    auth: { basic: { username: 'admin', password: { secret: 'env:PREFECT_PASSWORD' } } },
    deployment,
  },
});

const withId = z.object({ id: z.string() });

async function ask(origin: string, path: string, body: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json', authorization: AUTHORIZATION };
  const init = { method: 'POST', headers, body: JSON.stringify(body) };
  // While its own services begin, they keep its database busy, and it says 503.
  const answer = await vi.waitUntil(
    async () => {
      const came = await fetch(`${origin}/api${path}`, init);
      return came.status === 503 ? undefined : came;
    },
    { timeout: 30_000, interval: 500 },
  );
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

async function open(bin: string) {
  const folder = await serverFolder('prefect');
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const environment = {
    PREFECT_HOME: folder,
    PREFECT_API_DATABASE_CONNECTION_URL: `sqlite+aiosqlite:///${join(folder, 'prefect.db')}`,
    PREFECT_SERVER_API_AUTH_STRING: `admin:${PASSWORD}`,
    PREFECT_SERVER_ANALYTICS_ENABLED: 'false',
    PREFECT_SERVER_UI_ENABLED: 'false',
  };
  const command = [join(bin, 'prefect'), 'server', 'start', '--host', '127.0.0.1', '--port', String(port)];
  const server = await startServer(folder, command, environment, `${origin}/api/health`);
  const flow = withId.parse(await ask(origin, '/flows/', { name: 'retrain' }));
  await ask(origin, '/deployments/', {
    name: 'production',
    flow_id: flow.id,
    enforce_parameter_schema: true,
    parameter_openapi_schema: { type: 'object', properties: { rows: { type: 'integer' } }, required: ['rows'] },
  });
  return { origin, server };
}

describe('prefect', () => {
  if (!installed.ok) {
    it('runs here', ({ skip }) => skip(installed.reason));
    return;
  }
  describeTarget(`prefect ${VERSION}`, { once: 'token', follows: true, probes: true }, async () => {
    const { origin, server } = await open(installed.bin);
    return {
      origin,
      spec: (at) => specOf(at),
      missing: (at) => specOf(at, 'retrain/renamed'),
      secrets: { 'env:PREFECT_PASSWORD': PASSWORD },
      acts: ({ path }) => path.endsWith('/create_flow_run'),
      effects: async (token) => {
        const filter = { flow_runs: { idempotency_key: { any_: [token] } } };
        return z.array(withId).parse(await ask(origin, '/flow_runs/filter', filter)).length;
      },
      params: () => ({ rows: 3 }),
      insideErrors: [],
      // No worker runs here: its reports are all Prefect sees of one.
      end: async (handle, how) => {
        const { flowRunId } = z.object({ flowRunId: z.string() }).parse(handle);
        await ask(origin, `/flow_runs/${flowRunId}/set_state`, { state: { type: ENDS[how] }, force: true });
      },
      unknown: { flowRunId: randomUUID() },
      close: () => server.stop(),
    };
  });
});
