import { z } from 'zod';

import type { JsonObject } from '../../spec/json.ts';
import type { TargetSpec } from '../../spec/target.ts';
import type { KubernetesJobTargetSpec } from '../../spec/targets/kubernetes-job.ts';
import type { ApiFailure } from '../api.ts';
import { callApi, unusable } from '../api.ts';
import { clusterAuthorization, metadataOf, objectMetadata, objectTarget } from '../cluster.ts';
import { isNamed } from '../named-values.ts';
import { refused, REPLY_EXCERPT_MAX_CHARS, unavailable } from '../outgoing-answer.ts';
import { excerpt } from '../reply.ts';
import type { LoadedTarget, StartRequest, Target, TargetDeps, WatchOutcome } from '../target.ts';

type Loaded = LoadedTarget<Extract<TargetSpec, { kubernetesJob: KubernetesJobTargetSpec }>>;

const conditionSchema = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().nullish(),
  message: z.string().nullish(),
});
const count = z.number().nullish();
const jobSchema = z.object({
  metadata: objectMetadata,
  status: z
    .object({ conditions: z.array(conditionSchema).nullish(), active: count, succeeded: count, failed: count })
    .nullish(),
});
const failureSchema = z.object({ message: z.string().nullish() });

type Job = z.output<typeof jobSchema>;

/** `message` of the 403 that says "not now": the same Job fits once others are gone. */
const QUOTA = /exceeded quota/;

const JOB = { apiVersion: 'batch/v1', kind: 'Job' };
/** What the manifest misspells would be left out otherwise. */
const STRICT = { fieldManager: 'signalbox', fieldValidation: 'Strict' };
/** Tells a Job that was cancelled from one that a queue holds back. */
const CANCELLED_ANNOTATION = 'signalbox.dev/cancelled';
/** Of a Job that is checked and never made. */
const PROBE_NAME = 'signalbox-probe';

const HINTS = {
  404: 'Is there such a namespace?',
  422: 'Is the manifest a Job of batch/v1?',
};

/** Runs a Kubernetes Job. The token is its name, for as long as `ttlSecondsAfterFinished` leaves the Job there. */
export function createKubernetesJobTarget({ name, spec }: Loaded, deps: TargetDeps): Target {
  const { url, namespace, manifest, every, timeout: timeoutMs } = spec.kubernetesJob;
  const authorize = () => clusterAuthorization(name, spec.kubernetesJob, deps.resolveSecret);
  const api = { name, url, timeoutMs, authorize };
  const path = ['apis', 'batch', 'v1', 'namespaces', namespace, 'jobs'];
  const answer = jobSchema;
  return {
    ...objectTarget({
      target: name,
      noun: 'Job',
      create: async (request, context) => {
        if (!isNamed(manifest)) return unusable(refused(`Target ${name}: its manifest is not an object.`));
        const body = jobOf(manifest, request);
        const made = await callApi(api, { method: 'POST', path, query: STRICT, body, answer, hints: HINTS }, context);
        return !made.ok && isOverQuota(made) ? { ...made, start: unavailable(made.detail) } : made;
      },
      look: (job, context) => callApi(api, { method: 'GET', path: [...path, job], answer }, context),
      stop: (job, context) => {
        // Suspending ends its pods and keeps the Job: people see it, and its name stays taken.
        const metadata = { uid: job.uid, annotations: { [CANCELLED_ANNOTATION]: 'true' } };
        const body = { metadata, spec: { suspend: true } };
        const headers = { 'content-type': 'application/merge-patch+json' };
        return callApi(api, { method: 'PATCH', path: [...path, job.name], headers, body, answer }, context);
      },
      started: (handle) => ({ kind: 'started', handle, result: handle, everyMs: every }),
      endOf,
    }),
    probe: async (context) => {
      if (!isNamed(manifest)) return { kind: 'notReady', detail: 'Its manifest is not an object.' };
      const body = { ...manifest, ...JOB, metadata: { name: PROBE_NAME } };
      const query = { ...STRICT, dryRun: 'All' };
      const checked = await callApi(
        api,
        { method: 'POST', path, query, body, answer: z.unknown(), hints: HINTS },
        context,
      );
      return checked.ok
        ? { kind: 'ready', detail: `Kubernetes would take the Job in ${namespace}.` }
        : { kind: 'notReady', detail: checked.detail };
    },
  };
}

function jobOf(manifest: JsonObject, request: StartRequest): JsonObject {
  const { metadata } = manifest;
  return {
    ...manifest,
    ...JOB,
    metadata: metadataOf(request, isNamed(metadata) ? metadata : {}),
  };
}

function isOverQuota({ status, body }: ApiFailure): boolean {
  return status === 403 && QUOTA.test(failureSchema.safeParse(body).data?.message ?? '');
}

function endOf({ metadata: { name, uid, annotations }, status }: Job): WatchOutcome {
  const { active, succeeded, failed, conditions } = status ?? {};
  const pods = { active: active ?? 0, succeeded: succeeded ?? 0, failed: failed ?? 0 };
  const has = (type: string) => conditions?.find((one) => one.type === type && one.status === 'True');
  const result = { name, uid, ...pods };
  if (has('Complete')) return { kind: 'finished', status: 'succeeded', result };
  const failure = has('Failed');
  if (failure) {
    const { reason, message } = failure;
    const detail = excerpt([reason, message].filter((part) => part).join(': '), REPLY_EXCERPT_MAX_CHARS);
    const end = reason === 'DeadlineExceeded' ? 'timedOut' : 'failed';
    return { kind: 'finished', status: end, result: { ...result, ...(reason && { reason }) }, detail };
  }
  const isSuspended = has('Suspended') !== undefined;
  if (isSuspended && annotations?.[CANCELLED_ANNOTATION]) {
    return { kind: 'finished', status: 'cancelled', result, detail: 'It was suspended for good.' };
  }
  const suspended = isSuspended ? 'suspended, ' : '';
  return { kind: 'running', detail: `${suspended}${pods.active} active, ${pods.failed} failed` };
}
