import { randomUUID } from 'node:crypto';

import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { createTarget } from '../../../src/connectors/registry.ts';
import { targetFile } from '../../../src/spec/target.ts';
import { contextOf, depsOf, requestOf } from '../target-fixtures.ts';
import { linkTo } from '../../../src/connectors/targets/prefect.ts';
import { describeTarget } from './contract.ts';
import { servePrefect } from './strict/prefect.ts';
import { serve } from './strict/server.ts';

const PREFECT = { once: 'token', follows: true, probes: true } as const;
const PASSWORD = 'canary-51c0ffee';
const secrets = { 'env:PREFECT_PASSWORD': PASSWORD };
const ENDS = { succeeded: 'COMPLETED', failed: 'FAILED', cancelled: 'CANCELLED' } as const;

const specOf = (origin: string, deployment = 'retrain/production') => ({
  prefect: {
    url: `${origin}/api`,
    auth: { basic: { username: 'admin', password: { secret: 'env:PREFECT_PASSWORD' } } },
    deployment,
  },
});

describeTarget('prefect, on a strict server of our own', PREFECT, async () => {
  const server = await servePrefect(PASSWORD);
  return {
    origin: server.origin,
    spec: (origin) => specOf(origin),
    missing: (origin) => specOf(origin, 'retrain/renamed'),
    secrets,
    acts: ({ path }) => path.endsWith('/create_flow_run'),
    effects: async (token) => server.runsOf(token),
    params: () => ({ rows: 3 }),
    insideErrors: [],
    end: async (handle, how) => server.end(z.object({ flowRunId: z.string() }).parse(handle).flowRunId, ENDS[how]),
    unknown: { flowRunId: randomUUID() },
    close: () => server.close(),
  };
});

function targetOf(prefect: object) {
  const spec = targetFile.shape.spec.parse({ prefect: { deployment: 'retrain/production', ...prefect } });
  return createTarget({ name: 'train', directory: '/', spec }, depsOf('/', secrets));
}

describe('a prefect target', () => {
  it('refuses parameters that do not fit the deployment, and says so', async () => {
    const server = await servePrefect(PASSWORD);
    const target = createTarget(
      { name: 'train', directory: '/', spec: targetFile.shape.spec.parse(specOf(server.origin)) },
      depsOf('/', secrets),
    );
    expect(await target.start({ ...requestOf('sb1-1'), params: { rows: 'three' } }, contextOf())).toMatchObject({
      kind: 'notStarted',
      permanent: true,
      detail: expect.stringMatching(/Validation failed for field 'rows'.*Do the parameters fit the schema/),
    });
    await server.close();
  });

  it('refuses a flow run of another deployment under its key', async () => {
    const server = await serve(({ method }) => ({
      status: 200,
      body: method === 'GET' ? { id: 'd-1' } : { id: 'r-1', deployment_id: 'd-2', state: { type: 'RUNNING' } },
    }));
    expect(await targetOf({ url: `${server.origin}/api` }).start(requestOf('sb1-1'), contextOf())).toMatchObject({
      kind: 'notStarted',
      permanent: true,
      detail: expect.stringContaining('Another deployment'),
    });
    await server.close();
  });

  it.each([
    ['CRASHED', 'Crashed', 'failed'],
    ['FAILED', 'TimedOut', 'timedOut'],
    ['CANCELLED', 'Cancelled', 'cancelled'],
  ])('takes %s named %s for %s', async (type, name, status) => {
    const state = { type, name, message: 'out of\nmemory' };
    const server = await serve(() => ({ status: 200, body: { id: 'r-1', state } }));
    const seen = await targetOf({ url: server.origin }).watch?.({ flowRunId: 'r-1' }, requestOf('sb1-1'), contextOf());
    expect(seen).toEqual({
      kind: 'finished',
      status,
      detail: `${name}: out of memory`,
      result: { flowRunId: 'r-1', state: name },
    });
    await server.close();
  });

  it.each(['PAUSED', 'PENDING', 'CANCELLING', 'SOMETHING_NEW'])('waits while a run is %s', async (type) => {
    const server = await serve(() => ({ status: 200, body: { id: 'r-1', state: { type } } }));
    const seen = await targetOf({ url: server.origin }).watch?.({ flowRunId: 'r-1' }, requestOf('sb1-1'), contextOf());
    expect(seen).toMatchObject({ kind: 'running' });
    await server.close();
  });

  it.each([
    ['https://prefect.example/api/', 'https://prefect.example/runs/flow-run/r-1'],
    [
      'https://api.prefect.cloud/api/accounts/a-1/workspaces/w-1',
      'https://app.prefect.cloud/account/a-1/workspace/w-1/runs/flow-run/r-1',
    ],
  ])('links to the UI beside %s', (url, link) => {
    expect(linkTo(url, 'r-1')).toBe(link);
  });
});
