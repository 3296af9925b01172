import { randomUUID } from 'node:crypto';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { createTarget } from '../../../src/connectors/registry.ts';
import { targetFile } from '../../../src/spec/target.ts';
import { contextOf, depsOf, requestOf } from '../target-fixtures.ts';
import { describeTarget } from './contract.ts';
import { type DagsterServer, serveDagster } from './strict/dagster.ts';

const TOKEN = 'canary-d00d1e5';
const secrets = { 'env:DAGSTER_TOKEN': TOKEN };
const STATUSES = { succeeded: 'SUCCESS', failed: 'FAILURE', cancelled: 'CANCELED' } as const;
const params = { ops: { train: { config: { rows: 3 } } } };

const specOf = (url: string, job = 'retrain') => ({
  dagster: { url, auth: { cloudToken: { secret: 'env:DAGSTER_TOKEN' } }, location: 'pipelines.py', job },
});

describeTarget('dagster, on a strict server of our own', { once: 'lookUp', follows: true, probes: true }, async () => {
  const server = await serveDagster(TOKEN);
  return {
    origin: server.origin,
    spec: (origin) => specOf(origin),
    missing: (origin) => specOf(origin, 'renamed'),
    secrets,
    acts: ({ body }) => body.includes('launchRun('),
    effects: async (token) => server.runsOf(token),
    params: () => params,
    insideErrors: [
      '{"data":null,"errors":[{"message":"Cannot query field"}]}',
      '{"data":{"answer":{"__typename":"PythonError","message":"the code location is loading"}}}',
      '{"data":{"answer":{"__typename":"UnauthorizedError","message":"no"}}}',
    ],
    end: async (handle, how) => server.end(z.object({ runId: z.string() }).parse(handle).runId, STATUSES[how]),
    unknown: { runId: randomUUID() },
    close: () => server.close(),
  };
});

describe('a dagster target', () => {
  let server: DagsterServer;
  beforeAll(async () => {
    server = await serveDagster(TOKEN);
  });
  afterEach(() => server.answerLaunches(undefined));
  afterAll(() => server.close());

  const start = (runId: string, config: typeof params | object = params) => {
    const spec = targetFile.shape.spec.parse(specOf(server.origin));
    const target = createTarget({ name: 'train', directory: '/', spec }, depsOf('/', secrets));
    return target.start({ ...requestOf(runId), params: z.json().parse(config) }, contextOf());
  };

  it.each([
    'PipelineNotFoundError',
    'InvalidSubsetError',
    'UnauthorizedError',
    'RunConflict',
    'ConflictingExecutionParamsError',
  ])('takes %s in a 200 for a refusal', async (type) => {
    server.answerLaunches({ __typename: type, message: 'no' });
    expect(await start('sb1-1')).toEqual({
      kind: 'notStarted',
      code: 'target_rejected',
      permanent: true,
      detail: `Target train: Dagster answered ${type}: no`,
    });
  });

  it.each(['PythonError', 'SomethingNew'])('does not know what %s has started', async (type) => {
    server.answerLaunches({ __typename: type, message: 'the code location is loading' });
    expect(await start('sb1-1')).toEqual({
      kind: 'unknown',
      detail: `Target train: Dagster answered ${type}: the code location is loading`,
    });
  });

  it('says what is wrong with a run configuration', async () => {
    expect(await start('sb1-2', { rows: 3 })).toMatchObject({
      permanent: true,
      detail: expect.stringContaining('RunConfigValidationInvalid: Missing required config entry "ops"'),
    });
  });
});
