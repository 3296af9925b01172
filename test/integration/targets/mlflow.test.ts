import { join } from 'node:path';

import { describe, it } from 'vitest';

import { describeTarget } from '../../connectors/targets/contract.ts';
import { describeRegistry, MLFLOW } from '../../connectors/targets/mlflow-registry.ts';
import { freePort, serverFolder, startServer } from '../servers/process.ts';
import { installPython } from '../servers/python.ts';

const VERSION = '3.17.2';
const secrets = { 'env:MLFLOW_TOKEN': 'canary-5eaf00d' };
const installed = await installPython(`mlflow-${VERSION}`, [`mlflow==${VERSION}`]);

// A tracking server without its login plug-in does not look at the credential.
const specOf = (origin: string, operation: object, model = 'fraud') => ({
  mlflow: { url: origin, auth: { bearer: { secret: 'env:MLFLOW_TOKEN' } }, model, ...operation },
});

async function ask(origin: string, path: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify(body) };
  const answer = await fetch(`${origin}/api/2.0/mlflow/${path}`, init);
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
}

/** A server with the model `fraud` and three versions of it. */
async function open(bin: string) {
  const folder = await serverFolder('mlflow');
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const store = ['--backend-store-uri', `sqlite:///${join(folder, 'mlflow.db')}`];
  const artifacts = ['--artifacts-destination', join(folder, 'artifacts')];
  const place = ['--host', '127.0.0.1', '--port', String(port), '--workers', '1'];
  const command = [join(bin, 'mlflow'), 'server', ...store, ...artifacts, ...place];
  const environment = { MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false', MLFLOW_DISABLE_TELEMETRY: 'true' };
  const server = await startServer(folder, command, environment, `${origin}/health`);
  await ask(origin, 'registered-models/create', { name: 'fraud' });
  for (const version of [1, 2, 3]) {
    await ask(origin, 'model-versions/create', { name: 'fraud', source: `s3://bucket/fraud/${version}` });
  }
  return { origin, stop: () => server.stop() };
}

async function pointed(origin: string, alias: string): Promise<boolean> {
  const query = new URLSearchParams({ name: 'fraud', alias });
  return (await fetch(`${origin}/api/2.0/mlflow/registered-models/alias?${query.toString()}`)).ok;
}

describe('mlflow', () => {
  if (!installed.ok) {
    it('runs here', ({ skip }) => skip(installed.reason));
    return;
  }
  const { bin } = installed;
  describeTarget(`mlflow ${VERSION}`, MLFLOW, async () => {
    const { origin, stop } = await open(bin);
    return {
      origin,
      spec: (at, runId) => specOf(at, { setAlias: { alias: runId } }),
      missing: (at) => specOf(at, { setAlias: { alias: 'champion' } }, 'renamed'),
      secrets,
      acts: ({ method, path }) => method === 'POST' && path.endsWith('/alias'),
      effects: async (token) => ((await pointed(origin, token)) ? 1 : 0),
      params: () => ({ version: 2 }),
      insideErrors: ['', '[]', '<html>Please sign in</html>', '{"error_code":"TEMPORARILY_UNAVAILABLE"}'],
      close: stop,
    };
  });
  describeRegistry(`the registry of mlflow ${VERSION}`, async () => {
    const { origin, stop } = await open(bin);
    return { spec: (operation) => specOf(origin, operation), secrets, close: stop };
  });
});
