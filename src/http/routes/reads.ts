import type { HttpDependencies } from '../dependencies.ts';
import { type Answer, type Exchange, json, refused } from '../exchange.ts';
import type { ReadResult } from '../read-api.ts';
import type { Route } from '../route.ts';

/** The readers under /v1. Lists stand in an object, so that members can join them. */
export function readRoutes({ read }: HttpDependencies): Route[] {
  return [
    {
      method: 'get',
      path: '/v1/triggers',
      operationId: 'listTriggers',
      summary: 'Every loaded trigger with its open windows and next deadline.',
      answers: { '200': 'The triggers.' },
      handle: async () => answer(await read.triggers(), (triggers) => ({ triggers })),
    },
    {
      method: 'get',
      path: '/v1/triggers/:name',
      operationId: 'getTrigger',
      summary: 'One trigger: its definition and what each key waits for.',
      answers: { '200': 'The trigger.' },
      handle: async (exchange) => answer(await read.trigger(param(exchange, 'name')), (trigger) => trigger),
    },
    {
      method: 'get',
      path: '/v1/runs/:runId',
      operationId: 'getRun',
      summary: 'One run.',
      answers: { '200': 'The run.' },
      handle: async (exchange) => answer(await read.run(param(exchange, 'runId')), (run) => run),
    },
    {
      method: 'get',
      path: '/v1/runs/:runId/events',
      operationId: 'getRunEvents',
      summary: 'The events a run covers.',
      answers: { '200': 'The events.' },
      handle: async (exchange) => answer(await read.runEvents(param(exchange, 'runId')), (events) => events),
    },
    {
      method: 'get',
      path: '/v1/dead-letters',
      operationId: 'listDeadLetters',
      summary: 'What needs a person.',
      answers: { '200': 'The open dead letters.' },
      handle: async () => answer(await read.deadLetters(), (deadLetters) => ({ deadLetters })),
    },
  ];
}

function answer<T>(result: ReadResult<T>, body: (value: T) => object): Answer {
  return result.ok ? json(200, body(result.value)) : refused(result.refusal);
}

function param({ params }: Exchange, name: string): string {
  const value = params[name];
  return typeof value === 'string' ? value : '';
}
