import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTarget } from '../../../src/connectors/registry.ts';
import { targetFile } from '../../../src/spec/target.ts';
import { contextOf, depsOf, requestOf } from '../../connectors/target-fixtures.ts';
import { freePort, type Running, serverFolder, startServer } from '../servers/process.ts';
import { installPython } from '../servers/python.ts';

const VERSION = '5.2.5';
const RUN = 'sb1-0123456789abcdef0123456789abcdef01234567';

const installed = await installPython(`moto-${VERSION}`, [`moto[server]==${VERSION}`]);

/** moto takes any signature, and tells the service by it. */
async function createPipeline(origin: string, name: string): Promise<void> {
  const scope = 'x/20260101/eu-central-1/sagemaker/aws4_request';
  const answer = await fetch(origin, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'SageMaker.CreatePipeline',
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify({
      PipelineName: name,
      PipelineDefinition: '{"Version":"2020-12-01","Steps":[]}',
      RoleArn: 'arn:aws:iam::123456789012:role/train',
      ClientRequestToken: RUN,
    }),
  });
  if (!answer.ok) throw new Error(`CreatePipeline answered ${answer.status}: ${await answer.text()}`);
}

function targetOf(url: string, pipeline: string) {
  const credentials = { accessKeyId: { secret: 'env:ID' }, secretAccessKey: { secret: 'env:KEY' } };
  const sagemaker = { region: 'eu-central-1', credentials, pipeline, url };
  const spec = targetFile.shape.spec.parse({ sagemaker });
  const deps = depsOf('/', { 'env:ID': 'testing', 'env:KEY': 'testing' });
  return createTarget({ name: 'train', directory: '/', spec }, deps);
}

/** Not the contract: moto knows no token, checks no signature, and has every execution succeed as it starts. */
describe(`sagemaker, as moto ${VERSION} plays it`, () => {
  if (!installed.ok) {
    it('runs here', ({ skip }) => skip(installed.reason));
    return;
  }
  let server: Running;
  let origin: string;
  beforeAll(async () => {
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    const command = [join(installed.bin, 'moto_server'), '-H', '127.0.0.1', '-p', String(port)];
    server = await startServer(await serverFolder('moto'), command, {}, `${origin}/moto-api/data.json`);
    await createPipeline(origin, 'train-fraud');
  });
  afterAll(() => server.stop());

  it('starts a pipeline and sees it succeed', async () => {
    const target = targetOf(origin, 'train-fraud');
    const asked = { ...requestOf(RUN), params: { rows: 3, files: ['a.csv'] } };
    const outcome = await target.start(asked, contextOf());
    expect(outcome).toMatchObject({
      kind: 'started',
      handle: { arn: expect.stringMatching(/^arn:aws:sagemaker:eu-central-1:\d+:pipeline\/train-fraud\/execution\//) },
    });
    const handle = outcome.kind === 'started' ? outcome.handle : null;
    const seen = { kind: 'finished', status: 'succeeded' };
    expect(await target.watch?.(handle, asked, contextOf())).toMatchObject(seen);
    expect(await target.cancel?.(handle, asked, contextOf())).toMatchObject({ kind: 'over' });
  });

  it('refuses a pipeline that is not there, and the probe says so', async () => {
    const missing = targetOf(origin, 'renamed');
    expect(await missing.start(requestOf(RUN), contextOf())).toMatchObject({ kind: 'notStarted', permanent: true });
    expect(await missing.probe?.(contextOf())).toMatchObject({ kind: 'notReady' });
    expect(await targetOf(origin, 'train-fraud').probe?.(contextOf())).toMatchObject({ kind: 'ready' });
  });
});
