import { createHash, createHmac, randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import { z } from 'zod';

import type { Listening } from '../listen.ts';
import { type Asked, type Reply, serve } from './server.ts';

const arn = z.string().regex(/^arn:aws:sagemaker:eu-central-1:\d{12}:pipeline\/[a-z0-9-]+\/execution\/[a-z0-9]{12}$/);
const token = z.string().min(32).max(128);

const startSchema = z.strictObject({
  PipelineName: z.string().min(1).max(256),
  ClientRequestToken: token,
  PipelineExecutionDisplayName: z.string().regex(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,81}$/),
  PipelineExecutionDescription: z.string().max(3_072),
  PipelineParameters: z
    .array(z.strictObject({ Name: z.string().min(1).max(256), Value: z.string().max(1_024) }))
    .max(200),
});
const stopSchema = z.strictObject({ PipelineExecutionArn: arn, ClientRequestToken: token });
const describeSchema = z.strictObject({ PipelineExecutionArn: z.string() });
const pipelineSchema = z.strictObject({ PipelineName: z.string() });

type Execution = { arn: string; token: string; status: string };
type Credentials = { readonly id: string; readonly key: string; readonly session: string };

const failure = (type: string, message: string): Reply => ({ status: 400, body: { __type: type, message } });
const missing = failure('ResourceNotFound', 'Pipeline or execution does not exist.');
const invalid = failure('ValidationException', '1 validation error detected');

export type SagemakerServer = Listening & {
  executionsOf(token: string): number;
  end(arn: string, status: string): void;
  /** A host that requests may be signed for, besides the one they arrive at. */
  known(host: string): void;
};

/**
 * The part of the SageMaker API that targets use, written from its API reference: it checks signatures and honours the
 * ClientRequestToken. Strict, in memory. Not SageMaker.
 */
export async function serveSagemaker(credentials: Credentials): Promise<SagemakerServer> {
  const executions: Execution[] = [];
  const hosts = new Set<string>();

  const start = (body: string): Reply => {
    const asked = startSchema.safeParse(JSON.parse(body));
    if (!asked.success) return invalid;
    const { PipelineName, ClientRequestToken } = asked.data;
    if (PipelineName !== 'train-fraud') return missing;
    let execution = executions.find((one) => one.token === ClientRequestToken);
    if (!execution) {
      const id = randomUUID().replaceAll('-', '').slice(0, 12);
      const name = `arn:aws:sagemaker:eu-central-1:123456789012:pipeline/train-fraud/execution/${id}`;
      execution = { arn: name, token: ClientRequestToken, status: 'Executing' };
      executions.push(execution);
    }
    return { status: 200, body: { PipelineExecutionArn: execution.arn } };
  };
  const stop = (body: string): Reply => {
    const asked = stopSchema.safeParse(JSON.parse(body));
    if (!asked.success) return invalid;
    const execution = executions.find((one) => one.arn === asked.data.PipelineExecutionArn);
    if (!execution) return missing;
    if (execution.status !== 'Executing') return failure('ConflictException', 'It cannot be stopped.');
    execution.status = 'Stopping';
    return { status: 200, body: { PipelineExecutionArn: execution.arn } };
  };
  const look = (body: string): Reply => {
    const execution = executions.find((one) => one.arn === describeSchema.parse(JSON.parse(body)).PipelineExecutionArn);
    if (!execution) return missing;
    return { status: 200, body: { PipelineExecutionArn: execution.arn, PipelineExecutionStatus: execution.status } };
  };
  const describePipeline = (body: string): Reply =>
    pipelineSchema.parse(JSON.parse(body)).PipelineName === 'train-fraud'
      ? { status: 200, body: { PipelineStatus: 'Active' } }
      : missing;
  const actions: Readonly<Record<string, (body: string) => Reply>> = {
    'SageMaker.StartPipelineExecution': start,
    'SageMaker.StopPipelineExecution': stop,
    'SageMaker.DescribePipelineExecution': look,
    'SageMaker.DescribePipeline': describePipeline,
  };
  const answer = (asked: Asked): Reply => {
    const { headers, body } = asked;
    const here = headers.host ?? '';
    if (![here, ...hosts].some((host) => isSigned({ ...headers, host }, asked, credentials))) {
      return failure('InvalidSignatureException', 'The request signature we calculated does not match.');
    }
    if (headers['content-type'] !== 'application/x-amz-json-1.1') return failure('SerializationException', 'type');
    const act = actions[String(headers['x-amz-target'])];
    return act ? act(body) : failure('UnknownOperationException', '');
  };
  return {
    ...(await serve(answer)),
    executionsOf: (one) => executions.filter((execution) => execution.token === one).length,
    end: (name, status) => {
      const execution = executions.find((one) => one.arn === name);
      if (execution) execution.status = status;
    },
    known: (host) => hosts.add(host),
  };
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=(?<id>[^/]+)\/(?<scope>\d{8}\/eu-central-1\/sagemaker\/aws4_request), SignedHeaders=(?<signed>[a-z0-9;-]+), Signature=(?<signature>[0-9a-f]{64})$/;

/** Signature Version 4, calculated again from what arrived. */
function isSigned(headers: IncomingHttpHeaders, { method, path, body }: Asked, known: Credentials): boolean {
  const { id, scope, signed = '', signature } = AUTHORIZATION.exec(headers.authorization ?? '')?.groups ?? {};
  const names = signed.split(';');
  const covers = ['host', 'x-amz-date', 'x-amz-target', 'x-amz-security-token'].every((name) => names.includes(name));
  if (id !== known.id || scope === undefined || !covers) return false;
  if (headers['x-amz-security-token'] !== known.session) return false;
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const canonical = [
    method,
    `/${path.join('/')}`,
    '',
    ...names.map((name) => `${name}:${String(headers[name])}`),
    '',
    signed,
    sha256(body),
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const hmac = (key: string | Buffer, part: string) => createHmac('sha256', key).update(part).digest();
  const signing = scope.split('/').reduce<string | Buffer>((key, part) => hmac(key, part), `AWS4${known.key}`);
  return signature === createHmac('sha256', signing).update(text).digest('hex');
}
