import { existsSync, readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { cloudEventsSource } from '../../../src/connectors/sources/cloudevents.ts';

type Headers = { readonly [name: string]: string };

const decode = (headers: Headers, body: string | Uint8Array = '') =>
  cloudEventsSource.decode({
    headers: new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: Buffer.from(body),
  });
const structured = (event: unknown) =>
  decode({ 'content-type': 'application/cloudevents+json' }, typeof event === 'string' ? event : JSON.stringify(event));
const batch = (events: unknown) =>
  decode({ 'content-type': 'application/cloudevents-batch+json' }, JSON.stringify(events));
const CE = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/sensors', 'ce-type': 'reading' };
const binary = (headers: Headers = {}, body: string | Uint8Array = '') => decode({ ...CE, ...headers }, body);
const event = { specversion: '1.0', id: '1', source: '/sensors', type: 'reading' };
const without = (name: string) => Object.fromEntries(Object.entries(event).filter(([it]) => it !== name));
const base64 = (text: string) => Buffer.from(text).toString('base64');
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

/** The first event, or the code and the places of the refusal in one line. */
function outcome(decoded: ReturnType<typeof decode>): unknown {
  if (decoded.ok) return decoded.events[0];
  const places = (decoded.refusal.violations ?? []).map((it) => it.pointer);
  return [decoded.refusal.code, ...places].join(' ');
}

describe('structured mode', () => {
  test('keeps attributes, extensions and data as they are', () => {
    const whole = {
      ...event,
      time: '2026-01-01T00:00:00.5+05:30',
      subject: 'a/b',
      count: 5,
      late: true,
      data: { a: [null] },
    };
    expect(structured(whole)).toEqual({ ok: true, events: [whole], batch: false });
  });

  test('takes null attributes as absent, but keeps data that is null', () => {
    expect(outcome(structured({ ...event, subject: null, ext: null, data: null }))).toEqual({ ...event, data: null });
    expect(outcome(structured({ ...event, id: null }))).toBe('malformed_event /id');
  });

  test.each(['APPLICATION/CloudEvents+JSON; charset="UTF-8"', 'application/cloudevents+json;charset=utf-8'])(
    'reads %s',
    (type) => {
      expect(decode({ 'content-type': type }, JSON.stringify(event))).toMatchObject({ ok: true });
    },
  );

  test('lets the body win over ce- headers that repeat it', () => {
    const headers = { ...CE, 'ce-id': 'header', 'content-type': 'application/cloudevents+json' };
    expect(outcome(decode(headers, JSON.stringify(event)))).toEqual(event);
  });

  test('turns data_base64 into data where the declared type is JSON or text', () => {
    const declared = (datacontenttype: string | undefined, text: string) =>
      outcome(structured({ ...event, datacontenttype, data_base64: base64(text) }));
    expect(declared('application/json', '{"a":1}')).toMatchObject({ data: { a: 1 } });
    expect(declared('application/vnd.x+json', '[]')).toMatchObject({ data: [] });
    expect(declared('text/plain', 'hé')).toMatchObject({ data: 'hé' });
    expect(declared('image/png', 'x')).toMatchObject({ data_base64: base64('x') });
    expect(declared(undefined, '{}')).toMatchObject({ data_base64: base64('{}') });
    expect(declared('application/json', '{"a":1,"a":2}')).toBe('forbidden_member /data_base64');
  });

  test.each<[string, unknown, string]>([
    ['a missing id', without('id'), 'malformed_event /id'],
    ['a missing source', without('source'), 'malformed_event /source'],
    ['a missing type', without('type'), 'malformed_event /type'],
    ['a missing specversion', without('specversion'), 'malformed_event /specversion'],
    ['another specversion', { ...event, specversion: '0.3' }, 'malformed_event /specversion'],
    ['a numeric id', { ...event, id: 1 }, 'malformed_event /id'],
    ['an empty id', { ...event, id: '' }, 'malformed_event /id'],
    ['an id of 1,025 bytes', { ...event, id: 'é'.repeat(512) + 'x' }, 'malformed_event /id'],
    ['a control character', { ...event, id: 'a\u0000b' }, 'malformed_event /id'],
    ['a noncharacter', { ...event, type: 'a\ufffe' }, 'malformed_event /type'],
    ['a source with a space', { ...event, source: 'a b' }, 'malformed_event /source'],
    ['an empty subject', { ...event, subject: '' }, 'malformed_event /subject'],
    ['a relative dataschema', { ...event, dataschema: 'schema.json' }, 'malformed_event /dataschema'],
    ['a datacontenttype that is none', { ...event, datacontenttype: 'json' }, 'malformed_event /datacontenttype'],
    ['an extension that is an object', { ...event, ext: {} }, 'malformed_event /ext'],
    ['an extension that is a fraction', { ...event, ext: 1.5 }, 'malformed_event /ext'],
    ['an extension over 32 bits', { ...event, ext: 2_147_483_648 }, 'malformed_event /ext'],
    ['an upper-case name', { ...event, myExt: 'x' }, 'malformed_event /myExt'],
    ['a name with a slash', { ...event, 'a/b': 'x' }, 'malformed_event /a~1b'],
    ['data twice', { ...event, data: 1, data_base64: '' }, 'malformed_event /data_base64'],
    ['data_base64 that is no base64', { ...event, data_base64: '... not base64 ...' }, 'malformed_event /data_base64'],
    ['data_base64 that is no string', { ...event, data_base64: 1 }, 'malformed_event /data_base64'],
    ['several faults at once', { id: 5, TIME: 1 }, 'malformed_event /id /TIME /specversion /source /type'],
    ['a list', [event], 'malformed_event '],
    ['not JSON', 'hello', 'malformed_json '],
    ['a duplicate member', '{"id":"1","id":"2"}', 'forbidden_member /id'],
    ['__proto__ in data', '{"data":{"__proto__":{}}}', 'forbidden_member /data/__proto__'],
    ['a lone surrogate', '{"id":"\\ud800"}', 'invalid_unicode /id'],
    ['depth 33', `{"data":${nested(32)}}`, 'too_complex '],
    ['10,001 leaves', { ...event, data: Array(9_997).fill(0) }, 'too_complex '],
  ])('refuses %s', (_, sent, expected) => {
    expect(outcome(structured(sent))).toBe(expected);
  });

  test('takes depth 32 and 10,000 leaves, the attributes among them', () => {
    expect(outcome(structured({ ...event, data: Array(9_996).fill(0) }))).toMatchObject(event);
    expect(outcome(structured(`{${JSON.stringify(event).slice(1, -1)},"data":${nested(31)}}`))).toMatchObject(event);
  });

  test.each([
    ['2026-02-28T23:59:59Z', true],
    ['2024-02-29T00:00:00.123456789-12:00', true],
    ['2026-02-29T00:00:00Z', false],
    ['2026-04-31T00:00:00Z', false],
    ['2026-00-01T00:00:00Z', false],
    ['2026-01-01T24:00:00Z', false],
    ['2026-01-01T00:00:60Z', false],
    ['2026-01-01T00:00:00', false],
    ['2026-01-01', false],
    ['yesterday', false],
  ])('of the time %s says %s', (time, valid) => {
    expect(outcome(structured({ ...event, time })) === 'malformed_event /time').toBe(!valid);
  });
});

describe('binary mode', () => {
  test('decodes header values: quotes first, then one round of percent-decoding', () => {
    const headers = {
      'ce-subject': 'Euro%20%e2%82%AC%20%F0%9F%98%80',
      'ce-quoted': 'a "b \\"c\\"" %22',
      'ce-twice': '100%2525',
    };
    expect(outcome(binary(headers))).toMatchObject({ subject: 'Euro € 😀', quoted: 'a b "c" "', twice: '100%25' });
  });

  test.each([
    ['an overlong escape', { 'ce-subject': '%C0%A0' }, 'malformed_event ce-subject'],
    ['half an escape', { 'ce-subject': '100%' }, 'malformed_event ce-subject'],
    ['bytes that are not encoded', { 'ce-subject': 'caf\u00e9' }, 'malformed_event ce-subject'],
    ['an encoded control character', { 'ce-id': 'a%00' }, 'malformed_event ce-id'],
    ['ce-datacontenttype', { 'ce-datacontenttype': 'text/plain' }, 'malformed_event ce-datacontenttype'],
    ['ce-data', { 'ce-data': 'x' }, 'malformed_event ce-data'],
    ['a name that is no attribute', { 'ce-my-ext': 'x' }, 'malformed_event ce-my-ext'],
    ['a name of a prototype', { 'ce-constructor': 'x' }, 'malformed_event ce-constructor'],
    ['a bad time', { 'ce-time': 'now' }, 'malformed_event ce-time'],
    ['a bad Content-Type', { 'content-type': 'json' }, 'malformed_event content-type'],
  ])('refuses %s', (_, headers, expected) => {
    expect(outcome(binary(headers))).toBe(expected);
  });

  test('names the headers that are missing', () => {
    expect(outcome(decode({ 'ce-id': '1' }))).toBe('malformed_event ce-specversion ce-source ce-type');
  });

  test('reads data by its content type', () => {
    const data = (type: string, body: string | Uint8Array) => outcome(binary({ 'content-type': type }, body));
    expect(data('application/json', '{"a":1}')).toEqual({
      ...event,
      datacontenttype: 'application/json',
      data: { a: 1 },
    });
    expect(data('text/JSON; charset=utf-8', 'null')).toMatchObject({ data: null });
    expect(data('application/geo+json', '"x"')).toMatchObject({ data: 'x' });
    expect(data('text/plain', 'hé')).toMatchObject({ data: 'hé' });
    expect(data('text/plain; charset=latin1', Buffer.from([0xe9]))).toMatchObject({ data_base64: '6Q==' });
    expect(data('application/octet-stream', Buffer.from([0, 255]))).toMatchObject({ data_base64: 'AP8=' });
    expect(data('application/json', '')).toEqual({ ...event, datacontenttype: 'application/json' });
    expect(data('application/json', '{"a":1,"a":1}')).toBe('forbidden_member /a');
    expect(data('application/json; charset=latin1', '{}')).toBe('unsupported_content_type ');
    expect(data('text/plain', Buffer.from([0xff]))).toBe('invalid_unicode ');
    expect(outcome(binary({}, 'x'))).toBe('unsupported_content_type');
  });

  test('holds the limits of the same event in structured mode', () => {
    const json = { 'content-type': 'application/json' };
    expect(outcome(binary(json, nested(31)))).toMatchObject(event);
    expect(outcome(binary(json, nested(32)))).toBe('too_complex ');
    expect(outcome(binary(json, JSON.stringify(Array(9_995).fill(0))))).toMatchObject(event);
    expect(outcome(binary(json, JSON.stringify(Array(9_996).fill(0))))).toBe('too_complex ');
  });
});

describe('batched mode', () => {
  test('keeps the order, and takes none at all', () => {
    expect(batch([])).toEqual({ ok: true, events: [], batch: true });
    expect(batch([event, { ...event, id: '2' }])).toEqual({
      ok: true,
      events: [event, { ...event, id: '2' }],
      batch: true,
    });
  });

  test('refuses the whole batch for one malformed event and names it', () => {
    expect(batch([event, event, { ...event, id: 7 }])).toMatchObject({
      ok: false,
      refusal: {
        code: 'malformed_event',
        detail: expect.stringContaining('Event 2 of the batch'),
        violations: [{ pointer: '/2/id' }],
      },
    });
    expect(outcome(batch([event, 1]))).toBe('malformed_event /1');
    expect(outcome(batch(event))).toBe('malformed_event ');
  });

  test('holds the limits of each event, 1,000 events and 256 KB an event', () => {
    expect(batch(Array(1_000).fill(event))).toMatchObject({ ok: true });
    expect(outcome(batch(Array(1_001).fill(event)))).toBe('too_large ');
    expect(outcome(batch([event, { ...event, data: 'x'.repeat(262_144) }]))).toBe('too_large /1');
    expect(outcome(batch([event, { ...event, data: Array(10_000).fill(0) }]))).toBe('too_complex /1');
  });
});

describe('requests that are no CloudEvent', () => {
  test.each([
    ['plain JSON', { 'content-type': 'application/json' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['no type at all', {}],
    ['another event format', { 'content-type': 'application/cloudevents+avro' }],
    ['another charset', { 'content-type': 'application/cloudevents+json; charset=utf-16' }],
  ])('refuses %s', (_, headers) => {
    expect(outcome(decode(headers, '{}'))).toBe('unsupported_content_type');
  });

  test('says how to send plain JSON', () => {
    expect(decode({ 'content-type': 'application/json' }, '{}')).toMatchObject({
      refusal: { detail: expect.stringContaining('ce-specversion') },
    });
  });
});

describe('bodies to read', () => {
  test('are 256 KB long, 4 MB for a batch', () => {
    const bytesMax = (type: string) => cloudEventsSource.bodyBytesMax(new Map([['content-type', type]]));
    expect(bytesMax('application/cloudevents+json')).toBe(262_144);
    expect(bytesMax('application/cloudevents-batch+json; charset=utf-8')).toBe(4_194_304);
  });
});

const samples = new URL('../../../../shared/payloads/', import.meta.url);
const hasSamples = existsSync(samples);

describe.skipIf(!hasSamples)(
  'samples of the specification (in ../shared/payloads; skipped where that is absent)',
  () => {
    const sample = (name: string) =>
      JSON.parse(readFileSync(new URL(`cloudevents-http-${name}.json`, samples), 'utf8'));

    test('structured and binary mode make the same event', () => {
      const { headers, body } = sample('structured');
      const other = sample('binary');
      const data = { message: 'Hello World!' };
      expect(outcome(decode(headers, JSON.stringify(body)))).toMatchObject({ id: '1234-1234-1234', data });
      expect(outcome(decode(other.headers, other.body_text))).toMatchObject({ id: '1234-1234-1234', data });
    });

    test('the batch is read once its placeholder is base64', () => {
      const { headers, body } = sample('batch');
      expect(outcome(decode(headers, JSON.stringify(body)))).toBe('malformed_event /0/data_base64');
      body[0].data_base64 = 'AAEC';
      expect(decode(headers, JSON.stringify(body))).toMatchObject({
        ok: true,
        events: [{ id: 'B234-1234-1234' }, { data: { appinfoB: 123 } }],
      });
    });
  },
);
