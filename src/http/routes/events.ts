import type { HttpDependencies } from '../dependencies.ts';
import { handshake, HANDSHAKE_ANSWERS, receive, RECEIVE_ANSWERS } from '../receive.ts';
import type { Route } from '../route.ts';

/** The source name of what comes in here; no definition may have it. */
const SOURCE = 'events';

/** POST /events and its webhook handshake. */
export function eventRoutes(deps: HttpDependencies): Route[] {
  const door = { name: SOURCE, source: deps.events };
  return [
    {
      method: 'post',
      path: '/events',
      operationId: 'sendEvents',
      summary: 'Accept one CloudEvent or a batch of them.',
      accepts: ['application/cloudevents+json', 'application/cloudevents-batch+json', '*/*'],
      answers: RECEIVE_ANSWERS,
      source: () => SOURCE,
      handle: async (exchange) => receive(deps, exchange, door),
    },
    {
      method: 'options',
      path: '/events',
      operationId: 'handshake',
      summary: 'CloudEvents webhook handshake.',
      open: true,
      answers: HANDSHAKE_ANSWERS,
      handle: handshake,
    },
  ];
}
