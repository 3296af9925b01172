import { RECEIVED_AT_ATTRIBUTE, SOURCE_ATTRIBUTE } from '../../spec/event.ts';
import type { StoredEvent, StoreResult } from '../../store/store.ts';
import type { HttpDependencies } from '../dependencies.ts';
import { type Answer, refused } from '../exchange.ts';
import { readQuery } from '../json-body.ts';
import type { Route } from '../route.ts';
import { exportQuery, sinceAtOf } from '../shapes/explain.ts';

/** GET /v1/events/export: what a backtest reads. */
export function exportRoutes({ eventsBetween }: Pick<HttpDependencies, 'eventsBetween'>): Route[] {
  return [
    {
      method: 'get',
      path: '/v1/events/export',
      operationId: 'exportEvents',
      summary:
        'Whole events, one a line, in the order of their first arrival, which `signalboxreceivedat` says; ' +
        '`signalboxsource` is the Source they came in through. A transfer that is cut has not given all.',
      query: exportQuery,
      answers: { '200': 'CloudEvents as NDJSON.' },
      handle: async (exchange) => {
        const query = readQuery(exchange, exportQuery);
        if (!query.ok) return query.answer;
        const { since, until } = query.value;
        const { receivedAt } = exchange;
        const sinceAt = sinceAtOf(since, receivedAt) ?? receivedAt;
        const untilAt = until === undefined ? receivedAt : (sinceAtOf(until, receivedAt) ?? receivedAt);
        return streamed(eventsBetween({ sinceAt, untilAt })[Symbol.asyncIterator]());
      },
    },
  ];
}

/** The first page decides whether there is an answer at all. */
async function streamed(pages: AsyncIterator<StoreResult<readonly StoredEvent[]>>): Promise<Answer> {
  const first = await pages.next();
  if (first.done !== true && !first.value.ok) return refused(first.value.refusal);
  return { kind: 'stream', status: 200, contentType: 'application/x-ndjson', chunks: linesOf(first, pages) };
}

async function* linesOf(
  first: IteratorResult<StoreResult<readonly StoredEvent[]>>,
  pages: AsyncIterator<StoreResult<readonly StoredEvent[]>>,
): AsyncGenerator<string> {
  for (let page = first; page.done !== true; page = await pages.next()) {
    if (!page.value.ok) throw new Error(page.value.refusal.detail);
    yield page.value.value.map(lineOf).join('');
  }
}

function lineOf({ event, receivedAt, via }: StoredEvent): string {
  const added = { [RECEIVED_AT_ATTRIBUTE]: new Date(receivedAt).toISOString(), [SOURCE_ATTRIBUTE]: via };
  return `${JSON.stringify({ ...event, ...added })}\n`;
}
