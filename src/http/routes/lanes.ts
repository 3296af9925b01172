import type { HttpDependencies } from '../dependencies.ts';
import type { Route } from '../route.ts';
import { laneList } from '../shapes/lanes.ts';
import { answer } from './reads.ts';

/** What runs wait for. */
export function laneRoutes({ read }: HttpDependencies): Route[] {
  return [
    {
      method: 'get',
      path: '/v1/lanes',
      operationId: 'listLanes',
      summary: 'Lanes and pools: which runs hold a place, and which wait.',
      answers: { '200': { description: 'Those that somebody wants or wanted a moment ago.', body: laneList } },
      handle: async () => answer(await read.lanes(), (lanes) => ({ lanes })),
    },
  ];
}
