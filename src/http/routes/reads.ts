import type { HttpDependencies } from '../dependencies.ts';
import { type Answer, type Exchange, json, refused } from '../exchange.ts';
import { readQuery } from '../json-body.ts';
import type { ReadResult } from '../read-api.ts';
import type { Route } from '../route.ts';
import { runDetail, runEvents, runList, runQuery } from '../shapes/runs.ts';
import { keySummary, triggerDetail, triggerList } from '../shapes/triggers.ts';

/** The readers under /v1. Lists stand in an object, so that members can join them. */
export function readRoutes({ read }: HttpDependencies): Route[] {
  return [
    {
      method: 'get',
      path: '/v1/triggers',
      operationId: 'listTriggers',
      summary: 'Every loaded trigger with its open windows and next deadline.',
      answers: { '200': { description: 'The triggers.', body: triggerList } },
      handle: async () => answer(await read.triggers(), (triggers) => ({ triggers })),
    },
    {
      method: 'get',
      path: '/v1/triggers/:name',
      operationId: 'getTrigger',
      summary: 'One trigger: its definition and what each key waits for.',
      answers: { '200': { description: 'The trigger.', body: triggerDetail } },
      handle: async (exchange) => answer(await read.trigger(param(exchange, 'name')), (trigger) => trigger),
    },
    {
      method: 'get',
      path: '/v1/triggers/:name/keys/:key',
      operationId: 'getKey',
      summary: 'What one key of a trigger holds and waits for.',
      answers: { '200': { description: 'The key; its name alone where nothing of it is open.', body: keySummary } },
      handle: async (exchange) => answer(await read.key(param(exchange, 'name'), param(exchange, 'key')), (key) => key),
    },
    {
      method: 'get',
      path: '/v1/runs',
      operationId: 'listRuns',
      summary: 'Runs, newest first, a page at a time.',
      query: runQuery,
      answers: { '200': { description: 'A page of runs; `next` where there are more.', body: runList } },
      handle: async (exchange) => {
        const query = readQuery(exchange, runQuery);
        return query.ok ? answer(await read.runs(query.value), (runs) => runs) : query.answer;
      },
    },
    {
      method: 'get',
      path: '/v1/runs/:runId',
      operationId: 'getRun',
      summary: 'One run.',
      answers: { '200': { description: 'The run.', body: runDetail } },
      handle: async (exchange) => answer(await read.run(param(exchange, 'runId')), (run) => run),
    },
    {
      method: 'get',
      path: '/v1/runs/:runId/events',
      operationId: 'getRunEvents',
      summary: 'The events a run covers.',
      answers: { '200': { description: 'The events.', body: runEvents } },
      handle: async (exchange) => answer(await read.runEvents(param(exchange, 'runId')), (events) => events),
    },
  ];
}

/** What was read, or why not. */
export function answer<T>(result: ReadResult<T>, body: (value: T) => object, status = 200): Answer {
  return result.ok ? json(status, body(result.value)) : refused(result.refusal);
}

/** A parameter of the path. */
export function param({ params }: Exchange, name: string): string {
  const value = params[name];
  return typeof value === 'string' ? value : '';
}
