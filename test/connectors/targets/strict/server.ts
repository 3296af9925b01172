import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';

import { bodyOf, listen, type Listening } from '../listen.ts';

export type Asked = {
  readonly method: string;
  /** Decoded segments. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

export type Reply = {
  readonly status: number;
  /** Sent as JSON; a string as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** An HTTP server of our own whose answers are those of `answer`. */
export async function serve(answer: (asked: Asked) => Reply | Promise<Reply>): Promise<Listening> {
  const respond = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const url = new URL(incoming.url ?? '/', 'http://server');
    const { status, body, headers } = await answer({
      method: incoming.method ?? '',
      path: url.pathname.split('/').slice(1).map(decodeURIComponent),
      query: url.searchParams,
      headers: incoming.headers,
      body: (await bodyOf(incoming)).toString('utf8'),
    });
    outgoing.writeHead(status, { 'content-type': 'application/json', ...headers });
    outgoing.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
  };
  return listen(createServer((incoming, outgoing) => void respond(incoming, outgoing)));
}
