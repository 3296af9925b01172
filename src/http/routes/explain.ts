import type { z } from 'zod';

import { eventAnswer } from '../../explain/answer.ts';
import { feedAnswer, storedEventAnswer } from '../../explain/feed-answer.ts';
import { allStatsAnswer, statsAnswer } from '../../explain/stats-answer.ts';
import { whyAnswer } from '../../explain/why-answer.ts';
import type { EventQuery } from '../../store/store.ts';
import type { HttpDependencies } from '../dependencies.ts';
import type { Answer, Exchange } from '../exchange.ts';
import { readQuery } from '../json-body.ts';
import type { Route } from '../route.ts';
import { explainQuery, feedQuery, sinceAtOf, spanQuery } from '../shapes/explain.ts';
import { answer, param } from './reads.ts';

/** What happened, and why: the feed of events and what each trigger made of them. */
export function explainRoutes({ explain }: HttpDependencies): Route[] {
  return [
    {
      method: 'get',
      path: '/v1/events',
      operationId: 'listEvents',
      summary: 'Accepted events, newest first, a page at a time.',
      query: feedQuery,
      answers: { '200': { description: 'A page of events; `next` where there are more.', body: feedAnswer } },
      handle: async (exchange) => {
        const query = readQuery(exchange, feedQuery);
        if (!query.ok) return query.answer;
        return answer(await explain.events(eventQueryOf(query.value, exchange.receivedAt)), (feed) => feed);
      },
    },
    {
      method: 'get',
      path: '/v1/events/:eventId',
      operationId: 'getEvent',
      summary: 'One event with its body.',
      answers: { '200': { description: 'The event.', body: storedEventAnswer } },
      handle: async (exchange) => answer(await explain.event(param(exchange, 'eventId')), (event) => event),
    },
    {
      method: 'get',
      path: '/v1/events/:eventId/explain',
      operationId: 'explainEvent',
      summary: 'What happened to one event, trigger by trigger and stage by stage, and why.',
      query: explainQuery,
      answers: { '200': { description: 'The verdicts with the values compared.', body: eventAnswer } },
      handle: async (exchange) => {
        const query = readQuery(exchange, explainQuery);
        if (!query.ok) return query.answer;
        return answer(await explain.explain(param(exchange, 'eventId'), query.value.trigger), (told) => told);
      },
    },
    ofSpan('/v1/triggers/:name/why', 'explainTrigger', 'Why a trigger fired, or did not.', whyAnswer, {
      handle: async (exchange, sinceAt) => answer(await explain.why(param(exchange, 'name'), sinceAt), (why) => why),
    }),
    ofSpan('/v1/triggers/:name/stats', 'triggerStats', 'What a trigger did, in numbers.', statsAnswer, {
      handle: async (exchange, sinceAt) => answer(await explain.stats(param(exchange, 'name'), sinceAt), (one) => one),
    }),
    ofSpan('/v1/stats', 'allStats', 'What every loaded trigger did, in numbers.', allStatsAnswer, {
      handle: async (_, sinceAt) => answer(await explain.allStats(sinceAt), (triggers) => ({ triggers })),
    }),
  ];
}

/** A route over a span that ends now. */
function ofSpan(
  path: string,
  operationId: string,
  summary: string,
  body: z.ZodType,
  { handle }: { readonly handle: (exchange: Exchange, sinceAt: number) => Promise<Answer> },
): Route {
  return {
    method: 'get',
    path,
    operationId,
    summary,
    query: spanQuery,
    answers: { '200': { description: 'Since then until now.', body } },
    handle: async (exchange) => {
      const query = readQuery(exchange, spanQuery);
      if (!query.ok) return query.answer;
      return handle(exchange, sinceAtOf(query.value.since, exchange.receivedAt) ?? 0);
    },
  };
}

function eventQueryOf(query: z.infer<typeof feedQuery>, nowMs: number): EventQuery {
  const { unmatched, since, until, ...rest } = query;
  const sinceAt = since === undefined ? undefined : sinceAtOf(since, nowMs);
  const untilAt = until === undefined ? undefined : sinceAtOf(until, nowMs);
  return {
    ...rest,
    ...(unmatched === 'true' && { unmatched: true }),
    ...(sinceAt !== undefined && { sinceAt }),
    ...(untilAt !== undefined && { untilAt }),
  };
}
