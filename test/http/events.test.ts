import { describe, expect, test } from 'vitest';

import { refusal } from '../../src/errors.ts';
import { acceptAll, bodyOf, eventOf, NOW, sendEvent, startService } from './service.ts';

const BATCH = { 'content-type': 'application/cloudevents-batch+json' };
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const OTHER_TRACE = '00-11111111111111111111111111111111-2222222222222222-00';

describe('POST /events', () => {
  test('answers 202 with what was accepted, and hands the event on with its arrival', async () => {
    const service = await startService();
    const answer = await sendEvent(service, eventOf({ data: { rows: 3 } }));
    expect(answer.status).toBe(202);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.json()).toEqual({
      accepted: [
        {
          eventId: 'evt_1',
          source: '/sensors',
          id: '1',
          triggers: [{ trigger: 'retrain', key: 'default', workflowId: 'trigger/retrain' }],
        },
      ],
      deadLettered: [],
    });
    const incoming = { event: eventOf({ data: { rows: 3 } }), source: 'events', receivedAt: NOW };
    expect(service.accepted).toEqual([{ events: [incoming], waitMs: undefined }]);
    expect(await service.counted('accepted')).toBe(1);
  });

  test('takes binary mode and batches, an empty one too', async () => {
    const service = await startService();
    const ce = {
      'ce-specversion': '1.0',
      'ce-id': 'a%20b',
      'ce-source': '/s',
      'ce-type': 't',
      'content-type': 'text/plain',
    };
    const binary = await fetch(`${service.url}/events`, { method: 'POST', headers: ce, body: 'hello' });
    const batch = await sendEvent(service, [eventOf(), eventOf({ id: '2' })], BATCH);
    const empty = await sendEvent(service, [], BATCH);
    expect([binary.status, batch.status, empty.status]).toEqual([202, 202, 202]);
    expect(await empty.json()).toEqual({ accepted: [], deadLettered: [] });
    expect(service.accepted.map(({ events }) => events.map(({ event }) => event.id))).toEqual([
      ['a b'],
      ['1', '2'],
      [],
    ]);
    expect(service.accepted[0]?.events[0]?.event).toMatchObject({ data: 'hello' });
  });

  test('names dead letters without what is only for logs', async () => {
    const letter = {
      index: 0,
      trigger: 't',
      code: 'filter_error',
      pointer: '/spec/events/when',
      deadLetterId: 'd1',
    } as const;
    const service = await startService({}, async () => ({
      kind: 'accepted',
      accepted: [],
      deadLettered: [{ ...letter, detail: 'for the log' }],
    }));
    expect(await bodyOf(await sendEvent(service, eventOf()))).toEqual({ accepted: [], deadLettered: [letter] });
    expect([await service.counted('deadLettered'), await service.counted('accepted')]).toEqual([1, 0]);
  });

  test('waits as long as asked, at most a minute, and answers 200 with the verdicts', async () => {
    const verdict = {
      eventId: 'evt_1',
      trigger: 'retrain',
      key: 'default',
      kind: 'started',
      runId: 'r1',
      cause: 'events',
    } as const;
    const service = await startService({}, async (events, { waitMs }) => ({
      ...acceptAll(events),
      ...(waitMs === undefined ? {} : { verdicts: [verdict] }),
    }));
    const waited = await sendEvent(service, eventOf(), { prefer: 'respond-async, Wait=5' });
    expect(waited.status).toBe(200);
    expect(waited.headers.get('preference-applied')).toBe('wait=5');
    expect(await bodyOf(waited)).toMatchObject({ accepted: [{ id: '1' }], verdicts: [verdict] });
    const others = ['wait=3600', 'wait="7"', 'wait=0', 'wait=x', 'return=minimal'].map(async (prefer) =>
      sendEvent(service, eventOf(), { prefer }),
    );
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual([200, 200, 202, 202, 202]);
    const waits = service.accepted.map(({ waitMs }) => waitMs).filter((waitMs) => waitMs !== undefined);
    expect(new Set(waits)).toEqual(new Set([5_000, 7_000, 60_000]));
    expect([service.accepted.length, waits.length]).toEqual([6, 3]);
  });

  test('answers a waiting sender which events nobody took, with the trigger that came closest', async () => {
    const nearest = { trigger: 'retrain', pointer: '/events/pattern/type', reason: 'type "a" is not "b".' };
    const unmatched = [{ eventId: 'evt_1', nearest }];
    const service = await startService({}, async (events) => ({ ...acceptAll(events), verdicts: [], unmatched }));
    const waited = await sendEvent(service, eventOf(), { prefer: 'wait=5' });
    expect([waited.status, await bodyOf(waited)]).toMatchObject([200, { verdicts: [], unmatched }]);
  });

  test('answers the plain 202 where no verdict fell within the wait', async () => {
    const answer = await sendEvent(await startService(), eventOf(), { prefer: 'wait=1' });
    expect([answer.status, answer.headers.get('preference-applied')]).toEqual([202, null]);
  });

  test('carries the trace of the request, else that of the event, and only valid ones', async () => {
    const service = await startService();
    await sendEvent(service, eventOf({ traceparent: OTHER_TRACE }), { traceparent: TRACE });
    await sendEvent(service, eventOf({ traceparent: OTHER_TRACE }), { traceparent: 'nonsense' });
    await sendEvent(service, eventOf(), { traceparent: TRACE.replace(/[^-]{32}/, '0'.repeat(32)) });
    const carried = service.accepted.map(({ events }) => events[0]?.traceparent);
    expect(carried).toEqual([TRACE, OTHER_TRACE, undefined]);
  });

  test('passes on why nothing was accepted, and when to try again', async () => {
    const service = await startService({}, async () => ({
      kind: 'refused',
      refusal: refusal('temporal_unavailable', 'No answer within 8 s.', { retryAfterSeconds: 2.5 }),
    }));
    const answer = await sendEvent(service, eventOf());
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '3']);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await bodyOf(answer)).toMatchObject({
      type: 'urn:signalbox:error:temporal_unavailable',
      title: 'Temporal unavailable',
      status: 503,
      code: 'temporal_unavailable',
      detail: 'No answer within 8 s.',
      remedy: expect.stringContaining('Retry-After'),
      requestId: answer.headers.get('x-request-id'),
    });
    expect(await service.counted('temporal_unavailable')).toBe(1);
  });

  test('keeps what broke to the log', async () => {
    const service = await startService({}, async () => {
      throw new Error('secret connection string');
    });
    const answer = await sendEvent(service, eventOf());
    const text = await answer.text();
    expect([answer.status, text.includes('secret'), JSON.parse(text).code]).toEqual([500, false, 'internal']);
    const requestId = answer.headers.get('x-request-id');
    expect(service.logged).toContainEqual(expect.objectContaining({ level: 'error', requestId }));
  });

  test.each<[string, string, { readonly [name: string]: string }, string, string?]>([
    ['not JSON', 'hello', {}, '400 malformed_json', ''],
    ['a numeric id', '{"specversion":"1.0","id":1,"source":"/s","type":"t"}', {}, '400 malformed_event', '/id'],
    ['a duplicate member', '{"id":"1","id":"1"}', {}, '400 forbidden_member', '/id'],
    ['__proto__', '{"data":{"__proto__":1}}', {}, '400 forbidden_member', '/data/__proto__'],
    ['depth 33', '['.repeat(33) + ']'.repeat(33), {}, '400 too_complex', ''],
    ['plain JSON', '{}', { 'content-type': 'application/json' }, '415 unsupported_content_type'],
    ['text', '{}', { 'content-type': 'text/plain' }, '415 unsupported_content_type'],
    ['a gzip body', '{}', { 'content-encoding': 'gzip' }, '415 unsupported_content_encoding'],
    ['a coding that changes nothing', '{}', { 'content-encoding': 'identity' }, '415 unsupported_content_encoding'],
    [
      'one malformed event in a batch',
      `[${JSON.stringify(eventOf())},{}]`,
      BATCH,
      '400 malformed_event',
      '/1/specversion',
    ],
  ])('refuses %s with a code, a place and a remedy', async (_, body, headers, expected, pointer) => {
    const service = await startService();
    const answer = await sendEvent(service, body, headers);
    const problem = await bodyOf(answer);
    const code = problem['code'];
    expect([answer.status, code].join(' ')).toBe(expected);
    expect(problem['remedy']).toMatch(/\w/);
    if (pointer !== undefined) {
      expect(problem['violations']).toEqual(
        expect.arrayContaining([{ pointer, message: expect.stringMatching(/\w/) }]),
      );
    }
    expect(service.accepted).toEqual([]);
    expect(await service.counted(String(code))).toBe(1);
    expect(service.logged).toContainEqual(expect.objectContaining({ level: 'warn', code }));
  });

  test('takes 256 KB and refuses one byte more, for a batch 4 MB', async () => {
    const service = await startService();
    const filled = (bytes: number) => {
      const frame = JSON.stringify(eventOf({ data: '' })).length;
      return JSON.stringify(eventOf({ data: 'x'.repeat(bytes - frame) }));
    };
    const sizes = [262_144, 262_145].map(async (bytes) => sendEvent(service, filled(bytes)));
    const batch = sendEvent(service, `[${' '.repeat(4 * 1_024 * 1_024)}]`, BATCH);
    expect((await Promise.all([...sizes, batch])).map(({ status }) => status)).toEqual([202, 413, 413]);
  });

  test('logs one line with the first event ids', async () => {
    const service = await startService();
    const many = Array.from({ length: 30 }, (_, index) => eventOf({ id: String(index) }));
    await sendEvent(service, many, { ...BATCH, 'x-request-id': 'req-7' });
    const lines = service.logged.filter(({ level }) => level === 'info');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ requestId: 'req-7', events: 30 });
    expect(lines[0]).toHaveProperty('eventIds.length', 10);
  });
});

describe('OPTIONS /events', () => {
  const handshake = async (headers: { readonly [name: string]: string }) => {
    const { url } = await startService({ token: 'secret' });
    const answer = await fetch(`${url}/events`, { method: 'OPTIONS', headers });
    return ['allow', 'webhook-allowed-origin', 'webhook-allowed-rate'].map((name) => answer.headers.get(name));
  };

  test('grants the origin that asks, without a token', async () => {
    const headers = { 'webhook-request-origin': 'eventemitter.example.com', 'webhook-request-rate': '120' };
    expect(await handshake(headers)).toEqual(['POST, OPTIONS', 'eventemitter.example.com', '*']);
  });

  test('grants nothing to who does not ask, or asks with something else', async () => {
    expect(await handshake({})).toEqual(['POST, OPTIONS', null, null]);
    expect(await handshake({ 'webhook-request-origin': 'a b' })).toEqual(['POST, OPTIONS', null, null]);
  });
});
