import { createHash, createHmac } from 'node:crypto';

import { z } from 'zod';

import type { Json } from '../../spec/json.ts';
import type { TargetSpec } from '../../spec/target.ts';
import type { SagemakerTargetSpec } from '../../spec/targets/sagemaker.ts';
import type { ApiFailure, ApiSettings, Authorized, Outgoing } from '../api.ts';
import { callApi, unseen, unusable } from '../api.ts';
import { asTexts, isNamed } from '../named-values.ts';
import { refused, REPLY_EXCERPT_MAX_CHARS, secretMissing, unavailable } from '../outgoing-answer.ts';
import { excerpt } from '../reply.ts';
import { resolveSettings } from '../secrets.ts';
import type {
  CallContext,
  FinishedOutcome,
  LoadedTarget,
  ResolveSecret,
  StartOutcome,
  StartRequest,
  Target,
  TargetDeps,
  WatchOutcome,
} from '../target.ts';
import { nameOfToken } from '../token-name.ts';

type Loaded = LoadedTarget<Extract<TargetSpec, { sagemaker: SagemakerTargetSpec }>>;

const startedSchema = z.object({ PipelineExecutionArn: z.string() });
const executionSchema = z.object({
  PipelineExecutionArn: z.string(),
  PipelineExecutionStatus: z.string().nullish(),
  PipelineExecutionDisplayName: z.string().nullish(),
  FailureReason: z.string().nullish(),
});
const pipelineSchema = z.object({ PipelineStatus: z.string().nullish() });
const handleSchema = z.object({ arn: z.string() });
const errorSchema = z.object({ __type: z.string() });

type Execution = z.output<typeof executionSchema>;

/** The statuses that end an execution; every other one goes on. */
const ENDS: Readonly<Record<string, FinishedOutcome['status']>> = {
  Succeeded: 'succeeded',
  Failed: 'failed',
  Stopped: 'cancelled',
};

/** Errors that say "later", although AWS answers them with 400. */
const TRANSIENT: ReadonlySet<string> = new Set([
  'ConflictException',
  'RequestLimitExceeded',
  'ResourceLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);

const HINTS = { 400: 'Was the pipeline renamed, and do its parameters fit?' };

/**
 * Runs a pipeline of Amazon SageMaker. The token is the ClientRequestToken: SageMaker answers a second start of it with
 * the execution it has.
 */
export function createSagemakerTarget({ name, spec }: Loaded, deps: TargetDeps): Target {
  const { region, timeout: timeoutMs, pipeline, every } = spec.sagemaker;
  const url = spec.sagemaker.url ?? publicAddress(region);
  const authorize = (outgoing: Outgoing) => sign(name, spec.sagemaker, outgoing, deps.resolveSecret);
  const api: ApiSettings = { name, url, timeoutMs, authorize };
  const ask = <T>(action: string, body: Json, answer: z.ZodType<T>, context: CallContext) => {
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `SageMaker.${action}` };
    return callApi(api, { method: 'POST', path: [], headers, body, answer, hints: HINTS }, context);
  };
  const look = (handle: Json, context: CallContext) => {
    const arn = handleSchema.safeParse(handle).data?.arn ?? '';
    return ask('DescribePipelineExecution', { PipelineExecutionArn: arn }, executionSchema, context);
  };
  return {
    repeatable: true,
    start: async (request, context) => {
      const values = spec.sagemaker.parameters ?? request.params;
      if (!isNamed(values)) return refused(`Target ${name}: its parameters are not a map of names to values.`);
      const token = nameOfToken(request);
      const body = {
        PipelineName: pipeline,
        ClientRequestToken: token,
        PipelineExecutionDisplayName: token,
        PipelineExecutionDescription: spec.sagemaker.description ?? describe(request),
        PipelineParameters: asTexts(values).map(([Name, Value]) => ({ Name, Value })),
      };
      const made = await ask('StartPipelineExecution', body, startedSchema, context);
      if (!made.ok) return failedStartOf(made);
      const arn = made.body.PipelineExecutionArn;
      return { kind: 'started', handle: { arn }, result: { arn }, everyMs: every };
    },
    watch: async (handle, _request, context) => {
      const seen = await look(handle, context);
      if (seen.ok) return endOf(seen.body);
      return isUnknown(seen) ? { kind: 'gone', detail: seen.detail } : unseen(seen);
    },
    cancel: async (handle, request, context) => {
      const seen = await look(handle, context);
      if (!seen.ok) return { kind: isUnknown(seen) ? 'over' : 'failed', detail: seen.detail };
      const { PipelineExecutionArn, PipelineExecutionStatus: status } = seen.body;
      if (ENDS[status ?? ''] !== undefined) return { kind: 'over', detail: `It has ended: ${status}.` };
      if (status === 'Stopping') return { kind: 'cancelled' };
      const body = { PipelineExecutionArn, ClientRequestToken: nameOfToken(request) };
      const asked = await ask('StopPipelineExecution', body, startedSchema, context);
      return asked.ok ? { kind: 'cancelled' } : { kind: 'failed', detail: asked.detail };
    },
    probe: async (context) => {
      const found = await ask('DescribePipeline', { PipelineName: pipeline }, pipelineSchema, context);
      if (!found.ok) return { kind: 'notReady', detail: found.detail };
      const status = found.body.PipelineStatus ?? 'Active';
      return status === 'Active'
        ? { kind: 'ready', detail: `SageMaker has the pipeline ${pipeline}.` }
        : { kind: 'notReady', detail: `The pipeline ${pipeline} is ${status}.` };
    },
  };
}

function publicAddress(region: string): string {
  return `https://api.sagemaker.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

function describe({ runId, trigger, key, cause }: StartRequest): string {
  return `Signalbox run ${runId} of ${trigger}, key ${excerpt(key, REPLY_EXCERPT_MAX_CHARS)}, cause ${cause}`;
}

/** The name of an AWS error, without the namespace that some services put before it. */
function typeOf({ body }: ApiFailure): string {
  const type = errorSchema.safeParse(body).data?.__type ?? '';
  return type.slice(type.lastIndexOf('#') + 1);
}

/** AWS says so with 400. */
function isUnknown(failure: ApiFailure): boolean {
  return typeOf(failure) === 'ResourceNotFound';
}

function failedStartOf(failure: ApiFailure): StartOutcome {
  return TRANSIENT.has(typeOf(failure)) ? unavailable(failure.detail) : failure.start;
}

function endOf(execution: Execution): WatchOutcome {
  const { PipelineExecutionArn: arn, PipelineExecutionStatus, FailureReason: reason } = execution;
  const status = PipelineExecutionStatus ?? 'Executing';
  const end = ENDS[status];
  const detail = reason ? `${status}: ${excerpt(reason, REPLY_EXCERPT_MAX_CHARS)}` : status;
  if (end === undefined) return { kind: 'running', detail };
  return { kind: 'finished', status: end, result: { arn, status }, detail };
}

/** SHA-256, or HMAC with a secret, in the form that the signer takes. */
class Sha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
}

/** Signature Version 4 over what SageMaker needs of the request. */
async function sign(
  name: string,
  { region, credentials }: SagemakerTargetSpec,
  { method, url, headers, body }: Outgoing,
  resolveSecret: ResolveSecret,
): Promise<Authorized> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const refs = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  const settings = resolveSettings(refs, resolveSecret);
  if (!settings.ok) return unusable(secretMissing(`Target ${name}: ${settings.detail}`));
  const { accessKeyId: id = '', secretAccessKey: key = '', sessionToken: session } = settings.resolved.values;
  // Loaded by the first request: of the targets only this one needs it.
  const { SignatureV4 } = await import('@smithy/signature-v4');
  const signer = new SignatureV4({
    service: 'sagemaker',
    region,
    credentials: { accessKeyId: id, secretAccessKey: key, ...(session !== undefined && { sessionToken: session }) },
    sha256: Sha256,
  });
  const { 'content-type': type = '', 'x-amz-target': action = '' } = headers;
  const signed = await signer.sign({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    headers: { host: url.host, 'content-type': type, 'x-amz-target': action },
    body,
  });
  return { ok: true, headers: signed.headers, secrets: Object.values(settings.resolved.values) };
}
