import { randomUUID } from 'node:crypto';

import { z } from 'zod';

import type { Listening } from '../listen.ts';
import { type Asked, type Reply, serve } from './server.ts';

const name = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);

/** Body of `POST /api/v1/workflows/{namespace}`: `WorkflowCreateRequest`, of which gRPC-Gateway takes no unknown member. */
const createSchema = z.strictObject({
  workflow: z.strictObject({
    metadata: z.strictObject({
      name,
      namespace: z.string(),
      labels: z.record(z.string(), z.string().regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/)),
      annotations: z.record(z.string(), z.string()),
    }),
    spec: z.strictObject({
      workflowTemplateRef: z.strictObject({ name: z.string(), clusterScope: z.boolean().optional() }),
      arguments: z.strictObject({ parameters: z.array(z.strictObject({ name: z.string(), value: z.string() })) }),
      serviceAccountName: z.string().optional(),
    }),
  }),
});
const stopSchema = z.strictObject({ name: z.string(), namespace: z.string() });

type Created = z.output<typeof createSchema>['workflow'];
type Workflow = Created & { uid: string; phase: string; shutdown?: string };

/** `grpc.gateway.runtime.Error`. */
const failure = (status: number, code: number, message: string): Reply => ({ status, body: { code, message } });
const notFound = failure(404, 5, 'workflows.argoproj.io not found');

export type ArgoServer = Listening & {
  /** How many workflows carry this token. */
  workflowsOf(token: string): number;
  created(name: string): Created | undefined;
  end(name: string, phase: string): void;
  /** Deleted, as its time to live may do. */
  remove(name: string): void;
};

/**
 * The part of the Argo Server's API that targets use, written from its API types (argo-workflows v4: openapi-spec,
 * server/utils/errors.go): strict, in memory. Not Argo.
 */
export async function serveArgo(token: string): Promise<ArgoServer> {
  const templates = new Set(['workflow-templates/ml/train-fraud', 'cluster-workflow-templates/train-fraud']);
  const workflows = new Map<string, Workflow>();

  const show = ({ metadata, uid, phase, shutdown }: Workflow) => ({
    metadata: { ...metadata, uid },
    spec: { arguments: {}, ...(shutdown && { shutdown }) },
    status: {
      phase,
      startedAt: null,
      finishedAt: null,
      ...(phase === 'Succeeded' && { outputs: { parameters: [{ name: 'auc', value: '0.91' }] } }),
    },
  });
  const create = (namespace: string, body: string): Reply => {
    const asked = createSchema.safeParse(JSON.parse(body));
    if (!asked.success) return failure(400, 3, asked.error.message);
    const { metadata, spec } = asked.data.workflow;
    const { name: template, clusterScope } = spec.workflowTemplateRef;
    const path = clusterScope
      ? `cluster-workflow-templates/${template}`
      : `workflow-templates/${namespace}/${template}`;
    if (!templates.has(path)) return failure(404, 5, `workflowtemplates.argoproj.io "${template}" not found`);
    if (workflows.has(metadata.name)) {
      return failure(409, 6, `workflows.argoproj.io "${metadata.name}" already exists`);
    }
    const made = { metadata, spec, uid: randomUUID(), phase: '' };
    workflows.set(metadata.name, made);
    return { status: 200, body: show(made) };
  };
  const stop = (workflow: Workflow, body: string): Reply => {
    if (!stopSchema.safeParse(JSON.parse(body)).success) return failure(400, 3, 'unknown field');
    workflow.shutdown = 'Stop';
    workflow.phase = 'Failed';
    return { status: 200, body: show(workflow) };
  };
  const answer = ({ method, path, query, headers, body }: Asked): Reply => {
    if (headers.authorization !== `Bearer ${token}`) return failure(401, 16, 'token not valid');
    const [, , kind = '', first = '', second = '', third] = path;
    if (kind.endsWith('templates')) {
      const known = templates.has([kind, first, second].filter((part) => part !== '').join('/'));
      return known ? { status: 200, body: { metadata: { name: 'train-fraud' }, spec: {} } } : notFound;
    }
    if (kind !== 'workflows' || first !== 'ml') return failure(403, 7, 'forbidden');
    if (method === 'POST') return create(first, body);
    const workflow = workflows.get(second);
    if (!workflow) return notFound;
    if (method === 'PUT' && third === 'stop') return stop(workflow, body);
    const isWhole = query.get('fields')?.includes('status.phase') !== true;
    return isWhole ? failure(500, 13, 'a whole workflow was asked for') : { status: 200, body: show(workflow) };
  };
  return {
    ...(await serve(answer)),
    workflowsOf: (one) =>
      [...workflows.values()].filter(({ metadata }) => metadata.annotations['signalbox.dev/token'] === one).length,
    created: (one) => workflows.get(one),
    end: (one, phase) => {
      const workflow = workflows.get(one);
      if (workflow) workflow.phase = phase;
    },
    remove: (one) => workflows.delete(one),
  };
}
