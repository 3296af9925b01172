import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { createTarget } from '../../../src/connectors/registry.ts';
import { targetFile } from '../../../src/spec/target.ts';
import { contextOf, depsOf, requestOf } from '../target-fixtures.ts';
import { describeTarget } from './contract.ts';
import { type KubernetesServer, serveKubernetes } from './strict/kubernetes.ts';
import { serve } from './strict/server.ts';

const TOKEN = 'canary-kube-77aa02';
const secrets = { 'file:/run/token': TOKEN };
const RUN = 'sb1-0123456789abcdef0123456789abcdef01234567';
const named = z.object({ name: z.string() });

const manifest = {
  metadata: { labels: { team: 'risk' }, annotations: { note: 'nightly' } },
  spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'train', image: 'train:1' }] } } },
};

const specOf = (url: string, more: object = {}) => ({
  kubernetesJob: { url, auth: { bearer: { secret: 'file:/run/token' } }, namespace: 'ml', manifest, ...more },
});

function targetOf(url: string, more?: object) {
  const spec = targetFile.shape.spec.parse(specOf(url, more));
  return createTarget({ name: 'train', directory: '/', spec }, depsOf('/', secrets));
}

describeTarget(
  'kubernetesJob, on a strict server of our own',
  { once: 'token', follows: true, probes: true },
  async () => {
    const server = await serveKubernetes(TOKEN);
    const end = (name: string, how: 'succeeded' | 'failed') =>
      server.end(
        name,
        how === 'succeeded'
          ? { type: 'Complete', status: 'True' }
          : { type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' },
      );
    return {
      origin: server.origin,
      spec: (origin) => specOf(origin),
      missing: (origin) => specOf(origin, { namespace: 'removed' }),
      secrets,
      acts: ({ method, path }) => method === 'POST' && !path.includes('dryRun'),
      effects: async (token) => server.jobsOf(token),
      params: () => ({ rows: 3 }),
      insideErrors: [],
      // What was suspended does not end any more.
      end: async (handle, how) => {
        if (how !== 'cancelled') end(named.parse(handle).name, how);
      },
      unknown: { name: 'sb1-nowhere', uid: randomUUID() },
      close: () => server.close(),
    };
  },
);

describe('a kubernetesJob target', () => {
  let server: KubernetesServer;
  beforeAll(async () => {
    server = await serveKubernetes(TOKEN);
  });
  afterAll(() => server.close());

  it('makes the Job of the manifest, named by the token', async () => {
    await targetOf(server.origin).start(requestOf(RUN), contextOf());
    expect(server.created(RUN)).toMatchObject({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        labels: { team: 'risk', 'app.kubernetes.io/managed-by': 'signalbox' },
        annotations: { note: 'nightly', 'signalbox.dev/token': RUN },
      },
      spec: manifest.spec,
    });
  });

  it('names the Job by a hash where the token is no name', async () => {
    const asked = { ...requestOf(RUN), token: `${RUN}/Notify_1` };
    const outcome = await targetOf(server.origin).start(asked, contextOf());
    expect(outcome).toMatchObject({ handle: { name: expect.stringMatching(/^sb-[0-9a-f]{40}$/) } });
    expect(server.jobsOf(asked.token)).toBe(1);
  });

  it.each([
    ['a member that does not exist', { spec: { ...manifest.spec, backofLimit: 2 } }, 'strict decoding error'],
    ['no containers', { spec: { template: { spec: { restartPolicy: 'Never' } } } }, 'Is the manifest a Job'],
    ['no members', 'a text', 'its manifest is not an object'],
  ])('refuses a manifest with %s, and the probe says so too', async (_, wrong, text) => {
    const target = targetOf(server.origin, { manifest: wrong });
    const outcome = await target.start(requestOf(`${RUN}1`), contextOf());
    expect(outcome).toMatchObject({ kind: 'notStarted', permanent: true, detail: expect.stringContaining(text) });
    expect(await target.probe?.(contextOf())).toMatchObject({ kind: 'notReady' });
  });

  it('waits for quota', async () => {
    const message = 'jobs.batch "x" is forbidden: exceeded quota: gpus, requested: 1, used: 4, limited: 4';
    const full = await serve(() => ({
      status: 403,
      body: { kind: 'Status', reason: 'Forbidden', code: 403, message },
    }));
    expect(await targetOf(full.origin).start(requestOf(RUN), contextOf())).toMatchObject({
      kind: 'notStarted',
      code: 'target_unavailable',
      permanent: false,
    });
    await full.close();
  });

  it('refuses a name that something else has', async () => {
    const other = await serve(({ method }) =>
      method === 'POST'
        ? { status: 409, body: { reason: 'AlreadyExists' } }
        : { status: 200, body: { metadata: { name: RUN, uid: 'u-1' } } },
    );
    expect(await targetOf(other.origin).start(requestOf(RUN), contextOf())).toMatchObject({
      kind: 'notStarted',
      permanent: true,
      detail: expect.stringContaining('another Job has the name'),
    });
    await other.close();
  });

  it('does not take a Job made anew under the name for its own, nor end it', async () => {
    const asked = requestOf(`${RUN}2`);
    const target = targetOf(server.origin);
    const first = await target.start(asked, contextOf());
    server.remove(asked.runId);
    await target.start(asked, contextOf());
    const handle = first.kind === 'started' ? first.handle : null;
    expect(await target.watch?.(handle, asked, contextOf())).toMatchObject({ kind: 'gone' });
    expect(await target.cancel?.(handle, asked, contextOf())).toMatchObject({ kind: 'over' });
    expect(server.created(asked.runId)?.spec.suspend).toBeUndefined();
  });

  it.each([
    [[{ type: 'SuccessCriteriaMet', status: 'True' }], { kind: 'running' }],
    [[{ type: 'FailureTarget', status: 'True' }], { kind: 'running' }],
    [[{ type: 'Complete', status: 'False' }], { kind: 'running' }],
    [[{ type: 'Suspended', status: 'True' }], { kind: 'running', detail: expect.stringContaining('suspended') }],
    [[{ type: 'Failed', status: 'True', reason: 'DeadlineExceeded' }], { kind: 'finished', status: 'timedOut' }],
    [
      [
        { type: 'Suspended', status: 'False' },
        { type: 'Complete', status: 'True' },
      ],
      { status: 'succeeded' },
    ],
  ])('takes %j for %j', async (conditions, seen) => {
    const answering = await serve(() => ({
      status: 200,
      body: { metadata: { name: 'j', uid: 'u' }, status: { conditions } },
    }));
    const target = targetOf(answering.origin);
    expect(await target.watch?.({ name: 'j', uid: 'u' }, requestOf(RUN), contextOf())).toMatchObject(seen);
    await answering.close();
  });
});
