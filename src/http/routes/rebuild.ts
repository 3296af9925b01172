import { z } from 'zod';

import type { HttpDependencies } from '../dependencies.ts';
import { json, refused } from '../exchange.ts';
import { readJsonBody } from '../json-body.ts';
import type { Route } from '../route.ts';
import { rebuildAnswer } from '../shapes/rebuild.ts';
import { answer } from './reads.ts';

const nothing = z.strictObject({});

/** The store, restored from what Temporal's history says. */
export function rebuildRoutes(deps: HttpDependencies): Route[] {
  const { rebuild } = deps;
  return [
    {
      method: 'post',
      path: '/v1/store/rebuild',
      operationId: 'rebuildStore',
      summary: 'Restore verdicts, runs and pruned events from the history of every instance, in the background.',
      body: nothing,
      answers: { '202': { description: 'It is under way.', body: rebuildAnswer } },
      handle: async (exchange) => {
        const body = await readJsonBody(deps, exchange, nothing);
        if (!body.ok) return body.answer;
        const started = rebuild.start();
        return started.ok ? json(202, started.value) : refused(started.refusal);
      },
    },
    {
      method: 'get',
      path: '/v1/store/rebuild',
      operationId: 'rebuildStatus',
      summary: 'How the last rebuild went, or goes.',
      answers: { '200': { description: 'Its state and what it has restored.', body: rebuildAnswer } },
      handle: async () => answer(rebuild.status(), (status) => status),
    },
  ];
}
