import { randomUUID } from 'node:crypto';

import { z } from 'zod';

import type { Listening } from '../listen.ts';
import { type Asked, type Reply, serve } from './server.ts';

/** Body of `POST /api/deployments/{id}/create_flow_run`: `DeploymentFlowRunCreate` of Prefect 3, which forbids others. */
const createSchema = z.strictObject({
  parameters: z.record(z.string(), z.json()).default({}),
  idempotency_key: z.string().nullish(),
  tags: z.array(z.string()).default([]),
  job_variables: z.record(z.string(), z.json()).nullish(),
});
const stateChangeSchema = z.strictObject({
  state: z.strictObject({ type: z.enum(['CANCELLING', 'COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED']) }),
  force: z.boolean().default(false),
});

type FlowRun = { id: string; name: string; key: string | undefined; deployment: string; type: string };

const TERMINAL = new Set(['COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED']);
const notFound: Reply = { status: 404, body: { detail: 'Object not found' } };

export type PrefectServer = Listening & {
  runsOf(key: string): number;
  end(id: string, type: string): void;
};

/** The part of the Prefect 3 API that targets use, written from its API types: strict, in memory. Not Prefect. */
export async function servePrefect(password: string): Promise<PrefectServer> {
  const deployments = new Map<string, string>([['retrain/production', randomUUID()]]);
  const runs = new Map<string, FlowRun>();
  const expected = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;

  const show = ({ id, name, deployment, type }: FlowRun) => ({
    id,
    name,
    deployment_id: deployment,
    state: { type, name: type.charAt(0) + type.slice(1).toLowerCase(), message: null },
  });
  const create = (deployment: string, body: string): Reply => {
    if (![...deployments.values()].includes(deployment)) return notFound;
    const asked = createSchema.safeParse(JSON.parse(body));
    if (!asked.success) return { status: 422, body: { exception_detail: asked.error.issues } };
    const { idempotency_key: key, parameters } = asked.data;
    if (typeof parameters['rows'] !== 'number') {
      return { status: 409, body: { detail: `Validation failed for field 'rows'. Failure reason: not a number` } };
    }
    const known = [...runs.values()].find((run) => run.key !== undefined && run.key === key);
    if (known) return { status: 200, body: show(known) };
    const run = { id: randomUUID(), name: 'keen-otter', key: key ?? undefined, deployment, type: 'SCHEDULED' };
    runs.set(run.id, run);
    return { status: 201, body: show(run) };
  };
  const change = (run: FlowRun, body: string): Reply => {
    const asked = stateChangeSchema.safeParse(JSON.parse(body));
    if (!asked.success) return { status: 422, body: { exception_detail: asked.error.issues } };
    if (TERMINAL.has(run.type) && !asked.data.force) {
      return {
        status: 200,
        body: { state: null, status: 'ABORT', details: { reason: 'This run has already ended.' } },
      };
    }
    run.type = asked.data.state.type;
    return { status: 201, body: { state: show(run).state, status: 'ACCEPT', details: { type: 'accept_details' } } };
  };
  const answer = ({ method, path, headers, body }: Asked): Reply => {
    if (headers.authorization !== expected) return { status: 401, body: { exception_message: 'Unauthorized' } };
    const [api, collection, first = '', second, third] = path;
    const run = runs.get(first);
    switch (`${method} ${api}/${collection}`) {
      case 'GET api/deployments': {
        const id = first === 'name' ? deployments.get(`${second}/${third}`) : undefined;
        return id ? { status: 200, body: { id } } : notFound;
      }
      case 'POST api/deployments':
        return second === 'create_flow_run' ? create(first, body) : notFound;
      case 'GET api/flow_runs':
        return run ? { status: 200, body: show(run) } : notFound;
      case 'POST api/flow_runs':
        return run && second === 'set_state' ? change(run, body) : notFound;
      default:
        return notFound;
    }
  };
  const listening = await serve(answer);
  return {
    ...listening,
    runsOf: (key) => [...runs.values()].filter((run) => run.key === key).length,
    end: (id, type) => {
      const run = runs.get(id);
      if (run) run.type = type;
    },
  };
}
