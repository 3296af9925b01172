import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { JsonObject } from '../../src/spec/json.ts';

/** How the target answers one call; `close` takes the request and hangs up, `hang` never answers. */
export type Answer =
  | { readonly status: number; readonly headers?: { readonly [name: string]: string }; readonly body?: JsonObject }
  | 'close'
  | 'hang';

/** One start as the target saw it. */
export type Call = {
  readonly path: string;
  /** Virtual time, epoch milliseconds. */
  readonly at: number;
  readonly token: string | undefined;
  readonly traceparent: string | undefined;
  readonly body: string;
  readonly method: string | undefined;
};

/** An HTTP target on loopback that records its calls and answers as it is told; 200 once the script is at its end. */
export class TargetServer {
  readonly #calls: Call[] = [];
  readonly #scripts = new Map<string, Answer[]>();
  readonly #byParams = new Map<string, (params: JsonObject) => Answer>();
  readonly #server: Server;
  readonly #now: () => Promise<number>;

  constructor(now: () => Promise<number>) {
    this.#now = now;
    this.#server = createServer((incoming, outgoing) => {
      void this.#answer(incoming).then((answer) => {
        if (answer === 'hang') return;
        if (answer === 'close') {
          incoming.socket.destroy();
          return;
        }
        const body = answer.body ?? (answer.status === 200 ? { auc: 0.9 } : undefined);
        outgoing.writeHead(answer.status, answer.headers).end(body ? JSON.stringify(body) : 'no');
      });
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    const address: AddressInfo | string | null = this.#server.address();
    return typeof address === 'object' && address ? `http://127.0.0.1:${address.port}` : '';
  }

  /** What the next calls to `/name` are answered. */
  answer(name: string, ...answers: readonly Answer[]): void {
    this.#scripts.set(`/${name}`, [...answers]);
  }

  /** What calls to `/name` are answered for which nothing else is said, by their parameters. */
  answerBy(name: string, by: (params: JsonObject) => Answer): void {
    this.#byParams.set(`/${name}`, by);
  }

  /** The calls to `/name`, in order. */
  calls(name: string): readonly Call[] {
    return this.#calls.filter((call) => call.path === `/${name}`);
  }

  /** One parameter of each call to `/name`, in order. */
  params(name: string, parameter: string): readonly unknown[] {
    return this.calls(name).map(({ body }) => JSON.parse(body).params[parameter]);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(incoming: IncomingMessage): Promise<Answer> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    const { 'idempotency-key': token, traceparent } = incoming.headers;
    const path = incoming.url ?? '';
    const body = Buffer.concat(chunks).toString('utf8');
    this.#calls.push({
      path,
      at: await this.#now(),
      token: typeof token === 'string' ? token : undefined,
      traceparent: typeof traceparent === 'string' ? traceparent : undefined,
      body,
      method: incoming.method,
    });
    const scripted = this.#scripts.get(path)?.shift();
    return scripted ?? this.#byParams.get(path)?.(JSON.parse(body).params) ?? { status: 200 };
  }
}
