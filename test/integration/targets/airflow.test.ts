import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';

import { createTarget } from '../../../src/connectors/registry.ts';
import { targetFile } from '../../../src/spec/target.ts';
import { describeTarget } from '../../connectors/targets/contract.ts';
import { contextOf, depsOf, requestOf } from '../../connectors/target-fixtures.ts';
import { freePort, serverFolder, startServer } from '../servers/process.ts';
import { installPython } from '../servers/python.ts';

const VERSION = '3.3.2';
const PASSWORD = 'canary-0ddba11';
const secrets = { 'env:AIRFLOW_PASSWORD': PASSWORD };
const installed = await installPython(`airflow-${VERSION}`, [`apache-airflow==${VERSION}`]);

const specOf = (url: string, dag = 'retrain') => ({
  airflow: { url, dag, auth: { login: { username: 'ci', password: { secret: 'env:AIRFLOW_PASSWORD' } } } },
});

/** `retrain` waits for a pool that there is not; the others do what they are called. */
const DAGS = `
from airflow.sdk import dag, task

def define(name, paused=False, pool="default_pool", error=None):
    @dag(dag_id=name, schedule=None, is_paused_upon_creation=paused, max_active_runs=500)
    def pipeline():
        @task(pool=pool, retries=0)
        def work(dag_run=None):
            if error:
                raise ValueError(error)
            return dag_run.conf
        work()
    return pipeline()

waiting = define("retrain", pool="absent")
quick = define("succeeds")
broken = define("fails", error="no data")
sleeping = define("paused", paused=True)
`;

type Airflow = { readonly origin: string; stop(): Promise<void> };

async function open(bin: string): Promise<Airflow> {
  const folder = await serverFolder('airflow');
  const [port, workerLogs, triggerLogs] = [await freePort(), await freePort(), await freePort()];
  const origin = `http://127.0.0.1:${port}`;
  await mkdir(join(folder, 'dags'));
  await writeFile(join(folder, 'dags', 'pipelines.py'), DAGS);
  await writeFile(join(folder, 'passwords.json'), JSON.stringify({ ci: PASSWORD }));
  const environment = {
    AIRFLOW_HOME: folder,
    AIRFLOW__CORE__DAGS_FOLDER: join(folder, 'dags'),
    AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
    // Each is a process; the default is 32 of them.
    AIRFLOW__CORE__PARALLELISM: '2',
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS: 'ci:admin',
    AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE: join(folder, 'passwords.json'),
    AIRFLOW__CORE__EXECUTION_API_SERVER_URL: `${origin}/execution/`,
    AIRFLOW__API_AUTH__JWT_SECRET: randomBytes(48).toString('hex'),
    AIRFLOW__API__HOST: '127.0.0.1',
    AIRFLOW__API__PORT: String(port),
    AIRFLOW__API__WORKERS: '1',
    AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES: '1',
    AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT: String(workerLogs),
    AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT: String(triggerLogs),
    PATH: `${bin}:${process.env['PATH']}`,
  };
  const server = await startServer(
    folder,
    [join(bin, 'airflow'), 'standalone'],
    environment,
    `${origin}/api/v2/monitor/health`,
  );
  // The DAGs are read some time after the server answers.
  const known = async () => (await targetAt(origin, 'retrain').probe?.(contextOf()))?.kind === 'ready';
  await vi.waitUntil(known, { timeout: 120_000, interval: 500 });
  return { origin, stop: () => server.stop() };
}

function targetAt(origin: string, dag: string) {
  const spec = targetFile.shape.spec.parse(specOf(origin, dag));
  return createTarget({ name: 'train', directory: '/', spec }, depsOf('/', secrets));
}

async function ask(origin: string, path: string, body?: object, method = 'PATCH'): Promise<Response> {
  const login = await fetch(`${origin}/auth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'ci', password: PASSWORD }),
  });
  const token = z.object({ access_token: z.string() }).parse(await login.json()).access_token;
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const call = body ? { method, headers, body: JSON.stringify(body) } : { headers };
  return fetch(`${origin}/api/v2/dags/retrain/dagRuns/${path}`, call);
}

const STATES = { succeeded: 'success', failed: 'failed', cancelled: 'failed' } as const;

describe('airflow', () => {
  if (!installed.ok) {
    it('runs here', ({ skip }) => skip(installed.reason));
    return;
  }
  let airflow: Airflow;
  beforeAll(async () => {
    airflow = await open(installed.bin);
  });
  afterAll(() => airflow.stop());

  describeTarget(`airflow ${VERSION}`, { once: 'token', follows: true, probes: true }, async () => {
    const { origin } = airflow;
    return {
      origin,
      spec: (at) => specOf(at),
      missing: (at) => specOf(at, 'renamed'),
      secrets,
      acts: ({ method, path }) => method === 'POST' && path.endsWith('/dagRuns'),
      effects: async (token) => ((await ask(origin, token)).ok ? 1 : 0),
      params: () => ({ rows: 3 }),
      insideErrors: [],
      // As a person does it in the UI: no task of this DAG ever begins.
      end: async (handle, how) => {
        await ask(origin, z.object({ dagRunId: z.string() }).parse(handle).dagRunId, { state: STATES[how] });
      },
      unknown: { dagRunId: 'sb1-unknown' },
      close: async () => undefined,
    };
  });

  it.each([
    ['succeeds', 'succeeded'],
    ['fails', 'failed'],
  ])('sees that a DAG that %s has %s', async (dag, status) => {
    const target = targetAt(airflow.origin, dag);
    const started = await target.start(requestOf('sb1-1'), contextOf());
    expect(started).toMatchObject({ kind: 'started' });
    const look = () => target.watch?.({ dagRunId: 'sb1-1' }, requestOf('sb1-1'), contextOf());
    await expect.poll(look, { timeout: 150_000, interval: 500 }).toMatchObject({ kind: 'finished', status });
  });

  it('starts nothing while the DAG is paused', async () => {
    const outcome = await targetAt(airflow.origin, 'paused').start(requestOf('sb1-1'), contextOf());
    expect(outcome).toMatchObject({ kind: 'notStarted', code: 'target_unavailable', permanent: false });
  });
});
