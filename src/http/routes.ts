import type { HttpDependencies } from './dependencies.ts';
import { json } from './exchange.ts';
import { openApiOf } from './openapi.ts';
import type { Route } from './route.ts';
import { bulkReplayRoutes } from './routes/bulk-replays.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { dryRunRoutes } from './routes/dry-run.ts';
import { definitionRoutes } from './routes/definitions.ts';
import { eventRoutes } from './routes/events.ts';
import { explainRoutes } from './routes/explain.ts';
import { exportRoutes } from './routes/export.ts';
import { laneRoutes } from './routes/lanes.ts';
import { matchRoutes } from './routes/match.ts';
import { operationRoutes } from './routes/operations.ts';
import { probeRoutes } from './routes/probe.ts';
import { readRoutes } from './routes/reads.ts';
import { rebuildRoutes } from './routes/rebuild.ts';
import { replayRoutes } from './routes/replays.ts';
import { runOrderRoutes } from './routes/run-orders.ts';
import { sourceRoutes } from './routes/sources.ts';
import { triggerOrderRoutes } from './routes/trigger-orders.ts';

/** Every route, the busiest first. */
export function allRoutes(deps: HttpDependencies): readonly Route[] {
  // Made when somebody asks for it: it takes longer than everything else about the start of a server.
  let document: object | undefined;
  const routes: Route[] = [
    ...eventRoutes(deps),
    ...sourceRoutes(deps),
    ...operationRoutes(deps),
    ...readRoutes(deps),
    ...laneRoutes(deps),
    // Before the routes of one event: its path would be taken for an event's.
    ...exportRoutes(deps),
    ...explainRoutes(deps),
    ...runOrderRoutes(deps),
    // Before the routes of one dead letter: its path would be taken for a dead letter's.
    ...bulkReplayRoutes(deps),
    ...deadLetterRoutes(deps),
    ...triggerOrderRoutes(deps),
    ...replayRoutes(deps),
    ...dryRunRoutes(deps),
    ...probeRoutes(deps),
    ...matchRoutes(deps),
    ...definitionRoutes(deps),
    ...rebuildRoutes(deps),
    {
      method: 'get',
      path: '/openapi.json',
      operationId: 'openApi',
      summary: 'This document.',
      answers: { '200': 'OpenAPI 3.1.' },
      handle: () => json(200, (document ??= openApiOf(routes, deps.version ?? '0'))),
    },
  ];
  return routes;
}
