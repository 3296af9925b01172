import { describe, expect, test } from 'vitest';

import type { ResolveSecret } from '../../src/connectors/target.ts';
import type { Definitions, LoadedSource } from '../../src/load/definitions.ts';
import { bodyOf, eventOf, exchangeRaw, NOW, sendEvent, type Service, startService } from './service.ts';

const sourceOf = (name: string, secret?: string): LoadedSource => ({
  name,
  file: 'sources.yaml',
  labels: {},
  generation: '0123456789abcdef',
  spec: { type: 'cloudevents', ...(secret === undefined ? {} : { auth: { bearer: { secret } } }) },
});
const mapOf = (...sources: LoadedSource[]): Definitions['sources'] => new Map(sources.map((it) => [it.name, it]));

const SECRETS: { readonly [reference: string]: string } = {
  'env:LANDING_TOKEN': 'landing-bearer',
  'env:TWO_WORDS': 'landing bearer',
};
const resolveSecret: ResolveSecret = (reference) => {
  const value = SECRETS[reference];
  return value === undefined
    ? { ok: false, detail: `The environment variable ${reference.slice(4)} is not set` }
    : { ok: true, value };
};
const defined = mapOf(
  sourceOf('plain'),
  sourceOf('landing', 'env:LANDING_TOKEN'),
  sourceOf('unset', 'env:UNSET'),
  sourceOf('unsendable', 'env:TWO_WORDS'),
);
const start = async (token?: string) =>
  startService({ sources: () => defined, resolveSecret, ...(token === undefined ? {} : { token }) });

const send = async (service: Service, name: string, headers: { readonly [name: string]: string } = {}) =>
  sendEvent(service, eventOf(), headers, `/sources/${name}`);
const outcomeOf = async (answer: Response) => [answer.status, (await bodyOf(answer))['code']].join(' ').trim();

describe('POST /sources/{name}', () => {
  test('answers as POST /events does, and its events carry the name of the Source', async () => {
    const service = await start();
    const answers = [await sendEvent(service, eventOf()), await send(service, 'plain')];
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    const [events, plain] = await Promise.all(answers.map(bodyOf));
    expect(plain).toEqual(events);
    expect(service.accepted.map((it) => it.events)).toEqual([
      [{ event: eventOf(), source: 'events', receivedAt: NOW }],
      [{ event: eventOf(), source: 'plain', receivedAt: NOW }],
    ]);
    expect(service.logged).toContainEqual(expect.objectContaining({ msg: 'events accepted', source: 'plain' }));
  });

  test('counts what came, and what was refused, for its own name', async () => {
    const service = await start();
    await send(service, 'plain');
    await sendEvent(service, '{}', {}, '/sources/plain');
    await send(service, 'landing');
    const counts = [
      service.counted('accepted', 'plain'),
      service.counted('malformed_event', 'plain'),
      service.counted('unauthenticated', 'landing'),
      service.counted('accepted'),
    ];
    expect(await Promise.all(counts)).toEqual([1, 1, 1, 0]);
  });

  test('refuses what is sent to a schedule, and says what makes its events', async () => {
    const nightly: LoadedSource = { ...sourceOf('nightly'), spec: { type: 'schedule', every: 60_000 } };
    const service = await startService({ sources: () => mapOf(nightly) });
    const answer = await send(service, 'nightly');
    expect(answer.status).toBe(404);
    expect(await bodyOf(answer)).toMatchObject({
      code: 'not_found',
      detail: expect.stringContaining('The Source nightly is a schedule: Temporal makes its events.'),
    });
    const options = await fetch(`${service.url}/sources/nightly`, { method: 'OPTIONS' });
    expect(options.status).toBe(404);
    expect(service.accepted).toEqual([]);
  });

  test('follows the definitions without a restart', async () => {
    let live = mapOf();
    const service = await startService({ sources: () => live });
    const before = await send(service, 'plain');
    live = defined;
    const during = await send(service, 'plain');
    live = mapOf();
    const after = await send(service, 'plain');
    expect([before, during, after].map(({ status }) => status)).toEqual([404, 202, 404]);
  });

  test.each(['nope', 'events', 'Plain', '__proto__', 'plain%2Flanding'])('%s is no Source: 404', async (name) => {
    const service = await start();
    expect(await outcomeOf(await send(service, name))).toBe('404 not_found');
    expect(service.accepted).toEqual([]);
    expect(await service.counted('not_found', 'other')).toBe(0);
  });

  test('keeps the guards against web pages, with the right bearer too', async () => {
    const service = await start();
    const right = { authorization: 'Bearer landing-bearer' };
    const crossSite = await send(service, 'landing', { ...right, 'sec-fetch-site': 'cross-site' });
    const form = await send(service, 'landing', { ...right, 'content-type': 'text/plain' });
    expect(await Promise.all([crossSite, form].map(outcomeOf))).toEqual([
      '403 cross_site',
      '415 unsupported_content_type',
    ]);
    const head = 'POST /sources/plain HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/cloudevents+json\r\n';
    expect(await exchangeRaw(service.port, `${head}Content-Length: 0\r\nConnection: close\r\n\r\n`)).toContain(
      '403 Forbidden',
    );
    expect(service.accepted).toEqual([]);
  });

  test('other methods are 405', async () => {
    const answer = await fetch(`${(await start()).url}/sources/plain`);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
  });
});

describe('who may send to a Source', () => {
  const bearers = { none: undefined, token: 'the-token', source: 'landing-bearer', wrong: 'landing-beare' } as const;

  test.each<[string, boolean, keyof typeof bearers, string]>([
    ['plain', false, 'none', '202'],
    ['plain', false, 'wrong', '202'],
    ['plain', true, 'none', '401 unauthenticated'],
    ['plain', true, 'wrong', '401 unauthenticated'],
    ['plain', true, 'source', '401 unauthenticated'],
    ['plain', true, 'token', '202'],
    ['landing', false, 'none', '401 unauthenticated'],
    ['landing', false, 'wrong', '401 unauthenticated'],
    ['landing', false, 'source', '202'],
    ['landing', true, 'none', '401 unauthenticated'],
    ['landing', true, 'wrong', '401 unauthenticated'],
    ['landing', true, 'token', '401 unauthenticated'],
    ['landing', true, 'source', '202'],
    ['nope', true, 'none', '401 unauthenticated'],
    ['nope', true, 'source', '401 unauthenticated'],
    ['nope', true, 'token', '404 not_found'],
  ])('%s, SIGNALBOX_TOKEN set: %s, bearer: %s is answered %s', async (name, isTokenSet, bearer, expected) => {
    const service = await start(isTokenSet ? bearers.token : undefined);
    const given = bearers[bearer];
    const answer = await send(service, name, given === undefined ? {} : { authorization: `Bearer ${given}` });
    expect(await outcomeOf(answer)).toBe(expected);
    expect(answer.headers.get('www-authenticate')).toBe(expected.startsWith('401') ? 'Bearer' : null);
    expect(service.accepted).toHaveLength(expected === '202' ? 1 : 0);
  });

  test('the bearer of a Source opens no other route', async () => {
    const service = await start('the-token');
    const answer = await sendEvent(service, eventOf(), { authorization: 'Bearer landing-bearer' });
    expect(answer.status).toBe(401);
  });

  test.each([
    ['unset', 'env:UNSET', 'The environment variable UNSET is not set'],
    ['unsendable', 'env:TWO_WORDS', 'env:TWO_WORDS holds'],
  ])('a secret that is %s lets nobody in and says so in the log alone', async (name, reference, reason) => {
    const service = await start('the-token');
    for (const bearer of [undefined, 'the-token', 'undefined', 'landing', 'landing bearer']) {
      const answer = await send(service, name, bearer === undefined ? {} : { authorization: `Bearer ${bearer}` });
      const text = await answer.text();
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '30']);
      expect(JSON.parse(text)).toMatchObject({ code: 'source_misconfigured', retryable: true });
      expect(text).not.toContain(reference.slice(4));
    }
    expect(service.accepted).toEqual([]);
    const errors = service.logged.filter(({ level }) => level === 'error');
    expect(errors).toHaveLength(5);
    expect(errors[0]).toMatchObject({
      source: name,
      code: 'source_misconfigured',
      reason: expect.stringContaining(reason),
    });
    expect(JSON.stringify(service.logged)).not.toContain('landing bearer');
    expect(await service.counted('source_misconfigured', name)).toBe(5);
  });
});

describe('OPTIONS /sources/{name}', () => {
  test('is the handshake of a defined Source, without a credential', async () => {
    const { url } = await start('the-token');
    const headers = { 'webhook-request-origin': 'eventemitter.example.com' };
    const answers = await Promise.all(
      ['landing', 'nope'].map(async (name) => fetch(`${url}/sources/${name}`, { method: 'OPTIONS', headers })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 404]);
    expect(answers.map((it) => it.headers.get('webhook-allowed-origin'))).toEqual(['eventemitter.example.com', null]);
    expect(answers[0]?.headers.get('allow')).toBe('POST, OPTIONS');
  });
});
