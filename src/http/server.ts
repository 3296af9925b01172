import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { type AddressInfo, Socket } from 'node:net';

import express, { type Express } from 'express';

import { type HttpDependencies, HTTP_TIMING, type HttpTiming } from './dependencies.ts';
import { createDispatcher, type Dispatcher } from './dispatch.ts';
import { refused } from './exchange.ts';
import { refusal } from '../errors.ts';
import { rawAnswer } from './respond.ts';
import type { Route } from './route.ts';
import { allRoutes } from './routes.ts';

/** The HTTP side of the service. */
export type HttpServer = {
  /** Resolves when connections are accepted; port 0 takes a free one. Rejects with Node's error where it cannot. */
  listen(address: { readonly host: string; readonly port: number }): Promise<{ readonly port: number }>;
  /**
   * Refuses new requests with `shutting_down`, waits for those under way (at most `closeMs`), then closes every
   * connection. Safe to call twice.
   */
  close(): Promise<void>;
};

/** Builds the server; nothing listens yet. */
export function createServer(deps: HttpDependencies): HttpServer {
  const timing: HttpTiming = { ...HTTP_TIMING, ...deps.timing };
  const dispatcher = createDispatcher(deps, timing);
  const app = createApp(allRoutes(deps), dispatcher);
  const server = createNodeServer(app, timing);
  const latest = new WeakMap<object, http.ServerResponse>();
  server.on('request', (request, response) => latest.set(request.socket, response));
  server.on('clientError', (error, socket) => {
    if (isSocket(socket) && socket.writable && mayAnswer(error, latest.get(socket)))
      refuseRaw(deps, error, socket, timing.lingerMs);
    else socket.destroy();
  });
  return {
    listen: async ({ host, port }) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          resolve({ port: portOf(server.address()) ?? port });
        });
      }),
    close: async () => {
      await dispatcher.drain();
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      await closed;
    },
  };
}

function createApp(routes: readonly Route[], dispatcher: Dispatcher): Express {
  const app = express().disable('x-powered-by').disable('etag').set('query parser', false);
  for (const route of routes) app[route.method](route.path, dispatcher.handler(route));
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = routes.filter((route) => route.path === path).map((route) => route.method.toUpperCase());
    const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ');
    const answer = refused(refusal('method_not_allowed', `This path takes ${allow}.`), { allow });
    app.all(path, dispatcher.handler({ handle: () => answer }));
  }
  app.use(dispatcher.handler({ handle: () => refused(refusal('not_found', 'There is nothing at this path.')) }));
  app.use(dispatcher.onRoutingError);
  return app;
}

/**
 * Express sets the prototype of each request and response to its own, which costs Node's objects their fast shape:
 * 1.7 to 2.2 times fewer requests a second. Here Node makes them with that prototype from the start, so that setting it
 * again changes nothing.
 */
function createNodeServer(app: Express, timing: HttpTiming): http.Server {
  class Request extends http.IncomingMessage {}
  class Response extends http.ServerResponse {}
  app.request = Object.setPrototypeOf(Request.prototype, app.request);
  app.response = Object.setPrototypeOf(Response.prototype, app.response);
  const options = {
    IncomingMessage: Request,
    ServerResponse: Response,
    headersTimeout: timing.headersMs,
    requestTimeout: timing.requestMs,
    connectionsCheckingInterval: timing.checkMs,
  };
  return http.createServer(options, app);
}

/**
 * Whether an answer to a broken request would be taken for what it is: the sender is still there, and the answer to its
 * request before is out. A request that is only half there has no answer yet.
 */
function mayAnswer(error: Error, response: http.ServerResponse | undefined): boolean {
  const reason = reasonOf(error);
  if (reason === 'ECONNRESET' || reason === 'HPE_INVALID_EOF_STATE') return false;
  return !response || response.writableFinished || !(response.headersSent || response.req.complete);
}

/** Answers what never became a request, or stopped arriving, and closes its connection. */
function refuseRaw(deps: HttpDependencies, error: Error, socket: Socket, lingerMs: number): void {
  const reason = reasonOf(error);
  const requestId = randomUUID();
  const code =
    reason === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? 'slow_body'
      : reason === 'HPE_HEADER_OVERFLOW'
        ? 'headers_too_large'
        : 'malformed_request';
  deps.logger.warn({ requestId, code, reason }, 'connection refused');
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(timer)).end(rawAnswer(code, requestId));
}

function reasonOf(error: Error): unknown {
  return 'code' in error ? error.code : undefined;
}

function isSocket(socket: object): socket is Socket {
  return socket instanceof Socket;
}

function portOf(address: string | AddressInfo | null): number | undefined {
  return typeof address === 'object' && address !== null ? address.port : undefined;
}
