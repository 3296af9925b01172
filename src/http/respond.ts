import type { ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';

import { ERROR_CATALOGUE, refusal } from '../errors.ts';
import { isBodyPending } from './body.ts';
import type { Answer, Exchange } from './exchange.ts';
import { problemOf, retryAfterSeconds } from './problem.ts';

/** An answer as it goes out. */
type Wire = {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
};

/**
 * Writes an answer. Where bytes of the request are still to come the connection closes after it, but first up to
 * `lingerMs` of them are thrown away: a sender that is still writing would otherwise see a reset instead of the answer.
 */
export function respond(
  { message, requestId }: Exchange,
  response: ServerResponse,
  answer: Answer,
  { closing, lingerMs }: { readonly closing: boolean; readonly lingerMs: number },
): void {
  if (answer.kind === 'gone' || response.headersSent || response.destroyed) return;
  if (answer.kind === 'stream') {
    response.writeHead(answer.status, { 'content-type': answer.contentType, 'x-request-id': requestId });
    pipeline(Readable.from(answer.chunks), response, () => undefined);
    return;
  }
  const { status, headers, body } = wireOf(answer, requestId);
  const pending = isBodyPending(message);
  response.writeHead(status, {
    ...headers,
    'content-length': Buffer.byteLength(body),
    'x-request-id': requestId,
    ...(pending || closing ? { connection: 'close' } : {}),
  });
  if (!pending) {
    response.end(body);
    return;
  }
  response.write(body);
  const finish = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(finish, lingerMs);
  message.once('end', finish).once('close', finish).resume();
}

function wireOf(answer: Exclude<Answer, { kind: 'gone' | 'stream' }>, requestId: string): Wire {
  switch (answer.kind) {
    case 'json':
      return {
        status: answer.status,
        headers: { ...answer.headers, 'content-type': 'application/json' },
        body: JSON.stringify(answer.body),
      };
    case 'text':
      return { status: answer.status, headers: { 'content-type': answer.contentType }, body: answer.body };
    case 'empty':
      return { status: answer.status, headers: answer.headers, body: '' };
    case 'refused': {
      const seconds = retryAfterSeconds(answer.refusal);
      const status = ERROR_CATALOGUE[answer.refusal.code].status;
      return {
        status,
        headers: {
          ...answer.headers,
          'content-type': 'application/problem+json',
          ...(seconds === undefined ? {} : { 'retry-after': String(seconds) }),
          ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
        },
        body: JSON.stringify(problemOf(answer.refusal, requestId)),
      };
    }
  }
}

/** The answer to what no HTTP parser or clock let through: written to the bare socket, after which it is closed. */
export function rawAnswer(code: 'slow_body' | 'headers_too_large' | 'malformed_request', requestId: string): string {
  const detail = {
    slow_body: 'The request did not arrive in time.',
    headers_too_large: 'The headers of the request are too large.',
    malformed_request: 'The request is not valid HTTP/1.1.',
  }[code];
  const { status, headers, body } = wireOf({ kind: 'refused', refusal: refusal(code, detail) }, requestId);
  const lines = Object.entries({
    ...headers,
    'content-length': String(Buffer.byteLength(body)),
    'x-request-id': requestId,
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${code}\r\n${lines.join('')}\r\n${body}`;
}
