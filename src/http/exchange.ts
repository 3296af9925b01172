import type { IncomingMessage } from 'node:http';

import type { Refusal } from '../errors.ts';

/** One request as handlers see it. */
export type Exchange = {
  readonly message: IncomingMessage;
  readonly headers: ReadonlyMap<string, string>;
  /** Decoded parameters of the route's path. */
  readonly params: { readonly [name: string]: string | string[] | undefined };
  /** In every answer and log line; the caller's own `x-request-id` where that is short and plain. */
  readonly requestId: string;
  /** When the request's head had arrived, epoch milliseconds. */
  readonly receivedAt: number;
};

/** What a handler answers; written to the socket in one place. `gone`: the caller went away, nothing can be said. */
export type Answer =
  | { readonly kind: 'json'; readonly status: number; readonly body: object; readonly headers?: AnswerHeaders }
  | { readonly kind: 'text'; readonly status: number; readonly contentType: string; readonly body: string }
  /** Written as it comes; where it throws the connection is cut, so that nobody takes a part for the whole. */
  | {
      readonly kind: 'stream';
      readonly status: number;
      readonly contentType: string;
      readonly chunks: AsyncIterable<string>;
    }
  | { readonly kind: 'empty'; readonly status: number; readonly headers: AnswerHeaders }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly headers?: AnswerHeaders }
  | { readonly kind: 'gone' };

export type AnswerHeaders = { readonly [name: string]: string };

export function refused(refusal: Refusal, headers: AnswerHeaders = {}): Answer {
  return { kind: 'refused', refusal, headers };
}

export function json(status: number, body: object, headers: AnswerHeaders = {}): Answer {
  return { kind: 'json', status, body, headers };
}
