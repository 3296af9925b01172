import http from 'node:http';

import { ERROR_CATALOGUE, refusal } from '../errors.ts';
import type { Metrics } from '../observability/metrics.ts';
import { guardToken } from './guards.ts';

/** The metrics of a process that has no other route. */
export type MetricsServer = { readonly port: number; readonly close: () => Promise<void> };

/** Scrapes are small; a client that sends slowly is none. */
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * Serves `GET /metrics`, behind `token` where one is given. Port 0 takes a free one. Rejects with Node's error where it
 * cannot listen.
 */
export async function openMetricsServer(
  metrics: Pick<Metrics, 'text' | 'contentType'>,
  { host, port, token }: { readonly host: string; readonly port: number; readonly token?: string },
): Promise<MetricsServer> {
  const fault = guardToken(token);
  const answer = async ({ method, url, headers }: http.IncomingMessage) => {
    const isRead = method === 'GET' || method === 'HEAD';
    if (!isRead || url?.split('?', 1)[0] !== '/metrics') return refusal('not_found', 'Only GET /metrics is here.');
    return fault(new Map([['authorization', headers.authorization ?? '']])) ?? metrics.text();
  };
  const respond = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const found = await answer(request);
    if (typeof found === 'string') response.writeHead(200, { 'content-type': metrics.contentType }).end(found);
    else response.writeHead(ERROR_CATALOGUE[found.code].status).end();
  };
  const server = http.createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    void respond(request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
