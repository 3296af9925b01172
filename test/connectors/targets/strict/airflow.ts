import { randomUUID } from 'node:crypto';

import { z } from 'zod';

import type { Listening } from '../listen.ts';
import { type Asked, type Reply, serve } from './server.ts';

/** Body of `POST /api/v2/dags/{dag_id}/dagRuns`: `TriggerDAGRunPostBody` of Airflow 3, which forbids others. */
const triggerSchema = z.strictObject({
  dag_run_id: z.string().regex(/^[A-Za-z0-9_.~:+-]+$/),
  logical_date: z.null(),
  conf: z.record(z.string(), z.json()).default({}),
});
const patchSchema = z.strictObject({ state: z.enum(['queued', 'success', 'failed']) });
const loginSchema = z.strictObject({ username: z.string(), password: z.string() });

const absent = (what: string): Reply => ({ status: 404, body: { detail: `${what} was not found` } });
const invalid = (error: z.ZodError): Reply => ({ status: 422, body: { detail: error.issues } });

export type AirflowServer = Listening & {
  readonly runs: Map<string, string>;
  /** How many tokens were given out. */
  logins(): number;
  pause(paused: boolean): void;
  /** Every token given out so far is refused from now on. */
  expire(): void;
};

/** The part of the Airflow 3 API that targets use, written from its API types: strict, in memory, one DAG `retrain`. Not Airflow. */
export async function serveAirflow(password: string): Promise<AirflowServer> {
  const runs = new Map<string, string>();
  const tokens = new Set<string>();
  let given = 0;
  let paused = false;

  const logIn = (body: unknown): Reply => {
    const asked = loginSchema.safeParse(body);
    if (!asked.success) return invalid(asked.error);
    if (asked.data.password !== password) return { status: 401, body: { detail: 'Invalid credentials' } };
    const token = randomUUID();
    tokens.add(token);
    given += 1;
    return { status: 201, body: { access_token: token } };
  };
  const trigger = (body: unknown): Reply => {
    const asked = triggerSchema.safeParse(body);
    if (!asked.success) return invalid(asked.error);
    const { dag_run_id: id } = asked.data;
    if (runs.has(id)) {
      return { status: 409, body: { detail: { reason: 'Unique constraint violation', statement: 'hidden' } } };
    }
    runs.set(id, 'queued');
    return { status: 200, body: { dag_run_id: id, dag_id: 'retrain', state: 'queued' } };
  };
  const ofRun = (method: string, id: string, body: unknown): Reply => {
    const state = runs.get(id);
    if (state === undefined) return absent(`The DagRun with dag_id: retrain and run_id: ${id}`);
    if (method === 'GET') return { status: 200, body: { dag_run_id: id, dag_id: 'retrain', state } };
    const asked = patchSchema.safeParse(body);
    if (!asked.success) return invalid(asked.error);
    runs.set(id, asked.data.state);
    return { status: 200, body: { dag_run_id: id, dag_id: 'retrain', state: asked.data.state } };
  };
  const answer = ({ method, path, headers, body }: Asked): Reply => {
    const json: unknown = body === '' ? undefined : JSON.parse(body);
    if (`${method} /${path.join('/')}` === 'POST /auth/token') return logIn(json);
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
    if (token === undefined || !tokens.has(token)) return { status: 401, body: { detail: 'Not authenticated' } };
    const [, , , dag, collection, id] = path;
    if (path.slice(0, 3).join('/') !== 'api/v2/dags') return absent('Not found');
    if (dag !== 'retrain') return absent(`The Dag with ID: \`${dag}\``);
    if (collection === undefined) return { status: 200, body: { dag_id: 'retrain', is_paused: paused } };
    return id === undefined ? trigger(json) : ofRun(method, id, json);
  };
  const listening = await serve(answer);
  return {
    ...listening,
    runs,
    logins: () => given,
    pause: (now) => {
      paused = now;
    },
    expire: () => tokens.clear(),
  };
}
