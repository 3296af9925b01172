import { expect, test } from 'vitest';

import { nextOf, tokenOf } from '../../src/http/page-token.ts';
import { visibilityQuery } from '../../src/http/run-list.ts';
import { RUN_STATUSES } from '../../src/http/shapes/runs.ts';

test('a list asks for runs, and for what was chosen', () => {
  expect(visibilityQuery({})).toBe('WorkflowType = "run"');
  const chosen = { trigger: 'retrain', key: 'eu', since: '2026-09-01' } as const;
  expect(visibilityQuery(chosen)).toBe(
    'WorkflowType = "run" AND SignalboxTrigger = "retrain" AND SignalboxKey = "eu" AND StartTime >= "2026-09-01T00:00:00.000Z"',
  );
});

test('every status asks for something of its own', () => {
  const clauses = new Set(RUN_STATUSES.map((status) => visibilityQuery({ status })));
  expect(clauses.size).toBe(RUN_STATUSES.length);
});

test.each([
  ['eu" OR SignalboxKey = "us', 'SignalboxKey STARTS_WITH "eu"'],
  ["o'clock", 'SignalboxKey STARTS_WITH "o"'],
  ['a\\', 'SignalboxKey STARTS_WITH "a"'],
])('a key that cannot be written is compared as far as it can: %j', (key, clause) => {
  expect(visibilityQuery({ key })).toBe(`WorkflowType = "run" AND ${clause}`);
});

test('a key that begins with what cannot be written is not compared there', () => {
  expect(visibilityQuery({ key: '"' })).toBe('WorkflowType = "run"');
});

test('the next of a page leads back to what it was made of, and nothing else does', () => {
  const token = new Uint8Array([1, 2, 250]);
  const next = nextOf(token) ?? '';
  expect(tokenOf(next)).toEqual(Buffer.from(token));
  expect(nextOf(new Uint8Array())).toBeUndefined();
  for (const other of ['', 'bm9uZQ', `A${next.slice(1)}`, next.slice(0, 5)]) expect(tokenOf(other)).toBeUndefined();
});
