import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { createTarget } from '../../../src/connectors/registry.ts';
import { RESULT_MAX_BYTES } from '../../../src/connectors/reply.ts';
import { targetFile } from '../../../src/spec/target.ts';
import { contextOf, depsOf, requestOf } from '../target-fixtures.ts';
import { describeTarget } from './contract.ts';
import { type ArgoServer, serveArgo } from './strict/argo.ts';
import { serve } from './strict/server.ts';

const TOKEN = 'canary-argo-77aa01';
const secrets = { 'env:ARGO_TOKEN': TOKEN };
const PHASES = { succeeded: 'Succeeded', failed: 'Failed', cancelled: 'Failed' } as const;
const RUN = 'sb1-0123456789abcdef0123456789abcdef01234567';
const named = z.object({ name: z.string() });

const specOf = (url: string, more: object = {}) => ({
  argo: { url, auth: { bearer: { secret: 'env:ARGO_TOKEN' } }, namespace: 'ml', template: 'train-fraud', ...more },
});

function targetOf(url: string, more?: object) {
  const spec = targetFile.shape.spec.parse(specOf(url, more));
  return createTarget({ name: 'train', directory: '/', spec }, depsOf('/', secrets));
}

describeTarget('argo, on a strict server of our own', { once: 'token', follows: true, probes: true }, async () => {
  const server = await serveArgo(TOKEN);
  return {
    origin: server.origin,
    spec: (origin) => specOf(origin),
    missing: (origin) => specOf(origin, { template: 'renamed' }),
    secrets,
    acts: ({ method }) => method === 'POST',
    effects: async (token) => server.workflowsOf(token),
    params: () => ({ rows: 3, files: ['a.csv'] }),
    insideErrors: [],
    end: async (handle, how) => server.end(named.parse(handle).name, PHASES[how]),
    unknown: { name: 'sb1-nowhere', uid: randomUUID() },
    close: () => server.close(),
  };
});

describe('an argo target', () => {
  let server: ArgoServer;
  beforeAll(async () => {
    server = await serveArgo(TOKEN);
  });
  afterAll(() => server.close());

  it('names the workflow by the token, and gives parameters as texts', async () => {
    const parameters = { rows: 3, file: 'a=b\n.csv', split: { train: 0.8 } };
    await targetOf(server.origin, { parameters, serviceAccount: 'trainer' }).start(requestOf(RUN), contextOf());
    expect(server.created(RUN)).toMatchObject({
      metadata: {
        labels: { 'app.kubernetes.io/managed-by': 'signalbox' },
        annotations: { 'signalbox.dev/token': RUN, 'signalbox.dev/trigger': 'retrain', 'signalbox.dev/key': 'eu' },
      },
      spec: {
        workflowTemplateRef: { name: 'train-fraud' },
        serviceAccountName: 'trainer',
        arguments: {
          parameters: [
            { name: 'rows', value: '3' },
            { name: 'file', value: 'a=b\n.csv' },
            { name: 'split', value: '{"train":0.8}' },
          ],
        },
      },
    });
  });

  it('runs a template of the cluster', async () => {
    const asked = requestOf('sb1-cluster-0123456789abcdef0123456789');
    const outcome = await targetOf(server.origin, { clusterScope: true }).start(asked, contextOf());
    expect(outcome).toMatchObject({ kind: 'started', link: `${server.origin}/workflows/ml/${asked.runId}` });
    expect(await targetOf(server.origin, { clusterScope: true }).probe?.(contextOf())).toMatchObject({ kind: 'ready' });
  });

  it('refuses a name that something else has', async () => {
    const other = await serve(({ method }) =>
      method === 'POST'
        ? { status: 409, body: { code: 6, message: 'already exists' } }
        : { status: 200, body: { metadata: { name: RUN, uid: 'u-1', annotations: { owner: 'somebody' } } } },
    );
    expect(await targetOf(other.origin).start(requestOf(RUN), contextOf())).toMatchObject({
      kind: 'notStarted',
      permanent: true,
      detail: expect.stringContaining('another workflow has the name'),
    });
    await other.close();
  });

  it('does not take a workflow made anew under the name for its own', async () => {
    const asked = requestOf('sb1-anew-0123456789abcdef0123456789abcd');
    const target = targetOf(server.origin);
    const first = await target.start(asked, contextOf());
    server.remove(asked.runId);
    await target.start(asked, contextOf());
    const handle = first.kind === 'started' ? first.handle : null;
    expect(await target.watch?.(handle, asked, contextOf())).toMatchObject({ kind: 'gone' });
    expect(await target.cancel?.(handle, asked, contextOf())).toMatchObject({ kind: 'over' });
  });

  it('gives the outputs of a workflow, and says where they are too large', async () => {
    const asked = requestOf('sb1-outputs-0123456789abcdef0123456789');
    const started = await targetOf(server.origin).start(asked, contextOf());
    server.end(asked.runId, 'Succeeded');
    const handle = started.kind === 'started' ? started.handle : null;
    expect(await targetOf(server.origin).watch?.(handle, asked, contextOf())).toMatchObject({
      kind: 'finished',
      result: { phase: 'Succeeded', outputs: { auc: '0.91' } },
    });
    const parameters = [{ name: 'model', value: 'x'.repeat(RESULT_MAX_BYTES) }];
    const large = await serve(() => ({
      status: 200,
      body: { metadata: { name: 'w', uid: 'u' }, status: { phase: 'Succeeded', outputs: { parameters } } },
    }));
    expect(await targetOf(large.origin).watch?.({ name: 'w', uid: 'u' }, asked, contextOf())).toMatchObject({
      result: { name: 'w', uid: 'u', phase: 'Succeeded' },
      detail: expect.stringContaining('Without its outputs'),
    });
    await large.close();
  });

  it.each([
    [{ phase: 'Failed', message: 'step train failed' }, {}, 'failed'],
    [{ phase: 'Error', message: 'pod deleted' }, {}, 'failed'],
    [{ phase: 'Failed', message: "Stopped with strategy 'Stop'" }, { shutdown: 'Stop' }, 'cancelled'],
  ])('takes %j with %j for %s', async (status, spec, how) => {
    const answering = await serve(() => ({ status: 200, body: { metadata: { name: 'w', uid: 'u' }, spec, status } }));
    expect(
      await targetOf(answering.origin).watch?.({ name: 'w', uid: 'u' }, requestOf(RUN), contextOf()),
    ).toMatchObject({
      kind: 'finished',
      status: how,
      detail: `${status.phase}: ${status.message}`,
    });
    await answering.close();
  });

  it('starts nothing with parameters that have no names', async () => {
    const outcome = await targetOf(server.origin, { parameters: ['a'] }).start(requestOf(RUN), contextOf());
    expect(outcome).toMatchObject({ kind: 'notStarted', permanent: true });
  });

  it('sends nothing without the certificate it is to believe', async () => {
    const ca = { secret: 'file:/nowhere/ca.crt' };
    expect(await targetOf(server.origin, { ca }).start(requestOf(RUN), contextOf())).toMatchObject({
      kind: 'notStarted',
      code: 'secret_missing',
    });
  });
});
