import { describe, expect, test } from 'vitest';

import { bodyOf, eventOf, startService } from './service.ts';

const ask = async (question: unknown, type = 'application/json') => {
  const { url } = await startService();
  const body = typeof question === 'string' ? question : JSON.stringify(question);
  const answer = await fetch(`${url}/v1/match`, { method: 'POST', headers: { 'content-type': type }, body });
  return { status: answer.status, ...(await bodyOf(answer)) };
};

const event = eventOf({ data: { rows: 3 } });

describe('POST /v1/match', () => {
  test('says that a pattern and a condition hold', async () => {
    expect(await ask({ pattern: { type: ['reading'] }, event })).toMatchObject({ status: 200, matched: true });
    const both = { pattern: { type: ['reading'] }, when: 'event.data.rows > 2', event };
    expect(await ask(both)).toMatchObject({ status: 200, matched: true });
  });

  test('says where and why they do not', async () => {
    const pattern = { data: { rows: [{ numeric: ['>', 5] }] } };
    expect(await ask({ pattern, event })).toMatchObject({
      status: 200,
      matched: false,
      reason: expect.stringContaining('data.rows'),
    });
    const both = { pattern: { type: ['reading'] }, when: 'event.data.rows > 5', event };
    expect(await ask(both)).toMatchObject({ matched: false, reason: expect.stringContaining('is false') });
  });

  test.each(['event.data.nope > 1', 'event.data.rows', '"yes"'])(
    'tells a condition that fails from one that is false: %s',
    async (when) => {
      const answer = await ask({ pattern: { type: ['reading'] }, when, event });
      expect(answer).toMatchObject({ status: 200, matched: false, code: 'filter_error' });
    },
  );

  test.each<[string, unknown, string, string]>([
    ['a bad operator', { pattern: { type: [{ prefx: 'a' }] }, event }, 'invalid_pattern', '/pattern/type'],
    ['a pattern that is no object', { pattern: 'x', event }, 'invalid_pattern', '/pattern'],
    ['a bad condition', { pattern: { type: ['a'] }, when: 'event.', event }, 'invalid_expression', '/when'],
    ['an unknown variable', { pattern: { type: ['a'] }, when: 'evnt.id == "1"', event }, 'invalid_expression', '/when'],
    ['a missing pattern', { event }, 'malformed_request', '/pattern'],
    ['an event that is none', { pattern: { type: ['a'] }, event: 1 }, 'malformed_request', '/event'],
    ['an unknown member', { pattern: { type: ['a'] }, event, whn: '' }, 'malformed_request', '/whn'],
    ['a list', [], 'malformed_request', ''],
    ['not JSON', '{', 'malformed_json', ''],
  ])('refuses %s', async (_, question, code, place) => {
    const answer = await ask(question);
    expect(answer).toMatchObject({ status: 400, code });
    expect(answer).toHaveProperty('violations.0.pointer', expect.stringContaining(place));
  });

  test('takes JSON only from who can set a header', async () => {
    expect(await ask({ pattern: { type: ['a'] }, event }, 'text/plain')).toMatchObject({ status: 415 });
  });
});
