import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';

import { afterEach, describe, expect, it } from 'vitest';

import { retryAfterMs, RETRY_AFTER_MAX_MS } from '../../../src/connectors/outgoing-answer.ts';
import { createTarget } from '../../../src/connectors/registry.ts';
import { RESULT_MAX_BYTES } from '../../../src/connectors/reply.ts';
import type { StartOutcome } from '../../../src/connectors/target.ts';
import type { HttpTargetSpec } from '../../../src/spec/targets/http.ts';
import { contextOf, depsOf, requestOf } from '../target-fixtures.ts';

const open: { server: Server; sockets: Set<Socket> }[] = [];
afterEach(() => {
  for (const { server, sockets } of open.splice(0)) {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
});

/** A server that hands each connection to `behave`; gives its URL. */
async function serve(behave: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    behave(socket);
  });
  open.push({ server, sockets });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${portOf(server)}/start?q=1`;
}

function isAddress(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

function portOf(server: Server): number {
  const address = server.address();
  return isAddress(address) ? address.port : 0;
}

type Received = { line: string; headers: IncomingHttpHeaders; body: string };

/** A server that reads one whole request, then answers with the bytes of `answer`. */
async function answering(answer: string | ((received: Received) => string)): Promise<string> {
  return serve((socket) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8');
      const [head = '', ...rest] = text.split('\r\n\r\n');
      const [line = '', ...lines] = head.split('\r\n');
      const headers: IncomingHttpHeaders = Object.fromEntries(
        lines.map((header) => [
          header.slice(0, header.indexOf(':')).toLowerCase(),
          header.slice(header.indexOf(':') + 2),
        ]),
      );
      const body = rest.join('\r\n\r\n');
      if (Buffer.byteLength(body) < Number(headers['content-length'])) return;
      socket.end(typeof answer === 'string' ? answer : answer({ line, headers, body }));
    });
  });
}

const http = (status: string, body = '', headers = ''): string =>
  `HTTP/1.1 ${status}\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

async function start(url: string, spec: Partial<HttpTargetSpec> = {}, signal?: AbortSignal): Promise<StartOutcome> {
  const definition: HttpTargetSpec = { url, method: 'POST', headers: {}, timeout: 5_000, ...spec };
  const target = createTarget(
    { name: 'pipeline', directory: '/', spec: { http: definition, onUnknown: 'hold' } },
    depsOf('/'),
  );
  return target.start(requestOf('sb1-1'), contextOf(signal));
}

const rejected = { kind: 'notStarted', code: 'target_rejected', permanent: true };
const unavailable = { kind: 'notStarted', code: 'target_unavailable', permanent: false };

describe('what an http target sends', () => {
  it('carries the run id as Idempotency-Key, the trace, the run as JSON, and secrets in headers', async () => {
    let got: Received | undefined;
    const url = await answering((received) => {
      got = received;
      return http('202 Accepted', '{"job":7}');
    });
    const outcome = await start(url, { headers: { Authorization: { secret: 'env:TOKEN' }, 'X-Team': 'risk' } });
    expect(outcome).toEqual({ kind: 'finished', status: 'succeeded', result: { job: 7 } });
    expect(got?.line).toBe('POST /start?q=1 HTTP/1.1');
    expect(got?.headers).toMatchObject({
      'idempotency-key': 'sb1-1',
      traceparent: requestOf('sb1-1').traceparent,
      authorization: 'Bearer canary-7f3a91',
      'x-team': 'risk',
      'content-type': 'application/json',
    });
    expect(JSON.parse(got?.body ?? '')).toEqual({
      runId: 'sb1-1',
      trigger: 'retrain',
      key: 'eu',
      kind: 'train',
      step: 'run',
      cause: 'events',
      firedAt: '2026-09-01T00:00:00Z',
      params: { rows: 3 },
    });
  });

  it('sends the body the definition gives instead', async () => {
    const url = await answering(({ line, body }) => http('200 OK', JSON.stringify({ line, body })));
    const outcome = await start(url, { method: 'PUT', body: { conf: { run: 'sb1-1' } } });
    expect(outcome).toMatchObject({ result: { line: 'PUT /start?q=1 HTTP/1.1', body: '{"conf":{"run":"sb1-1"}}' } });
  });

  it.each(['a\r\nX-Evil: 1', 'a\nb', 'nul\0', 'snow ☃'])('sends nothing with the header value %j', async (value) => {
    expect(await start('http://127.0.0.1:1/', { headers: { 'X-Note': value } })).toMatchObject(rejected);
  });

  it.each(['Host', 'content-length', 'Transfer-Encoding', 'Idempotency-Key'])(
    'lets no definition set %s',
    async (name) => {
      expect(await start('http://127.0.0.1:1/', { headers: { [name]: '5' } })).toMatchObject(rejected);
    },
  );

  it.each(['ftp://host/x', '/relative', 'http://user:pass@host/'])('refuses the url %s', async (url) => {
    expect(await start(url)).toMatchObject(rejected);
  });

  it('names a secret that is not there', async () => {
    const outcome = await start('http://127.0.0.1:1/', { headers: { Authorization: { secret: 'env:NOT_SET' } } });
    expect(outcome).toMatchObject({ kind: 'notStarted', code: 'secret_missing', permanent: true });
    expect(outcome).toHaveProperty('detail', expect.stringContaining('env:NOT_SET'));
  });
});

describe('a 2xx', () => {
  it.each([
    ['no content', 'HTTP/1.1 204 No Content\r\n\r\n', undefined],
    ['text', http('200 OK', 'fine'), 'No result: the answer is not JSON.'],
    ['a deep document', http('200 OK', '['.repeat(5_000) + ']'.repeat(5_000)), 'No result: the answer is not JSON.'],
    ['too much', http('200 OK', '"'.padEnd(RESULT_MAX_BYTES + 1, 'x')), 'No result: the answer is over 64 KB.'],
    ['half an answer', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"a"', 'No result: the answer broke off.'],
  ])('with %s is a success without a result', async (_, answer, detail) => {
    const success = { kind: 'finished', status: 'succeeded' };
    expect(await start(await answering(answer))).toEqual(detail === undefined ? success : { ...success, detail });
  });

  it('keeps a result of exactly 64 KB', async () => {
    const text = JSON.stringify('x'.repeat(RESULT_MAX_BYTES - 2));
    expect(await start(await answering(http('200 OK', text)))).toHaveProperty('result');
  });

  it('stops reading an answer that never ends', async () => {
    const url = await serve((socket) => {
      const flood = (): void => {
        while (socket.writable && socket.write('x'.repeat(65_536)));
      };
      socket.on('drain', flood);
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        flood();
      });
    });
    expect(await start(url)).toMatchObject({ kind: 'finished', detail: 'No result: the answer is over 64 KB.' });
  });

  it('gives back no secret, wherever the answer echoes it', async () => {
    const url = await answering(({ headers }) =>
      http('200 OK', JSON.stringify({ echo: headers, [headers.authorization ?? '']: ['canary-7f3a91'] })),
    );
    const outcome = await start(url, { headers: { Authorization: { secret: 'env:TOKEN' } } });
    expect(outcome).toMatchObject({ status: 'succeeded', result: { echo: { authorization: '[redacted]' } } });
    expect(JSON.stringify(outcome)).not.toContain('canary');
  });
});

describe('an error status', () => {
  it.each([
    ['400 Bad Request', 'Bad Request'],
    ['401 Unauthorized', 'credential'],
    ['403 Forbidden', 'credential'],
    ['404 Not Found', 'pipeline renamed or moved?'],
    ['409 Conflict', 'under this run id'],
    ['410 Gone', 'pipeline renamed or moved?'],
    ['422 Unprocessable Entity', 'Unprocessable'],
  ])('%s is permanent and names the target', async (status, text) => {
    const outcome = await start(await answering(http(status, 'no such thing')));
    expect(outcome).toMatchObject(rejected);
    expect(outcome).toHaveProperty(
      'detail',
      expect.stringMatching(/^Target pipeline, POST http:\/\/127\.0\.0\.1:\d+\/start: /),
    );
    expect(outcome).toHaveProperty('detail', expect.stringContaining(text));
    expect(outcome).toHaveProperty('detail', expect.stringContaining('no such thing'));
  });

  it.each(['408 Request Timeout', '425 Too Early', '429 Too Many Requests', '500 Oops', '502 Bad Gateway', '503 Busy'])(
    '%s may be tried again',
    async (status) => {
      expect(await start(await answering(http(status)))).toMatchObject(unavailable);
    },
  );

  it('504 leaves it unknown: what is behind the gateway may have started', async () => {
    expect(await start(await answering(http('504 Gateway Timeout')))).toMatchObject({ kind: 'unknown' });
  });

  it.each(['429 Too Many Requests', '503 Busy'])('%s carries the wait that Retry-After asks for', async (status) => {
    const outcome = await start(await answering(http(status, '', 'retry-after: 7\r\n')));
    expect(outcome).toMatchObject({ ...unavailable, retryAfterMs: 7_000 });
  });

  it('is quoted in one bounded line without control characters and without secrets', async () => {
    const url = await answering(({ headers }) =>
      http('500 Oops', `\u001b[31m${headers.authorization}\r\n`.repeat(500)),
    );
    const outcome = await start(url, { headers: { Authorization: { secret: 'env:TOKEN' } } });
    const detail = outcome.kind === 'notStarted' ? outcome.detail : '';
    expect(detail).toContain('[redacted]');
    expect(detail).not.toMatch(/\p{Cc}|canary/u);
    expect(detail.length).toBeLessThan(400);
  });

  it.each(['301 Moved', '302 Found', '307 Temporary Redirect', '308 Permanent Redirect'])(
    '%s is not followed',
    async (status) => {
      const outcome = await start(await answering(http(status, '', 'location: http://169.254.169.254/\r\n')));
      expect(outcome).toMatchObject(rejected);
      expect(outcome).toHaveProperty('detail', expect.stringContaining('redirects are not followed'));
    },
  );
});

describe('what goes on', () => {
  const watch = { every: 60_000, succeeded: 'body.state == "done"', failed: 'body.state == "broken"' };
  const following = (url: string, headers: HttpTargetSpec['headers'] = {}) =>
    createTarget(
      {
        name: 'pipeline',
        directory: '/',
        spec: {
          http: {
            url,
            method: 'POST',
            headers,
            timeout: 5_000,
            watch: { ...watch, url },
            cancel: { url, method: 'PUT' },
          },
          onUnknown: 'hold',
        },
      },
      depsOf('/'),
    );
  const seen = async (answer: string) => following(await answering(answer)).watch?.(null, requestOf('r'), contextOf());

  it('is started by a 2xx, and told where to say how it ended, with a token that nothing gives back', async () => {
    let got: Received | undefined;
    const url = await answering((received) => {
      got = received;
      return http('202 Accepted', '{"id":7,"echo":"secret-token"}');
    });
    const callback = { url: 'https://box.example/v1/runs/r/finish', token: 'secret-token' };
    const outcome = await following(url).start({ ...requestOf('r'), callback }, contextOf());
    expect(outcome).toEqual({ kind: 'started', handle: null, result: { id: 7, echo: '[redacted]' }, everyMs: 60_000 });
    expect(JSON.parse(got?.body ?? '')).toMatchObject({ callback });
  });

  it.each([
    ['{"state":"queued"}', { kind: 'running', detail: '{"state":"queued"}' }],
    ['{"state":"done"}', { kind: 'finished', status: 'succeeded', result: { state: 'done' } }],
    ['{"state":"broken"}', { kind: 'finished', status: 'failed', result: { state: 'broken' } }],
    ['{}', { kind: 'running', detail: expect.stringContaining('body.state') }],
    ['no JSON', { kind: 'running' }],
  ])('is %s', async (body, outcome) => {
    expect(await seen(http('200 OK', body))).toMatchObject(outcome);
  });

  it.each([
    ['404 Not Found', '', { kind: 'gone' }],
    ['410 Gone', '', { kind: 'gone' }],
    ['500 Oops', '', { kind: 'unreachable' }],
    ['403 Forbidden', '', { kind: 'unreachable' }],
    ['429 Slow', 'retry-after: 7\r\n', { kind: 'unreachable', retryAfterMs: 7_000 }],
  ])('answered %s when asked', async (status, headers, outcome) => {
    expect(await seen(http(status, 'why', headers))).toMatchObject(outcome);
  });

  it('is asked by a GET without a body, with the headers of the target', async () => {
    let got: Received | undefined;
    const url = await answering((received) => {
      got = received;
      return http('200 OK', '{"state":"done","echo":"Bearer canary-7f3a91"}');
    });
    const outcome = await following(url, { Authorization: { secret: 'env:TOKEN' } }).watch?.(
      null,
      requestOf('r'),
      contextOf(),
    );
    expect(outcome).toMatchObject({ result: { echo: '[redacted]' } });
    expect(got).toMatchObject({
      line: 'GET /start?q=1 HTTP/1.1',
      body: '',
      headers: { authorization: 'Bearer canary-7f3a91' },
    });
  });

  it.each([
    ['200 OK', { kind: 'cancelled' }],
    ['404 Not Found', { kind: 'over' }],
    ['409 Conflict', { kind: 'over' }],
    ['500 Oops', { kind: 'failed' }],
  ])('told to end it answers %s', async (status, outcome) => {
    const target = following(await answering(http(status)));
    expect(await target.cancel?.(null, requestOf('r'), contextOf())).toMatchObject(outcome);
  });
});

describe('a call without an answer', () => {
  it('did not start where nobody listens', async () => {
    const url = await serve(() => undefined);
    const { server } = open.splice(0)[0] ?? {};
    await new Promise((resolve) => server?.close(resolve));
    const outcome = await start(url);
    expect(outcome).toMatchObject(unavailable);
    expect(outcome).toHaveProperty('detail', expect.stringContaining('ECONNREFUSED'));
  });

  it('did not start where the name is unknown', async () => {
    expect(await start('http://signalbox.invalid/')).toMatchObject(unavailable);
  });

  it('did not start where TLS is not spoken', async () => {
    const url = await serve((socket) => socket.once('data', () => socket.end('plain text')));
    expect(await start(url.replace('http:', 'https:'))).toMatchObject(unavailable);
  });

  it('did not start where the TLS greeting is never answered', async () => {
    const url = await serve(() => undefined);
    expect(await start(url.replace('http:', 'https:'), { timeout: 50 })).toMatchObject(unavailable);
  });

  it.each<[string, (socket: Socket) => void]>([
    ['closed at once', (socket) => socket.destroy()],
    ['closed after the request', (socket) => socket.once('data', () => socket.end())],
    ['reset after the request', (socket) => socket.once('data', () => socket.resetAndDestroy())],
    ['answered with nonsense', (socket) => socket.once('data', () => socket.end('nonsense\r\n\r\n'))],
  ])('may have started where the connection was %s', async (_, behave) => {
    expect(await start(await serve(behave))).toMatchObject({ kind: 'unknown' });
  });

  it('may have started where the target hangs past the time-out', async () => {
    const outcome = await start(await serve(() => undefined), { timeout: 50 });
    expect(outcome).toMatchObject({ kind: 'unknown', detail: expect.stringContaining('no answer within 0.05 s') });
  });

  it('may have started where the caller gave up after sending', async () => {
    const caller = new AbortController();
    const url = await serve((socket) => socket.once('data', () => caller.abort()));
    expect(await start(url, {}, caller.signal)).toMatchObject({ kind: 'unknown' });
  });

  it('did not start where the caller had given up before', async () => {
    expect(await start('http://127.0.0.1:1/', {}, AbortSignal.abort())).toMatchObject(unavailable);
  });
});

describe('Retry-After', () => {
  const nowMs = Date.parse('2026-09-01T00:00:00Z');
  it.each([
    ['120', 120_000],
    ['0', 0],
    ['Tue, 01 Sep 2026 00:01:00 GMT', 60_000],
    ['Mon, 31 Aug 2026 00:00:00 GMT', 0],
    ['9999999999', RETRY_AFTER_MAX_MS],
    ['soon', undefined],
    [undefined, undefined],
  ])('%j means %j ms', (header, waitMs) => {
    expect(retryAfterMs(header, nowMs)).toBe(waitMs);
  });
});
