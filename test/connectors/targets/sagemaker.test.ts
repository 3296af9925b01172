import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { createTarget } from '../../../src/connectors/registry.ts';
import { nameOfToken } from '../../../src/connectors/token-name.ts';
import { targetFile } from '../../../src/spec/target.ts';
import { contextOf, depsOf, requestOf } from '../target-fixtures.ts';
import { describeTarget } from './contract.ts';
import type { Listening } from './listen.ts';
import { serveSagemaker } from './strict/sagemaker.ts';
import { type Asked, type Reply, serve } from './strict/server.ts';

const known = { id: 'CANARYAKID0001', key: 'canary-key-77aa05', session: 'canary-session-77aa06' };
const secrets = { 'env:AWS_ID': known.id, 'env:AWS_KEY': known.key, 'env:AWS_SESSION': known.session };
const ENDS = { succeeded: 'Succeeded', failed: 'Failed', cancelled: 'Stopped' } as const;
const RUN = 'sb1-0123456789abcdef0123456789abcdef01234567';

const specOf = (url: string | undefined, more: object = {}) => ({
  sagemaker: {
    region: 'eu-central-1',
    credentials: {
      accessKeyId: { secret: 'env:AWS_ID' },
      secretAccessKey: { secret: 'env:AWS_KEY' },
      sessionToken: { secret: 'env:AWS_SESSION' },
    },
    pipeline: 'train-fraud',
    ...(url !== undefined && { url }),
    ...more,
  },
});

function targetOf(url: string | undefined, more?: object) {
  const spec = targetFile.shape.spec.parse(specOf(url, more));
  return createTarget({ name: 'train', directory: '/', spec }, depsOf('/', secrets));
}

const open: Listening[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});
async function answering(answer: (asked: Asked) => Reply): Promise<string> {
  const server = await serve(answer);
  open.push(server);
  return server.origin;
}
const failing = (type: string, status = 400) => answering(() => ({ status, body: { __type: type, message: 'no' } }));

describeTarget('sagemaker, on a strict server of our own', { once: 'token', follows: true, probes: true }, async () => {
  const server = await serveSagemaker(known);
  const at = (origin: string) => {
    server.known(new URL(origin).host);
    return origin;
  };
  return {
    origin: server.origin,
    spec: (origin) => specOf(at(origin)),
    missing: (origin) => specOf(at(origin), { pipeline: 'renamed' }),
    secrets,
    acts: ({ body }) => body.includes('PipelineParameters'),
    effects: async (token) => server.executionsOf(nameOfToken(requestOf(token))),
    params: () => ({ rows: 3, files: ['a.csv'] }),
    insideErrors: [],
    end: async (handle, how) => server.end(z.object({ arn: z.string() }).parse(handle).arn, ENDS[how]),
    unknown: { arn: 'arn:aws:sagemaker:eu-central-1:123456789012:pipeline/train-fraud/execution/aaaaaaaaaaaa' },
    close: () => server.close(),
  };
});

describe('a sagemaker target', () => {
  it('signs for the host it calls', async () => {
    const server = await serveSagemaker(known);
    open.push(server);
    expect(await targetOf(server.origin).start(requestOf(RUN), contextOf())).toMatchObject({ kind: 'started' });
    const wrong = await serveSagemaker({ ...known, key: 'another key' });
    open.push(wrong);
    expect(await targetOf(wrong.origin).start(requestOf(RUN), contextOf())).toMatchObject({
      kind: 'notStarted',
      permanent: true,
      detail: expect.stringContaining('InvalidSignatureException'),
    });
  });

  it('tells nobody its credentials, not even the name of the key', async () => {
    const url = await answering(({ headers }) => ({
      status: 400,
      body: `${headers.authorization?.slice(0, 60)} ${String(headers['x-amz-security-token'])} ${known.key}`,
    }));
    const outcome = await targetOf(url).start(requestOf(RUN), contextOf());
    expect(outcome).toMatchObject({ detail: expect.stringContaining('Credential=[redacted]/') });
    for (const secret of Object.values(known)) expect(JSON.stringify(outcome)).not.toContain(secret);
  });

  it('always sends a token: the run id, or a hash of what is too short or no token', async () => {
    const bodies: unknown[] = [];
    const url = await answering(({ body }) => {
      bodies.push(JSON.parse(body));
      return { status: 200, body: { PipelineExecutionArn: 'arn:x' } };
    });
    const parameters = { rows: 3, files: ['a.csv'], name: 'fraud' };
    for (const runId of [RUN, 'sb1-1']) await targetOf(url, { parameters }).start(requestOf(runId), contextOf());
    expect(bodies).toMatchObject([
      { ClientRequestToken: RUN, PipelineExecutionDisplayName: RUN },
      { ClientRequestToken: expect.stringMatching(/^sb-[0-9a-f]{40}$/) },
    ]);
    expect(bodies[0]).toMatchObject({
      PipelineName: 'train-fraud',
      PipelineExecutionDescription: `Signalbox run ${RUN} of retrain, key eu, cause events`,
      PipelineParameters: [
        { Name: 'rows', Value: '3' },
        { Name: 'files', Value: '["a.csv"]' },
        { Name: 'name', Value: 'fraud' },
      ],
    });
  });

  it.each(['ThrottlingException', 'ResourceLimitExceeded', 'ConflictException', 'com.amazonaws.sagemaker#Throttling'])(
    'tries again after %s, although it comes with 400',
    async (type) => {
      expect(await targetOf(await failing(type)).start(requestOf(RUN), contextOf())).toMatchObject({
        kind: 'notStarted',
        code: 'target_unavailable',
        permanent: false,
      });
    },
  );

  it.each(['ResourceNotFound', 'ValidationException', 'AccessDeniedException', 'ExpiredTokenException'])(
    'does not try again after %s',
    async (type) => {
      const outcome = await targetOf(await failing(type)).start(requestOf(RUN), contextOf());
      expect(outcome).toMatchObject({ permanent: true, detail: expect.stringContaining(type) });
    },
  );

  it('says why an execution failed, and waits for one that is stopping', async () => {
    const execution = {
      PipelineExecutionArn: 'arn:x',
      PipelineExecutionStatus: 'Failed',
      FailureReason: 'step\ntrain',
    };
    const failed = await answering(() => ({ status: 200, body: execution }));
    expect(await targetOf(failed).watch?.({ arn: 'arn:x' }, requestOf(RUN), contextOf())).toEqual({
      kind: 'finished',
      status: 'failed',
      result: { arn: 'arn:x', status: 'Failed' },
      detail: 'Failed: step train',
    });
    const body = { PipelineExecutionArn: 'arn:x', PipelineExecutionStatus: 'Stopping' };
    const stopping = targetOf(await answering(() => ({ status: 200, body })));
    expect(await stopping.watch?.({ arn: 'arn:x' }, requestOf(RUN), contextOf())).toMatchObject({ kind: 'running' });
    expect(await stopping.cancel?.({ arn: 'arn:x' }, requestOf(RUN), contextOf())).toEqual({ kind: 'cancelled' });
  });

  it('is not ready for a pipeline that is being deleted', async () => {
    const deleting = await answering(() => ({ status: 200, body: { PipelineStatus: 'Deleting' } }));
    expect(await targetOf(deleting).probe?.(contextOf())).toMatchObject({ kind: 'notReady' });
  });

  it('starts nothing with parameters that have no names', async () => {
    const outcome = await targetOf('http://127.0.0.1:1', { parameters: 'a' }).start(requestOf(RUN), contextOf());
    expect(outcome).toMatchObject({ kind: 'notStarted', permanent: true });
  });
});
