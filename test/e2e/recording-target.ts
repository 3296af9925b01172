import { appendFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';

import type { JsonObject } from '../../src/spec/json.ts';

/** One call of a target. */
export type Call = {
  readonly at: number;
  /** Of its URL. */
  readonly path: string;
  /** The run id it came with. */
  readonly key: string;
  readonly headers: IncomingHttpHeaders;
  /** As received; a GET has none. */
  readonly text: string;
  readonly body: JsonObject;
};

/** An HTTP endpoint that remembers every call before it answers. */
export type RecordingTarget = {
  readonly url: string;
  readonly calls: Call[];
  readonly close: () => Promise<void>;
};

/** What the endpoint answers with; by default 200 and a small document. */
export type Answer = (call: Call, response: ServerResponse) => void;

const fine: Answer = (_call, response) => {
  response.setHeader('content-type', 'application/json');
  response.end('{"ok":true}');
};

/** Listens on a free port of the loopback interface. `file` gets a line a call. */
export async function startRecordingTarget(answer: Answer = fine, file?: string): Promise<RecordingTarget> {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const { headers, url: path = '' } = request;
      const body: JsonObject = text === '' ? {} : JSON.parse(text);
      const call = { at: Date.now(), path, key: String(headers['idempotency-key']), headers, text, body };
      if (file !== undefined) appendFileSync(file, `${JSON.stringify({ at: call.at, key: call.key, text })}\n`);
      calls.push(call);
      answer(call, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}`, calls, close };
}
