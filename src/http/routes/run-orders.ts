import { PARAMS_MAX_BYTES } from '../../contract/limits.ts';
import { type Refusal, refusal } from '../../errors.ts';
import type { HttpDependencies } from '../dependencies.ts';
import { type Answer, type Exchange, json, refused } from '../exchange.ts';
import { bearerOf } from '../guards.ts';
import { readJsonBody } from '../json-body.ts';
import type { RunOrder } from '../operate-api.ts';
import type { ReadResult } from '../read-api.ts';
import type { Route } from '../route.ts';
import { cancelled, decided, finish, finished, runOrder } from '../shapes/runs.ts';
import { param } from './reads.ts';

/** Largest result a callback may bring: it goes into history, like that of a target. */
const RESULT_MAX_BYTES = PARAMS_MAX_BYTES;

/** What people do to runs. */
export function runOrderRoutes(deps: HttpDependencies): Route[] {
  const { operate } = deps;
  const order = async (
    exchange: Exchange,
    status: number,
    act: (runId: string, order: RunOrder) => Promise<ReadResult<object>>,
  ): Promise<Answer> => {
    const body = await readJsonBody(deps, exchange, runOrder);
    if (!body.ok) return body.answer;
    const result = await act(param(exchange, 'runId'), body.value);
    return result.ok ? json(status, result.value) : refused(result.refusal);
  };
  return [
    {
      method: 'post',
      path: '/v1/runs/:runId/cancel',
      operationId: 'cancelRun',
      summary: 'Ask a run to stop.',
      body: runOrder,
      answers: { '202': { description: 'It was asked; how it ends is in the run.', body: cancelled } },
      handle: (exchange) => order(exchange, 202, (runId, body) => operate.cancel(runId, body)),
    },
    {
      method: 'post',
      path: '/v1/runs/:runId/finish',
      operationId: 'finishRun',
      summary: 'Say how the pipeline of a run ended: its callback, with the token that its start gave.',
      body: finish,
      authenticate: ({ headers, params }) => callbackFault(deps, bearerOf(headers), params['runId']),
      answers: { '200': { description: 'What stands: the first word does.', body: finished } },
      handle: async (exchange) => {
        const body = await readJsonBody(deps, exchange, finish);
        if (!body.ok) return body.answer;
        if (Buffer.byteLength(JSON.stringify(body.value)) > RESULT_MAX_BYTES) {
          return refused(refusal('malformed_request', `The result is larger than ${RESULT_MAX_BYTES} bytes.`));
        }
        const result = await operate.finish(param(exchange, 'runId'), body.value);
        return result.ok ? json(200, result.value) : refused(result.refusal);
      },
    },
    {
      method: 'post',
      path: '/v1/runs/:runId/approve',
      operationId: 'approveRun',
      summary: 'Let a run start that waits for approval.',
      body: runOrder,
      answers: { '200': { description: 'What stands.', body: decided } },
      handle: (exchange) => order(exchange, 200, (runId, body) => operate.answer(runId, 'approved', body)),
    },
    {
      method: 'post',
      path: '/v1/runs/:runId/reject',
      operationId: 'rejectRun',
      summary: 'End a run that waits for approval without starting it.',
      body: runOrder,
      answers: { '200': { description: 'What stands.', body: decided } },
      handle: (exchange) => order(exchange, 200, (runId, body) => operate.answer(runId, 'rejected', body)),
    },
  ];
}

/** A callback has a token of its own, good for its run alone. */
function callbackFault(
  { isCallbackToken }: HttpDependencies,
  given: string | undefined,
  runId: Exchange['params'][string],
): Refusal | undefined {
  if (given === undefined) return refusal('unauthenticated', 'The request carries no bearer token.');
  if (typeof runId === 'string' && isCallbackToken(runId, given)) return undefined;
  return refusal('unauthenticated', 'The token is not that of this run.');
}
