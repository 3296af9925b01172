import { randomUUID } from 'node:crypto';

import { z } from 'zod';

import type { Listening } from '../listen.ts';
import { type Asked, type Reply, serve } from './server.ts';

const label = z.string().regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/);
const texts = z.record(z.string(), z.string());

/** `Job` of batch/v1, the part that tests use; with `fieldValidation=Strict` an unknown member is refused. */
const jobSchema = z.strictObject({
  apiVersion: z.literal('batch/v1'),
  kind: z.literal('Job'),
  metadata: z.strictObject({
    name: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/),
    labels: z.record(z.string(), label).default({}),
    annotations: texts.default({}),
  }),
  spec: z.strictObject({
    backoffLimit: z.int().min(0).optional(),
    ttlSecondsAfterFinished: z.int().min(0).optional(),
    suspend: z.boolean().optional(),
    template: z.strictObject({
      spec: z.strictObject({
        restartPolicy: z.enum(['Never', 'OnFailure']),
        containers: z.array(z.looseObject({ name: label, image: z.string().min(1) })).min(1),
      }),
    }),
  }),
});
const patchSchema = z.strictObject({
  metadata: z.strictObject({ uid: z.string(), annotations: texts }),
  spec: z.strictObject({ suspend: z.boolean() }),
});

type Condition = { type: string; status: 'True'; reason?: string; message?: string };
type Job = z.output<typeof jobSchema> & { uid: string; conditions: Condition[] };

/** `Status` of meta/v1. */
const failure = (code: number, reason: string, message: string): Reply => ({
  status: code,
  body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message },
});

export type KubernetesServer = Listening & {
  /** How many Jobs carry this token. */
  jobsOf(token: string): number;
  created(name: string): Job | undefined;
  end(name: string, condition: Condition): void;
  remove(name: string): void;
};

/**
 * The part of the Kubernetes API that targets use, written from its API types (kubernetes/api batch/v1, apimachinery
 * meta/v1): strict, in memory. Not Kubernetes.
 */
export async function serveKubernetes(token: string): Promise<KubernetesServer> {
  const jobs = new Map<string, Job>();

  const show = ({ metadata, uid, spec, conditions, ...rest }: Job) => ({
    ...rest,
    metadata: { ...metadata, uid, namespace: 'ml' },
    spec,
    status: { conditions, ...(conditions.length === 0 && { active: 1 }) },
  });
  const create = (query: URLSearchParams, body: string): Reply => {
    if (query.get('fieldValidation') !== 'Strict') return failure(400, 'BadRequest', 'not strict');
    const asked = jobSchema.safeParse(JSON.parse(body));
    if (!asked.success) {
      const isUnknown = asked.error.issues.some(({ code }) => code === 'unrecognized_keys');
      return isUnknown
        ? failure(400, 'BadRequest', `strict decoding error: ${asked.error.message}`)
        : failure(422, 'Invalid', `Job.batch is invalid: ${asked.error.message}`);
    }
    const { name } = asked.data.metadata;
    if (jobs.has(name)) return failure(409, 'AlreadyExists', `jobs.batch "${name}" already exists`);
    const made = { ...asked.data, uid: randomUUID(), conditions: [] };
    if (query.get('dryRun') !== 'All') jobs.set(name, made);
    return { status: 201, body: show(made) };
  };
  const change = (job: Job, type: string | undefined, body: string): Reply => {
    if (type !== 'application/merge-patch+json') return failure(415, 'UnsupportedMediaType', 'not a patch');
    const asked = patchSchema.safeParse(JSON.parse(body));
    if (!asked.success) return failure(422, 'Invalid', asked.error.message);
    if (asked.data.metadata.uid !== job.uid) return failure(409, 'Conflict', 'Precondition failed: UID');
    Object.assign(job.metadata.annotations, asked.data.metadata.annotations);
    job.spec.suspend = asked.data.spec.suspend;
    job.conditions.push({ type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' });
    return { status: 200, body: show(job) };
  };
  const answer = ({ method, path, query, headers, body }: Asked): Reply => {
    if (headers.authorization !== `Bearer ${token}`) return failure(401, 'Unauthorized', 'Unauthorized');
    const [apis, group, version, , namespace, kind, name = ''] = path;
    if (`${apis}/${group}/${version}/${kind}` !== 'apis/batch/v1/jobs') return failure(404, 'NotFound', 'no such path');
    if (namespace !== 'ml' && method === 'POST') {
      return failure(404, 'NotFound', `namespaces "${namespace}" not found`);
    }
    if (method === 'POST') return create(query, body);
    const job = jobs.get(name);
    if (!job) return failure(404, 'NotFound', `jobs.batch "${name}" not found`);
    return method === 'PATCH' ? change(job, headers['content-type'], body) : { status: 200, body: show(job) };
  };
  return {
    ...(await serve(answer)),
    jobsOf: (one) =>
      [...jobs.values()].filter(({ metadata }) => metadata.annotations['signalbox.dev/token'] === one).length,
    created: (name) => jobs.get(name),
    end: (name, condition) => jobs.get(name)?.conditions.push(condition),
    remove: (name) => jobs.delete(name),
  };
}
