import { randomUUID } from 'node:crypto';

import type { z } from 'zod';

import { paceOf } from '../../core/pace.ts';
import { refusal } from '../../errors.ts';
import type { HttpDependencies } from '../dependencies.ts';
import { type Answer, type Exchange, json, refused } from '../exchange.ts';
import { readJsonBody } from '../json-body.ts';
import type { AskedReplay, ReplayOrders } from '../operate-api.ts';
import type { Route } from '../route.ts';
import { BY_DEFAULT } from '../run-orders.ts';
import { sinceAtOf } from '../shapes/explain.ts';
import { replayed, replayForecast, replayList, replayOrder, actOnReplay } from '../shapes/replays.ts';
import { answer, param } from './reads.ts';
import { IDEMPOTENCY_KEY, WRONG_KEY } from './trigger-orders.ts';

/** Stored events that come to a trigger once more. */
export function replayRoutes(deps: HttpDependencies): Route[] {
  const { operate } = deps;
  const one = (exchange: Exchange) => [param(exchange, 'name'), param(exchange, 'id')] as const;
  const acting = (act: ReplayOrders['stopReplay']): Pick<Route, 'body' | 'answers' | 'handle'> => ({
    body: actOnReplay,
    answers: { '200': { description: 'The replay.', body: replayed } },
    handle: async (exchange) => {
      const body = await readJsonBody(deps, exchange, actOnReplay);
      if (!body.ok) return body.answer;
      const { by = BY_DEFAULT } = body.value;
      return answer(await act(...one(exchange), by), (it) => it);
    },
  });
  return [
    {
      method: 'post',
      path: '/v1/triggers/:name/replay',
      operationId: 'replayEvents',
      summary: 'Bring stored events of a span to a trigger once more, at a pace. A dry run unless `dryRun` is false.',
      headers: { 'Idempotency-Key': 'The same key means the same replay; without one, the same span does.' },
      body: replayOrder,
      answers: {
        '200': { description: 'What it would bring, and what would become of it.', body: replayForecast },
        '202': { description: 'The replay, which goes on by itself.', body: replayed },
      },
      handle: (exchange) => order(deps, exchange),
    },
    {
      method: 'get',
      path: '/v1/triggers/:name/replays',
      operationId: 'listReplays',
      summary: 'Replays of stored events through a trigger, the newest first.',
      answers: { '200': { description: 'At most fifty.', body: replayList } },
      handle: async (exchange) => answer(await operate.replays(param(exchange, 'name')), (list) => list),
    },
    {
      method: 'get',
      path: '/v1/triggers/:name/replays/:id',
      operationId: 'getReplay',
      summary: 'How far a replay is, or how it ended.',
      answers: { '200': { description: 'The replay.', body: replayed } },
      handle: async (exchange) => answer(await operate.replay(...one(exchange)), (it) => it),
    },
    {
      method: 'post',
      path: '/v1/triggers/:name/replays/:id/stop',
      operationId: 'stopReplay',
      summary: 'End a replay before its next step; what it brought goes on.',
      ...acting((...of) => operate.stopReplay(...of)),
    },
    {
      method: 'post',
      path: '/v1/triggers/:name/replays/:id/resume',
      operationId: 'resumeReplay',
      summary: 'Let a replay that was stopped go on where it was.',
      ...acting((...of) => operate.resumeReplay(...of)),
    },
  ];
}

async function order(deps: HttpDependencies, exchange: Exchange): Promise<Answer> {
  const id = exchange.headers.get('idempotency-key');
  if (id !== undefined && !IDEMPOTENCY_KEY.test(id)) return refused(refusal('malformed_request', WRONG_KEY));
  const body = await readJsonBody(deps, exchange, replayOrder);
  if (!body.ok) return body.answer;
  const asked = askedOf(body.value, id, deps.now());
  if (asked.sinceAt >= asked.untilAt) {
    const violations = [{ pointer: '/since', message: 'must be before `until`, and before now' }];
    return refused(refusal('malformed_request', 'The span ends before it begins.', { violations }));
  }
  const name = param(exchange, 'name');
  if (body.value.dryRun) return answer(await deps.operate.forecastReplay(name, asked), (it) => it);
  const result = await deps.operate.startReplay(name, asked);
  return result.ok ? json(202, result.value) : refused(result.refusal);
}

/** The wish in moments. Whoever wants events again without a key means a replay of its own each time. */
function askedOf(
  { since, until, pace, again, by = BY_DEFAULT }: z.infer<typeof replayOrder>,
  key: string | undefined,
  nowMs: number,
): AskedReplay {
  const id = key ?? (again ? randomUUID() : undefined);
  return {
    sinceAt: sinceAtOf(since, nowMs) ?? nowMs,
    untilAt: Math.min(until === undefined ? nowMs : (sinceAtOf(until, nowMs) ?? nowMs), nowMs),
    pace: paceOf(pace) ?? 1,
    again,
    by,
    ...(id !== undefined && { id }),
  };
}
