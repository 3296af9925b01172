import { randomUUID } from 'node:crypto';

import type { z } from 'zod';

import { DEFAULT_KEY } from '../../load/definitions.ts';
import type { Order } from '../../core/input.ts';
import { refusal } from '../../errors.ts';
import type { HttpDependencies } from '../dependencies.ts';
import { type Answer, type Exchange, json, refused } from '../exchange.ts';
import { readJsonBody } from '../json-body.ts';
import type { Route } from '../route.ts';
import { BY_DEFAULT } from '../run-orders.ts';
import { breakerOrder, fired, fireOrder, ordered, orderedAll, pauseAllOrder, pauseOrder } from '../shapes/orders.ts';
import { answer, param } from './reads.ts';

/** What an Idempotency-Key may be: it becomes a part of what makes the run id. */
export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/;
export const WRONG_KEY = 'An Idempotency-Key has 1 to 200 printable characters of ASCII.';

/** What people do to triggers. */
export function triggerOrderRoutes(deps: HttpDependencies): Route[] {
  const one = (kind: 'pause' | 'resume', summary: string): Route => ({
    method: 'post',
    path: `/v1/triggers/:name/${kind}`,
    operationId: `${kind}Trigger`,
    summary,
    body: pauseOrder,
    answers: { '200': { description: 'What the instance decided.', body: ordered } },
    handle: (exchange) => give(deps, exchange, pauseOrder, (body) => ({ kind, by: BY_DEFAULT, ...body })),
  });
  const all = (kind: 'pause' | 'resume'): Route => ({
    method: 'post',
    path: `/v1/${kind}`,
    operationId: `${kind}All`,
    summary: `Every trigger: ${kind}.`,
    body: pauseAllOrder,
    answers: { '200': { description: 'What each instance decided.', body: orderedAll } },
    handle: async (exchange) => {
      const body = await readJsonBody(deps, exchange, pauseAllOrder);
      if (!body.ok) return body.answer;
      return answer(await deps.operate.orderAll({ kind, by: BY_DEFAULT, ...body.value }), (done) => done);
    },
  });
  return [
    one('pause', 'Stop the windows and deadlines of a trigger, or of one key; events are kept.'),
    one('resume', 'Go on where it was paused; says what that fires.'),
    all('pause'),
    all('resume'),
    {
      method: 'post',
      path: '/v1/triggers/:name/breaker',
      operationId: 'setBreaker',
      summary: 'Open or close the breaker by hand.',
      body: breakerOrder,
      answers: { '200': { description: 'What the instance decided.', body: ordered } },
      handle: (exchange) =>
        give(deps, exchange, breakerOrder, ({ state, ...body }) => ({
          kind: 'breaker',
          to: state,
          by: BY_DEFAULT,
          ...body,
        })),
    },
    {
      method: 'post',
      path: '/v1/triggers/:name/fire',
      operationId: 'fireTrigger',
      summary: 'Start a run by hand.',
      headers: { 'Idempotency-Key': 'The same key means the same run; made up where it is left out.' },
      body: fireOrder,
      answers: { '202': { description: 'What the instance decided.', body: fired } },
      handle: (exchange) => fire(deps, exchange),
    },
  ];
}

async function give<T>(
  deps: HttpDependencies,
  exchange: Exchange,
  shape: z.ZodType<T>,
  orderOf: (body: T) => Order,
): Promise<Answer> {
  const body = await readJsonBody(deps, exchange, shape);
  if (!body.ok) return body.answer;
  return answer(await deps.operate.order(param(exchange, 'name'), orderOf(body.value)), (done) => done);
}

async function fire(deps: HttpDependencies, exchange: Exchange): Promise<Answer> {
  const id = exchange.headers.get('idempotency-key') ?? randomUUID();
  if (!IDEMPOTENCY_KEY.test(id)) {
    return refused(refusal('malformed_request', WRONG_KEY));
  }
  const body = await readJsonBody(deps, exchange, fireOrder);
  if (!body.ok) return body.answer;
  const { key = DEFAULT_KEY, by = BY_DEFAULT, force, params } = body.value;
  const order: Order = { kind: 'fire', key, id, force, by, ...(params && { params }) };
  const result = await deps.operate.order(param(exchange, 'name'), order);
  if (!result.ok) return refused(result.refusal);
  const runId = result.value.decided.find(({ kind }) => kind === 'runDecided')?.runId;
  return json(202, { ...result.value, key, idempotencyKey: id, ...(runId !== undefined && { runId }) });
}
