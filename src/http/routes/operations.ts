import type { HttpDependencies } from '../dependencies.ts';
import { json } from '../exchange.ts';
import type { Route } from '../route.ts';
import { health, readiness } from '../shapes/operations.ts';

/** What operators and probes call. */
export function operationRoutes(deps: HttpDependencies): Route[] {
  return [
    {
      method: 'get',
      path: '/healthz',
      operationId: 'health',
      summary: 'The process answers.',
      open: true,
      anyHost: true,
      answers: { '200': { description: 'Alive.', body: health } },
      handle: () => json(200, { status: 'ok' }),
    },
    {
      method: 'get',
      path: '/readyz',
      operationId: 'readiness',
      summary: 'Whether events would be accepted, and each thing that was looked at.',
      answers: {
        '200': { description: 'Ready.', body: readiness },
        '503': { description: 'Not ready; the body says what is missing.', body: readiness },
      },
      handle: async () => {
        const found = await deps.readiness();
        return json(found.ready ? 200 : 503, found);
      },
    },
    {
      method: 'get',
      path: '/metrics',
      operationId: 'metrics',
      summary: 'Metrics in the Prometheus text format.',
      answers: { '200': 'The metrics.' },
      handle: async () => ({
        kind: 'text',
        status: 200,
        contentType: deps.metrics.contentType,
        body: await deps.metrics.text(),
      }),
    },
  ];
}
