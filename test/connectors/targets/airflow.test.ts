import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { createTarget } from '../../../src/connectors/registry.ts';
import { targetFile } from '../../../src/spec/target.ts';
import { contextOf, depsOf, requestOf } from '../target-fixtures.ts';
import { describeTarget } from './contract.ts';
import { type AirflowServer, serveAirflow } from './strict/airflow.ts';
import { serve } from './strict/server.ts';

const PASSWORD = 'canary-0ddba11';
const secrets = { 'env:AIRFLOW_PASSWORD': PASSWORD };
const auth = { login: { username: 'ci', password: { secret: 'env:AIRFLOW_PASSWORD' } } };
const STATES = { succeeded: 'success', failed: 'failed', cancelled: 'failed' } as const;

const specOf = (url: string, dag = 'retrain') => ({ airflow: { url, auth, dag } });

describeTarget('airflow, on a strict server of our own', { once: 'token', follows: true, probes: true }, async () => {
  const server = await serveAirflow(PASSWORD);
  return {
    origin: server.origin,
    spec: (origin) => specOf(origin),
    missing: (origin) => specOf(origin, 'renamed'),
    secrets,
    acts: ({ method, path }) => method === 'POST' && path.endsWith('/dagRuns'),
    effects: async (token) => (server.runs.has(token) ? 1 : 0),
    params: () => ({ rows: 3 }),
    insideErrors: [],
    end: async (handle, how) => {
      server.runs.set(z.object({ dagRunId: z.string() }).parse(handle).dagRunId, STATES[how]);
    },
    unknown: { dagRunId: 'sb1-unknown' },
    close: () => server.close(),
  };
});

describe('an airflow target', () => {
  let server: AirflowServer;
  beforeEach(async () => {
    server = await serveAirflow(PASSWORD);
  });
  afterEach(() => server.close());

  const deps = depsOf('/', secrets);
  const targetAt = (url: string, spec: object = {}) =>
    createTarget(
      {
        name: 'train',
        directory: '/',
        spec: targetFile.shape.spec.parse({ airflow: { ...specOf(url).airflow, ...spec } }),
      },
      deps,
    );
  const handle = { dagRunId: 'sb1-1' };

  it('starts nothing while the DAG is paused, and joins what it started before', async () => {
    const target = targetAt(server.origin);
    server.pause(true);
    expect(await target.start(requestOf('sb1-1'), contextOf())).toEqual({
      kind: 'notStarted',
      code: 'target_unavailable',
      permanent: false,
      detail: 'The DAG retrain is paused: it takes runs and begins none. Unpause it.',
    });
    expect(server.runs.size).toBe(0);
    server.pause(false);
    await target.start(requestOf('sb1-1'), contextOf());
    server.pause(true);
    const paused = expect.stringContaining('is paused');
    expect(await target.start(requestOf('sb1-1'), contextOf())).toMatchObject({ kind: 'started', detail: paused });
    expect(await target.watch?.(handle, requestOf('sb1-1'), contextOf())).toEqual({ kind: 'running', detail: paused });
    expect(await target.probe?.(contextOf())).toEqual({ kind: 'notReady', detail: paused });
  });

  it('logs in once for all its calls, and anew when its token is refused', async () => {
    const target = targetAt(server.origin);
    await target.start(requestOf('sb1-1'), contextOf());
    await targetAt(server.origin).watch?.(handle, requestOf('sb1-1'), contextOf());
    expect(server.logins()).toBe(1);
    server.expire();
    expect(await target.watch?.(handle, requestOf('sb1-1'), contextOf())).toMatchObject({ kind: 'running' });
    expect(server.logins()).toBe(2);
  });

  it('starts nothing with a password that is refused', async () => {
    const wrong = createTarget(
      { name: 'train', directory: '/', spec: targetFile.shape.spec.parse(specOf(server.origin)) },
      depsOf('/', { 'env:AIRFLOW_PASSWORD': 'canary-wrong' }),
    );
    const outcome = await wrong.start(requestOf('sb1-1'), contextOf());
    expect(outcome).toMatchObject({ kind: 'notStarted', code: 'target_rejected', permanent: true });
    expect(outcome).toMatchObject({ detail: expect.stringContaining('/auth/token: answered 401') });
  });

  it('takes a conflict over something else for a refusal', async () => {
    const other = await serve(({ method, path }) => {
      if (path[0] === 'auth') return { status: 201, body: { jwt_token: 't-1' } };
      if (method === 'POST') return { status: 409, body: { detail: { reason: 'Unique constraint violation' } } };
      return path.length === 4
        ? { status: 200, body: { dag_id: 'retrain', is_paused: false } }
        : { status: 404, body: { detail: 'not found' } };
    });
    expect(await targetAt(other.origin).start(requestOf('sb1-1'), contextOf())).toMatchObject({
      kind: 'notStarted',
      permanent: true,
      detail: expect.stringContaining('answered 409 Conflict'),
    });
    await other.close();
  });

  it.each(['sb1/1', 'sb1 1', ''])('refuses a token that is no id of a DAG run: "%s"', async (token) => {
    expect(await targetAt(server.origin).start({ ...requestOf('sb1-1'), token }, contextOf())).toMatchObject({
      kind: 'notStarted',
      permanent: true,
    });
    expect(server.runs.size).toBe(0);
  });

  it.each(['..', '.'])('does not let a DAG named %s lead elsewhere', async (dag) => {
    expect(await targetAt(server.origin, { dag }).start(requestOf('sb1-1'), contextOf())).toMatchObject({
      kind: 'notStarted',
      permanent: true,
      detail: `Target train: "${dag}" cannot stand in a path.`,
    });
  });
});
