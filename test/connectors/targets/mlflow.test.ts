import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTarget } from '../../../src/connectors/registry.ts';
import type { Json } from '../../../src/spec/json.ts';
import { targetFile } from '../../../src/spec/target.ts';
import { contextOf, depsOf, requestOf } from '../target-fixtures.ts';
import { describeTarget } from './contract.ts';
import { describeRegistry, MLFLOW } from './mlflow-registry.ts';
import { type MlflowServer, serveMlflow } from './strict/mlflow.ts';

const TOKEN = 'canary-5eaf00d';
const secrets = { 'env:MLFLOW_TOKEN': TOKEN };
const auth = { bearer: { secret: 'env:MLFLOW_TOKEN' } };

const specOf = (origin: string, operation: object, model = 'fraud') => ({
  mlflow: { url: origin, auth, model, ...operation },
});

describeTarget('mlflow, on a strict server of our own', MLFLOW, async () => {
  const server = await serveMlflow(TOKEN);
  return {
    origin: server.origin,
    spec: (origin, runId) => specOf(origin, { setAlias: { alias: runId } }),
    missing: (origin) => specOf(origin, { setAlias: { alias: 'champion' } }, 'renamed'),
    secrets,
    acts: ({ method, path }) => method === 'POST' && path.endsWith('/alias'),
    effects: async (token) => server.aliasesSet.filter(({ alias }) => alias === token).length,
    params: () => ({ version: 2 }),
    insideErrors: [
      '',
      '[]',
      '<html>Please sign in</html>',
      '{"error_code":"TEMPORARILY_UNAVAILABLE","message":"later"}',
    ],
    close: () => server.close(),
  };
});

describeRegistry('the registry, on a strict server of our own', async () => {
  const server = await serveMlflow(TOKEN);
  return { spec: (operation) => specOf(server.origin, operation), secrets, close: () => server.close() };
});

describe('an mlflow target', () => {
  let server: MlflowServer;
  beforeAll(async () => {
    server = await serveMlflow(TOKEN);
  });
  afterAll(() => server.close());

  const call = (operation: object, params: Json = {}) => {
    const spec = targetFile.shape.spec.parse(specOf(server.origin, operation));
    const target = createTarget({ name: 'production', directory: '/', spec }, depsOf('/', secrets));
    return target.start({ ...requestOf('sb1-1'), params }, contextOf());
  };

  it('changes nothing where it is so already', async () => {
    await call({ setAlias: { alias: 'once', version: '1' } });
    const set = server.aliasesSet.length;
    expect(await call({ setAlias: { alias: 'once', version: '1' } })).toMatchObject({
      result: { changed: false },
      detail: 'It was so already.',
    });
    expect(server.aliasesSet.length).toBe(set);
  });

  it.each([
    ['PENDING_REGISTRATION', { permanent: false, code: 'target_unavailable' }],
    ['FAILED_REGISTRATION', { permanent: true, code: 'target_rejected' }],
  ])('does not route to a version that is %s', async (status, refusal) => {
    server.setStatus('3', status);
    expect(await call({ setAlias: { alias: 'careful' } }, { version: 3 })).toMatchObject(refusal);
    expect(server.pointed('careful')).toBeUndefined();
    server.setStatus('3', 'READY');
  });

  it.each([[{ setAlias: { alias: 'a' } }], [{ restoreAlias: { alias: 'a' } }], [{ setTag: { key: 'k', value: 'v' } }]])(
    'asks for a version: %j',
    async (operation) => {
      expect(await call(operation)).toMatchObject({
        kind: 'notStarted',
        permanent: true,
        detail: expect.stringContaining('No version is named'),
      });
    },
  );

  it('leaves out tags that are too large for a result', async () => {
    await call({ setAlias: { alias: 'large', version: '3' } });
    for (const key of ['k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7']) {
      await call({ setTag: { version: '3', key, value: 'x'.repeat(5_000) } });
    }
    expect(await call({ read: { alias: 'large' } })).toEqual({
      kind: 'finished',
      status: 'succeeded',
      result: { model: 'fraud', alias: 'large', version: '3' },
      detail: 'Its tags are too large.',
    });
  });
});
