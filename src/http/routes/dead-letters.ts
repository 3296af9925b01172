import type { z } from 'zod';

import { PARAMS_MAX_BYTES, PARAMS_MAX_COUNT } from '../../contract/limits.ts';
import { refusal, type Violation } from '../../errors.ts';
import type { HttpDependencies } from '../dependencies.ts';
import type { Answer, Exchange } from '../exchange.ts';
import { readJsonBody, readQuery } from '../json-body.ts';
import type { ReadResult } from '../read-api.ts';
import type { Route } from '../route.ts';
import {
  deadLetterDetail,
  deadLetterList,
  deadLetterQuery,
  discarded,
  discardOrder,
  edited,
  editOrder,
  replayed,
  replayOrder,
} from '../shapes/dead-letters.ts';
import { answer, param } from './reads.ts';

/** Dead letters: what needs a person, and what people do with it. An id is that of the dead letter, or of its run. */
export function deadLetterRoutes(deps: HttpDependencies): Route[] {
  const { read, operate } = deps;
  const order = async <T>(
    exchange: Exchange,
    shape: z.ZodType<T>,
    act: (id: string, body: T) => Promise<ReadResult<object>>,
  ): Promise<Answer> => {
    const body = await readJsonBody(deps, exchange, shape);
    if (!body.ok) return body.answer;
    return answer(await act(param(exchange, 'id'), body.value), (done) => done);
  };
  return [
    {
      method: 'get',
      path: '/v1/dead-letters',
      operationId: 'listDeadLetters',
      summary: 'What needs a person, a page at a time.',
      query: deadLetterQuery,
      answers: { '200': { description: 'Open dead letters; `next` where there are more.', body: deadLetterList } },
      handle: async (exchange) => {
        const query = readQuery(exchange, deadLetterQuery);
        return query.ok ? answer(await read.deadLetters(query.value), (list) => list) : query.answer;
      },
    },
    {
      method: 'get',
      path: '/v1/dead-letters/:id',
      operationId: 'getDeadLetter',
      summary: 'One dead letter, open or closed.',
      answers: { '200': { description: 'The dead letter.', body: deadLetterDetail } },
      handle: async (exchange) => answer(await read.deadLetter(param(exchange, 'id')), (letter) => letter),
    },
    {
      method: 'post',
      path: '/v1/dead-letters/:id/replay',
      operationId: 'replayDeadLetter',
      summary: 'Hand it over once more, under the current definition.',
      body: replayOrder,
      answers: { '200': { description: 'What came of it; the dead letter is closed.', body: replayed } },
      handle: (exchange) => order(exchange, replayOrder, (id, body) => operate.replayLetter(id, body)),
    },
    {
      method: 'post',
      path: '/v1/dead-letters/:id/edit',
      operationId: 'editDeadLetter',
      summary: 'Give parameters for the replay of a run.',
      body: editOrder,
      answers: { '200': { description: 'What stands.', body: edited } },
      handle: (exchange) =>
        order(exchange, editOrder, async (id, body) => {
          const violations = paramsFaults(body.params);
          if (violations.length === 0) return operate.editLetter(id, body);
          return { ok: false, refusal: refusal('malformed_request', 'The parameters are too many.', { violations }) };
        }),
    },
    {
      method: 'post',
      path: '/v1/dead-letters/:id/discard',
      operationId: 'discardDeadLetter',
      summary: 'Close it: nothing more shall come of it.',
      body: discardOrder,
      answers: { '200': { description: 'What stands.', body: discarded } },
      handle: (exchange) => order(exchange, discardOrder, (id, body) => operate.discardLetter(id, body)),
    },
  ];
}

function paramsFaults(params: object): readonly Violation[] {
  const count = Object.keys(params).length;
  const bytes = Buffer.byteLength(JSON.stringify(params));
  return [
    ...(count > PARAMS_MAX_COUNT ? [`${count} parameters, at most ${PARAMS_MAX_COUNT} are allowed`] : []),
    ...(bytes > PARAMS_MAX_BYTES ? [`${bytes} bytes, at most ${PARAMS_MAX_BYTES} are allowed`] : []),
  ].map((message) => ({ pointer: '/params', message }));
}
