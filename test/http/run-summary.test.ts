import { expect, test } from 'vitest';

import { summaryOf } from '../../src/http/run-summary.ts';

const seen = (memo: { readonly [name: string]: unknown }) => ({
  status: 'running',
  startedAt: '2026-09-01T10:00:00.000Z',
  attributes: new Map<string, unknown>(),
  memo,
});

test('a run that an emitted event started says where it comes from, without the way there', () => {
  const lineage = { root: 'evt_root', parent: 'sb1-p', depth: 2 };
  expect(summaryOf('sb1-r', seen({ lineage: { ...lineage, path: ['a', 'b'] } }))).toMatchObject({ lineage });
});

test.each([[undefined], ['deep'], [{ root: 'evt_root', depth: 2 }]])('nothing is said of a memo of %j', (lineage) => {
  expect(summaryOf('sb1-r', seen({ lineage }))).not.toHaveProperty('lineage');
});
