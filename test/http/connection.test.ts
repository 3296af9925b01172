import { connect, type Socket } from 'node:net';

import { describe, expect, test } from 'vitest';

import { acceptAll, eventOf, exchangeRaw, sendEvent, startService } from './service.ts';

const EVENT = JSON.stringify(eventOf());
const post = (...headers: readonly string[]) =>
  ['POST /events HTTP/1.1', 'Host: localhost', 'Connection: close', ...headers, '', ''].join('\r\n');
const STRUCTURED = 'Content-Type: application/cloudevents+json';
const LENGTH = `Content-Length: ${EVENT.length}`;
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

/** Status and code of a raw answer. */
const summary = (answer: string) =>
  `${/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 'none'} ${/"code":"(\w+)"/.exec(answer)?.[1] ?? ''}`.trim();

describe('bodies on the wire', () => {
  test('are read without a Content-Length, chunk by chunk', async () => {
    const service = await startService();
    const parts = [
      post(STRUCTURED, 'Transfer-Encoding: chunked'),
      ...[EVENT.slice(0, 9), EVENT.slice(9)].map(chunk),
      '0\r\n\r\n',
    ];
    expect(summary(await exchangeRaw(service.port, ...parts))).toBe('202');
    expect(service.accepted[0]?.events[0]?.event).toEqual(eventOf());
  });

  test('are cut off at the limit however they are sent, and the sender reads why', async () => {
    const { port } = await startService();
    const declared = exchangeRaw(port, post(STRUCTURED, 'Content-Length: 9000000'), 'x'.repeat(8_000_000));
    const announced = exchangeRaw(port, post(STRUCTURED, 'Content-Length: 262145'));
    const chunked = exchangeRaw(port, post(STRUCTURED, 'Transfer-Encoding: chunked'), chunk('x'.repeat(300_000)));
    const answers = await Promise.all([declared, announced, chunked]);
    expect(new Set(answers.map(summary))).toEqual(new Set(['413 too_large']));
  });

  test('that stop arriving are answered 408, heads too', async () => {
    const { port } = await startService({ timing: { headersMs: 100, requestMs: 150, checkMs: 20 } });
    const answers = await Promise.all([
      exchangeRaw(port, post(STRUCTURED, 'Content-Length: 100'), '{"spec'),
      exchangeRaw(port, 'POST /events HTTP/1.1\r\nHost: loc'),
    ]);
    expect(answers.map(summary)).toEqual(['408 slow_body', '408 slow_body']);
    expect(answers[0]).toContain('retry-after: 1\r\n');
  });

  test('whose sender went away are nobody else’s problem', async () => {
    const service = await startService();
    await new Promise<void>((resolve) => {
      const socket = connect(service.port, '127.0.0.1', () => {
        socket.write(post(STRUCTURED, LENGTH) + '{', () => socket.destroy());
      });
      socket.once('close', () => resolve());
    });
    expect((await sendEvent(service, eventOf())).status).toBe(202);
    expect(service.accepted).toHaveLength(1);
    expect(service.logged.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  test('followed by garbage are never answered with the refusal of the garbage', async () => {
    const service = await startService({}, async () => new Promise(() => {}));
    const request = post(STRUCTURED, LENGTH).replace('Connection: close\r\n', '') + EVENT;
    expect(await exchangeRaw(service.port, `${request}\u0000\r\n\r\n`)).toBe('');
    expect(service.accepted).toHaveLength(1);
  });
});

describe('requests two readers could understand in two ways', () => {
  test.each<[string, readonly string[], string]>([
    ['two Authorization', ['Authorization: Bearer a', 'Authorization: Bearer b', STRUCTURED], '400 duplicate_header'],
    ['two Content-Type', [STRUCTURED, 'content-type: text/plain'], '400 duplicate_header'],
    ['two Host', ['Host: localhost', STRUCTURED], '400 duplicate_header'],
    ['two ce-id', [STRUCTURED, 'ce-id: 1', 'CE-ID: 2'], '400 duplicate_header'],
    ['Content-Length and Transfer-Encoding', [STRUCTURED, 'Transfer-Encoding: chunked'], '400 malformed_request'],
    ['two Content-Length', [STRUCTURED, 'Content-Length: 4'], '400 malformed_request'],
    ['two Prefer, a list', [STRUCTURED, 'Prefer: wait=1', 'Prefer: respond-async'], '202'],
  ])('%s', async (_, headers, expected) => {
    const { port } = await startService();
    expect(summary(await exchangeRaw(port, post(...headers, LENGTH), EVENT))).toBe(expected);
  });

  test('a transfer coding besides chunked', async () => {
    const { port } = await startService();
    const head = post(STRUCTURED, 'Transfer-Encoding: gzip, chunked');
    expect(summary(await exchangeRaw(port, head, chunk(EVENT), '0\r\n\r\n'))).toBe('400 malformed_request');
  });

  test('no HTTP at all, and heads without end', async () => {
    const { port } = await startService();
    expect(summary(await exchangeRaw(port, 'hello\r\n\r\n'))).toBe('400 malformed_request');
    expect(summary(await exchangeRaw(port, post(`X-Long: ${'x'.repeat(20_000)}`)))).toBe('431 headers_too_large');
  });
});

describe('closing', () => {
  test('finishes what is under way, and refuses what comes after on connections that stay open', async () => {
    let release = (): void => {};
    let onAccept = (): void => {};
    const accepting = new Promise<void>((resolve) => (onAccept = resolve));
    const service = await startService({}, async (events) => {
      onAccept();
      await new Promise<void>((resolve) => (release = resolve));
      return acceptAll(events);
    });
    const kept = await keptAlive(service.port);
    const underWay = sendEvent(service, eventOf());
    await accepting;
    const closed = service.server.close();
    kept.socket.write('GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const late = await kept.rest;
    expect(summary(late)).toBe('503 shutting_down');
    expect(late.toLowerCase()).toContain('connection: close');
    expect(late).toContain('retry-after: ');
    release();
    expect((await underWay).status).toBe(202);
    await closed;
    await expect(sendEvent(service, eventOf())).rejects.toThrow();
  });

  test('does not wait for ever', async () => {
    const service = await startService({ timing: { closeMs: 30 } }, async () => new Promise(() => {}));
    const lost = sendEvent(service, eventOf()).catch(() => 'no answer');
    await expect.poll(() => service.accepted.length).toBe(1);
    await service.server.close();
    expect(await lost).toBe('no answer');
  });
});

/** A connection that has had one answer and stays open; `rest` is what comes after that, until it closes. */
async function keptAlive(port: number): Promise<{ readonly socket: Socket; readonly rest: Promise<string> }> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'));
    const rest = new Promise<string>((settle) => socket.once('close', () => settle(received)));
    socket
      .setEncoding('utf8')
      .once('error', reject)
      .once('data', () => {
        socket.on('data', (text: string) => (received += text));
        resolve({ socket, rest });
      });
  });
}
