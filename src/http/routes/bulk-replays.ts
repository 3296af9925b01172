import type { HttpDependencies } from '../dependencies.ts';
import { readJsonBody } from '../json-body.ts';
import type { Route } from '../route.ts';
import { begun, bulkOrder, bulkReplay, bulkReplayList, selection, stopOrder } from '../shapes/bulk-replays.ts';
import { answer, param } from './reads.ts';

/** Many dead letters at once. */
export function bulkReplayRoutes(deps: HttpDependencies): Route[] {
  const { read, operate } = deps;
  return [
    {
      method: 'post',
      path: '/v1/dead-letters/replay',
      operationId: 'replayDeadLetters',
      summary: 'Replay all open dead letters that fit, canaries first, then paced. A dry run says which.',
      body: bulkOrder,
      answers: {
        '200': { description: 'A dry run: what fits; nothing was replayed.', body: selection },
        '202': { description: 'What was begun; without a `replayId` nothing fits.', body: begun },
      },
      handle: async (exchange) => {
        const body = await readJsonBody(deps, exchange, bulkOrder);
        if (!body.ok) return body.answer;
        const { dryRun, all: _all, pace, canary, id, by, reason, ...filter } = body.value;
        if (dryRun) return answer(await operate.selectLetters(filter), (found) => found);
        const given = { ...(id !== undefined && { id }), ...(by !== undefined && { by }) };
        const order = { filter, perSecond: pace, canary, ...given, ...(reason !== undefined && { reason }) };
        return answer(await operate.replayLetters(order), (started) => started, 202);
      },
    },
    {
      method: 'get',
      path: '/v1/dead-letters/replays',
      operationId: 'listBulkReplays',
      summary: 'Bulk replays, the newest first.',
      answers: { '200': { description: 'The latest fifty.', body: bulkReplayList } },
      handle: async () => answer(await read.bulkReplays(), (replays) => ({ replays })),
    },
    {
      method: 'get',
      path: '/v1/dead-letters/replays/:id',
      operationId: 'getBulkReplay',
      summary: 'How far a bulk replay is, and what it did not replay.',
      answers: { '200': { description: 'The bulk replay.', body: bulkReplay } },
      handle: async (exchange) => answer(await read.bulkReplay(param(exchange, 'id')), (replay) => replay),
    },
    {
      method: 'post',
      path: '/v1/dead-letters/replays/:id/stop',
      operationId: 'stopBulkReplay',
      summary: 'Stop a bulk replay: what is under way comes to its end, the rest stays open.',
      body: stopOrder,
      answers: { '200': { description: 'How far it came.', body: bulkReplay } },
      handle: async (exchange) => {
        const body = await readJsonBody(deps, exchange, stopOrder);
        if (!body.ok) return body.answer;
        return answer(await operate.stopBulkReplay(param(exchange, 'id'), body.value), (replay) => replay);
      },
    },
  ];
}
