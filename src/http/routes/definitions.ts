import type { Definitions } from '../../load/definitions.ts';
import type { HttpDependencies } from '../dependencies.ts';
import { json } from '../exchange.ts';
import type { Route } from '../route.ts';
import { definitionList } from '../shapes/definitions.ts';

/** GET /v1/definitions: what the service decides by, as it was written, for comparisons. */
export function definitionRoutes({ definitions }: Pick<HttpDependencies, 'definitions'>): Route[] {
  return [
    {
      method: 'get',
      path: '/v1/definitions',
      operationId: 'listDefinitions',
      summary: 'The documents of all live definitions, as they were written.',
      answers: { '200': { description: 'The documents.', body: definitionList } },
      handle: () => json(200, answerOf(definitions())),
    },
  ];
}

function answerOf({ loadedAt, fingerprint, written }: Definitions): object {
  return { loadedAt: new Date(loadedAt).toISOString(), fingerprint, definitions: written };
}
