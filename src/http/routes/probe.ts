import { z } from 'zod';

import type { HttpDependencies } from '../dependencies.ts';
import { json, refused } from '../exchange.ts';
import { readJsonBody } from '../json-body.ts';
import type { Route } from '../route.ts';
import { probeAnswer } from '../shapes/probe.ts';
import { param } from './reads.ts';

const nothing = z.strictObject({});

/** POST /v1/triggers/{name}/probe. */
export function probeRoutes(deps: HttpDependencies): Route[] {
  return [
    {
      method: 'post',
      path: '/v1/triggers/:name/probe',
      operationId: 'probe',
      summary: 'Sends a made-up event through the whole path to the probes of all targets; starts nothing.',
      body: nothing,
      answers: { '200': { description: 'How far it came, and what each target said.', body: probeAnswer } },
      handle: async (exchange) => {
        const question = await readJsonBody(deps, exchange, nothing);
        if (!question.ok) return question.answer;
        const probed = await deps.probe(param(exchange, 'name'));
        return probed.ok ? json(200, probed.value) : refused(probed.refusal);
      },
    },
  ];
}
