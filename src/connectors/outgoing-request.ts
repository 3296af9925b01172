import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

import { RESULT_MAX_BYTES } from './reply.ts';

/** Node fires a timer set further ahead than this at once. */
const TIMER_MAX_MS = 2_147_483_647;

/** How long one of several addresses of a host may take to connect before the next is tried: a slow link's handshake. */
const ADDRESS_ATTEMPT_MS = 2_000;

/** RFC 9110 section 5.5: visible characters, space, tab and obs-text; so neither CR, LF nor NUL. */
export const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** One HTTP request, complete. */
export type HttpCall = {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For everything from the look-up of the name to the last byte of the answer. */
  readonly timeoutMs: number;
  /** How much of an answer is read. Default: RESULT_MAX_BYTES. */
  readonly answerMaxBytes?: number;
  /** Whom to believe instead of the authorities that Node knows: certificates in PEM. */
  readonly ca?: string;
};

/** What came of a request, told apart by what the other side may have seen of it. */
export type HttpExchange =
  /** A status arrived. `body` holds at most `answerMaxBytes`; `cut` says why it is not the whole answer. */
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: IncomingMessage['headers'];
      readonly body: string;
      readonly cut?: 'tooLarge' | 'lost';
    }
  /** Not one byte of the request left this machine. */
  | { readonly kind: 'notSent'; readonly detail: string }
  /** The connection stood, and no status came back. */
  | { readonly kind: 'lost'; readonly detail: string };

/** The reason in an error of the network, also where Node wraps one error per address. */
function reasonOf(error: Error): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (!(first instanceof Error)) return error.message;
  return first.message !== '' ? first.message : first.name;
}

async function readAnswer(incoming: IncomingMessage, maxBytes: number): Promise<HttpExchange> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let cut: 'tooLarge' | 'lost' | undefined;
  try {
    const stream: AsyncIterable<Buffer> = incoming;
    for await (const chunk of stream) {
      const room = maxBytes - bytes;
      chunks.push(chunk.subarray(0, room));
      bytes += Math.min(chunk.length, room);
      if (chunk.length <= room) continue;
      cut = 'tooLarge';
      break;
    }
  } catch {
    cut = 'lost';
  }
  const body = Buffer.concat(chunks).toString('utf8');
  const answered = { kind: 'answered', status: incoming.statusCode ?? 0, headers: incoming.headers, body } as const;
  return cut ? { ...answered, cut } : answered;
}

/**
 * Sends one request over a connection of its own and reads a bounded answer. Follows no redirect, and resolves for
 * everything the network does. A connection of its own, because only then is it known whether anything was sent: on a
 * reused one, and with the built-in `fetch`, a close by the other side cannot be told from a request never written.
 */
export function exchange(call: HttpCall, signal: AbortSignal): Promise<HttpExchange> {
  const secure = call.url.protocol === 'https:';
  const options: RequestOptions & { autoSelectFamilyAttemptTimeout: number; ca?: string } = {
    method: call.method,
    headers: { ...call.headers, 'content-length': Buffer.byteLength(call.body) },
    agent: false,
    autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS,
    ...(call.ca !== undefined && { ca: call.ca }),
  };
  return new Promise((resolve) => {
    let sent = false;
    let answering = false;
    const fail = (detail: string): void => {
      if (!answering) resolve({ kind: sent ? 'lost' : 'notSent', detail });
    };
    if (signal.aborted) return fail('cancelled before the call');
    const outgoing: ClientRequest = (secure ? httpsRequest : httpRequest)(call.url, options);
    const stop = (detail: string): void => {
      outgoing.destroy(new Error(detail));
    };
    const timer = setTimeout(
      () => stop(`no answer within ${call.timeoutMs / 1_000} s`),
      Math.min(call.timeoutMs, TIMER_MAX_MS),
    );
    const cancelled = (): void => stop('cancelled during the call');
    signal.addEventListener('abort', cancelled, { once: true });
    outgoing.once('socket', (socket) => {
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        sent = true;
      });
    });
    outgoing.on('error', (error) => fail(reasonOf(error)));
    outgoing.once('response', (incoming) => {
      answering = true;
      void readAnswer(incoming, call.answerMaxBytes ?? RESULT_MAX_BYTES).then(resolve);
    });
    outgoing.once('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancelled);
      fail('the connection was closed without an answer');
    });
    return outgoing.end(call.body);
  });
}
