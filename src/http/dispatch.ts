import { randomUUID } from 'node:crypto';

import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';

import { refusal, type Refusal } from '../errors.ts';
import type { HttpDependencies, HttpTiming } from './dependencies.ts';
import { type Answer, type Exchange, refused } from './exchange.ts';
import { guardCoding, guardHost, guardStateChange, guardToken } from './guards.ts';
import { readHeaders } from './headers.ts';
import { respond } from './respond.ts';
import type { Route } from './route.ts';

/** The part of a route that runs; fallbacks for unknown paths and methods have nothing else. */
type Dispatched = Pick<Route, 'handle'> & Partial<Route>;

/** Between Express and the handlers: guards before, one place for answers, logs and errors after. */
export type Dispatcher = {
  handler(route: Dispatched): RequestHandler;
  /** For errors of Express itself, such as a path with a broken escape. */
  readonly onRoutingError: ErrorRequestHandler;
  /** From now on refuses everything; resolves when nothing is under way, or after `closeMs`. */
  drain(): Promise<void>;
};

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;
/** Characters of anything a caller wrote that one log line repeats. */
const LOGGED_TEXT_MAX_CHARS = 200;

export function createDispatcher(deps: HttpDependencies, timing: HttpTiming): Dispatcher {
  const hostFault = guardHost(deps.allowedHosts ?? []);
  const tokenFault = guardToken(deps.token);
  let closing = false;
  let underWay = 0;
  let onIdle = (): void => {};

  const authenticate = (route: Dispatched, exchange: Exchange): Refusal | undefined =>
    route.authenticate ? route.authenticate(exchange) : tokenFault(exchange.headers);

  const guard = (route: Dispatched, exchange: Exchange): Refusal | undefined => {
    const { message, headers } = exchange;
    if (closing) return refusal('shutting_down', 'The service is stopping.');
    const reads = message.method === 'GET' || message.method === 'HEAD' || message.method === 'OPTIONS';
    return (
      (route.anyHost ? undefined : hostFault(headers)) ??
      (route.open || message.method === 'OPTIONS' ? undefined : authenticate(route, exchange)) ??
      guardCoding(headers) ??
      (reads ? undefined : guardStateChange(headers))
    );
  };

  const answerOf = async (route: Dispatched, exchange: Exchange, duplicate: string | undefined): Promise<Answer> => {
    if (duplicate) return refused(refusal('duplicate_header', `The header ${duplicate.slice(0, 64)} stands twice.`));
    const fault = guard(route, exchange);
    if (fault) return refused(fault);
    try {
      return await route.handle(exchange);
    } catch (error) {
      deps.logger.error({ requestId: exchange.requestId, err: error }, 'request failed');
      return refused(refusal('internal', 'Something went wrong that is not your fault.'));
    }
  };

  const serve = async (route: Dispatched, request: Request, response: Response): Promise<void> => {
    const receivedAt = deps.now();
    underWay += 1;
    response.once('close', () => {
      underWay -= 1;
      if (underWay === 0) onIdle();
    });
    const { headers, duplicate } = readHeaders(request.rawHeaders);
    const exchange = { message: request, headers, params: request.params, requestId: requestIdOf(headers), receivedAt };
    const answer = await answerOf(route, exchange, duplicate);
    respond(exchange, response, answer, { closing, lingerMs: timing.lingerMs });
    record(deps, route, exchange, answer);
  };

  return {
    handler: (route) => async (request, response) => serve(route, request, response),
    onRoutingError: async (error, request, response, _next) => {
      const fault = isBadRequest(error)
        ? refusal('malformed_request', 'The path has an escape that is not valid.')
        : refusal('internal', 'Something went wrong that is not your fault.');
      if (fault.code === 'internal') deps.logger.error({ err: error }, 'request failed');
      await serve({ handle: () => refused(fault) }, request, response);
    },
    drain: async () => {
      closing = true;
      if (underWay === 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timing.closeMs);
        onIdle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
  };
}

function record(
  { logger, metrics, now }: HttpDependencies,
  route: Dispatched,
  exchange: Exchange,
  answer: Answer,
): void {
  const { message, requestId, receivedAt } = exchange;
  const fields = { requestId, method: message.method, path: (message.url ?? '').slice(0, LOGGED_TEXT_MAX_CHARS) };
  if (answer.kind === 'refused') {
    const { code, detail } = answer.refusal;
    const source = route.source?.(exchange);
    if (source !== undefined) metrics.count('signalbox_events_received_total', { source, outcome: code });
    logger.warn({ ...fields, code, detail: detail.slice(0, LOGGED_TEXT_MAX_CHARS) }, 'request refused');
  }
  const outcome = answer.kind === 'refused' || answer.kind === 'gone' ? answer.kind : answer.status;
  logger.debug({ ...fields, outcome, durationMs: now() - receivedAt }, 'request');
}

function requestIdOf(headers: ReadonlyMap<string, string>): string {
  const given = headers.get('x-request-id');
  return given !== undefined && REQUEST_ID.test(given) ? given : randomUUID();
}

function isBadRequest(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'status' in error && error.status === 400;
}
