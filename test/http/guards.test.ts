import { describe, expect, test } from 'vitest';

import { bodyOf, eventOf, exchangeRaw, sendEvent, startService } from './service.ts';

const codeOf = async (answer: Response) => [answer.status, (await bodyOf(answer))['code']].join(' ').trim();
const ROUTES = ['/readyz', '/metrics', '/openapi.json', '/v1/triggers', '/v1/dead-letters', '/no-such-path'];

describe('the token', () => {
  test('guards every route but /healthz and OPTIONS', async () => {
    const service = await startService({ token: 'correct horse' });
    const open = await Promise.all([
      fetch(`${service.url}/healthz`),
      fetch(`${service.url}/events`, { method: 'OPTIONS' }),
    ]);
    expect(open.map(({ status }) => status)).toEqual([200, 200]);
    const guarded = await Promise.all([
      sendEvent(service, eventOf()),
      ...ROUTES.map(async (path) => fetch(service.url + path)),
    ]);
    expect(new Set(await Promise.all(guarded.map(codeOf)))).toEqual(new Set(['401 unauthenticated']));
    expect(guarded[0]?.headers.get('www-authenticate')).toBe('Bearer');
    expect(service.accepted).toEqual([]);
  });

  test.each([
    ['Bearer s3cret', 202],
    ['bearer  s3cret', 202],
    ['Bearer s3cre', 401],
    ['Bearer s3cret2', 401],
    ['Bearer ', 401],
    ['Basic s3cret', 401],
    ['s3cret', 401],
  ])('sent as %j is answered %i', async (authorization, status) => {
    const service = await startService({ token: 's3cret' });
    expect((await sendEvent(service, eventOf(), { authorization })).status).toBe(status);
  });
});

describe('the Host', () => {
  const get = async (host: string, path = '/readyz') => {
    const { port } = await startService({ allowedHosts: ['signalbox.example.com', 'other.example:8080'] });
    return /^HTTP\/1\.1 (\d+)/.exec(
      await exchangeRaw(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
    )?.[1];
  };

  test.each([
    'localhost',
    'LOCALHOST:8080',
    '127.0.0.1',
    '127.8.9.1:80',
    '[::1]:8080',
    'Signalbox.example.com:443',
    'other.example:8080',
  ])('%s is answered', async (host) => {
    expect(await get(host)).toBe('200');
  });

  test.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.1',
    '10.0.0.1',
    'other.example',
    '',
  ])('%j is refused', async (host) => {
    expect(await get(host)).toBe('403');
  });

  test('does not matter to a liveness probe by address', async () => {
    expect(await get('10.0.0.7:8080', '/healthz')).toBe('200');
  });
});

describe('calls a web page could make', () => {
  test.each([
    ['cross-site', '403 cross_site'],
    ['same-origin', '202'],
    ['none', '202'],
  ])('from %s are answered %s', async (site, expected) => {
    const answer = await sendEvent(await startService(), eventOf(), { 'sec-fetch-site': site });
    expect(await codeOf(answer)).toBe(expected);
  });

  test('grant no preflight', async () => {
    const { url } = await startService();
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    const answer = await fetch(`${url}/events`, { method: 'OPTIONS', headers });
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test('with the body of a form are refused before anything is read', async () => {
    const service = await startService();
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=application/json',
    ]) {
      expect(await codeOf(await sendEvent(service, eventOf(), { 'content-type': type }))).toBe(
        '415 unsupported_content_type',
      );
    }
    expect(service.accepted).toEqual([]);
  });
});
