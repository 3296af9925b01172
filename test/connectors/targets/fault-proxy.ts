import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

import { bodyOf, listen, type Listening } from './listen.ts';

export type Passing = { readonly method: string; readonly path: string; readonly body: string };

/** What happens to a request instead of its way there and back. */
type Fault =
  /** It arrives, and its answer is lost. */
  | { readonly kind: 'replyLost' }
  /** It does not arrive: this is answered instead. */
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string;
    }
  /** It does not arrive: an error page quotes it, what is special in its headers first. */
  | { readonly kind: 'quoted' };

/** Stands before a server, real or ours, and makes the network and its gateways misbehave. */
export type FaultProxy = Listening & {
  /** The requests that came, in order. */
  readonly seen: readonly Passing[];
  /** What happens to every request of this kind from now on. */
  inject(fault: Fault | undefined, at?: (passing: Passing) => boolean): void;
};

export async function proxyTo(origin: string): Promise<FaultProxy> {
  let fault: Fault | undefined;
  let applies: (passing: Passing) => boolean = () => true;
  const seen: Passing[] = [];
  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await bodyOf(incoming);
    const passing = { method: incoming.method ?? '', path: incoming.url ?? '/', body: body.toString('utf8') };
    seen.push(passing);
    const now = fault && applies(passing) ? fault : undefined;
    if (now?.kind === 'answered') {
      outgoing.writeHead(now.status, { 'content-type': 'application/json', ...now.headers }).end(now.body);
    } else if (now?.kind === 'quoted') {
      outgoing.writeHead(500).end(`cannot serve ${own(incoming).join(' ')} ${passing.body}`);
    } else {
      forward(origin, incoming, body, outgoing, now?.kind === 'replyLost');
    }
  };
  const listening = await listen(createServer((incoming, outgoing) => void pass(incoming, outgoing)));
  const inject: FaultProxy['inject'] = (next, at = () => true) => {
    fault = next;
    applies = at;
  };
  return { ...listening, seen, inject };
}

/** Headers that every request has: quoted, they would leave no room for the others in a text of bounded length. */
const COMMON = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'host',
  'user-agent',
]);

function own({ headers }: IncomingMessage): string[] {
  return Object.entries(headers).flatMap(([name, value]) => (COMMON.has(name) ? [] : [`${name}: ${String(value)}`]));
}

function forward(origin: string, incoming: IncomingMessage, body: Buffer, outgoing: ServerResponse, lose: boolean) {
  const { host: _, ...headers } = incoming.headers;
  const url = new URL(incoming.url ?? '/', origin);
  const onward = request(url, { method: incoming.method, headers, agent: false }, (answer) => {
    if (lose) {
      answer.resume().once('end', () => outgoing.destroy());
      return;
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.once('error', () => outgoing.destroy());
  onward.end(body);
}
