import { refusal, type Refusal } from '../../errors.ts';
import type { LoadedSource } from '../../load/definitions.ts';
import type { HttpDependencies } from '../dependencies.ts';
import { type Exchange, refused } from '../exchange.ts';
import { type Guard, guardToken } from '../guards.ts';
import { handshake, HANDSHAKE_ANSWERS, receive, RECEIVE_ANSWERS } from '../receive.ts';
import type { Route } from '../route.ts';

/** What an Authorization header can carry as one bearer; any other secret could never be sent. */
const BEARER = /^[\x21-\x7e]+$/;
/** How long senders are asked to wait, in seconds: a person has to act first. */
const MISCONFIGURED_RETRY_SECONDS = 30;

/** POST /sources/{name} and its webhook handshake, for the Sources that are defined at the moment of the request. */
export function sourceRoutes(deps: HttpDependencies): Route[] {
  const ofToken = guardToken(deps.token);
  return [
    {
      method: 'post',
      path: '/sources/:name',
      operationId: 'sendToSource',
      summary: 'Accept what a defined Source receives.',
      accepts: ['application/cloudevents+json', 'application/cloudevents-batch+json', '*/*'],
      answers: RECEIVE_ANSWERS,
      source: (exchange) => sourceOf(deps, exchange)?.name,
      authenticate: (exchange) => authenticate(deps, exchange, ofToken),
      handle: async (exchange) => {
        const source = sourceOf(deps, exchange);
        if (!source) return refused(unknownSource());
        if (source.spec.type === 'schedule') return refused(isSchedule(source.name));
        return receive(deps, exchange, { name: source.name, source: deps.createSource(source.spec) });
      },
    },
    {
      method: 'options',
      path: '/sources/:name',
      operationId: 'sourceHandshake',
      summary: 'CloudEvents webhook handshake of a Source.',
      open: true,
      answers: HANDSHAKE_ANSWERS,
      handle: (exchange) => {
        const source = sourceOf(deps, exchange);
        if (!source) return refused(unknownSource());
        return source.spec.type === 'schedule' ? refused(isSchedule(source.name)) : handshake(exchange);
      },
    },
  ];
}

function sourceOf({ sources }: HttpDependencies, { params }: Exchange): LoadedSource | undefined {
  const name = params['name'];
  return typeof name === 'string' ? sources().get(name) : undefined;
}

function isSchedule(name: string): Refusal {
  const remedy = 'Send to POST /events, or to a Source of another type.';
  return refusal('not_found', `The Source ${name} is a schedule: Temporal makes its events. ${remedy}`);
}

function unknownSource(): Refusal {
  return refusal('not_found', 'No Source has this name.');
}

/**
 * The bearer of the Source and no other, or else the token of the service, which guards names that are not defined too.
 * The secret is read for each request, so a rotated file counts at once; without it nobody is let in.
 */
function authenticate(deps: HttpDependencies, exchange: Exchange, ofToken: Guard): Refusal | undefined {
  const source = sourceOf(deps, exchange);
  if (!source || !('auth' in source.spec) || !source.spec.auth) return ofToken(exchange.headers);
  const reference = source.spec.auth.bearer.secret;
  const secret = deps.resolveSecret(reference);
  if (secret.ok && BEARER.test(secret.value)) return guardToken(secret.value)(exchange.headers);
  const reason = secret.ok ? `${reference} holds more than one word of printable ASCII` : secret.detail;
  const { requestId } = exchange;
  deps.logger.error({ requestId, source: source.name, code: 'source_misconfigured', reason }, 'source misconfigured');
  const retry = { retryAfterSeconds: MISCONFIGURED_RETRY_SECONDS };
  return refusal('source_misconfigured', `The Source ${source.name} cannot tell who may send.`, retry);
}
