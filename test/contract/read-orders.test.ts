import { describe, expect, test } from 'vitest';

import { isApprovalAnswer, isLetterEdit, isLetterOrder, isOrderMessage } from '../../src/contract/read-orders.ts';
import { triggerOf } from '../accept/given.ts';

const long = 'x'.repeat(201);
const replay = {
  key: 'eu',
  replays: { runId: 'sb1-2', root: 'sb1-1', ordinal: 2 },
  items: [{ eventId: 'evt_1', time: 1 }],
  last: {},
};

describe('an order to an instance', () => {
  const given = async (order: object) => {
    const { definition } = await triggerOf('events: { pattern: { type: [t] } }');
    return { version: 1, order, definition };
  };

  test.each([
    ['pause', {}],
    ['resume', { key: 'eu' }],
    ['fire', { key: 'eu', id: '1', force: false }],
    ['fire', { key: 'eu', id: '1', force: true, params: { a: 1 } }],
    ['replay', replay],
    ['replay', { ...replay, params: { a: 1 } }],
    ['breaker', { to: 'open' }],
    ['breaker', { to: 'closed', key: 'eu' }],
  ] as const)('is taken: %s %j', async (kind, order) => {
    expect(isOrderMessage(await given({ kind, by: 'ann', ...order }), kind)).toBe(true);
  });

  test.each([
    ['pause', { by: '' }],
    ['pause', { by: long }],
    ['pause', { key: 7 }],
    ['pause', { key: long }],
    ['fire', { key: 'eu', force: true }],
    ['fire', { id: '1', force: true }],
    ['fire', { key: 'eu', id: '1' }],
    ['fire', { key: 'eu', id: '1', force: true, params: [] }],
    ['replay', { ...replay, key: undefined }],
    ['replay', { ...replay, replays: { ...replay.replays, ordinal: 0.5 } }],
    ['replay', { ...replay, replays: { ...replay.replays, ordinal: 0 } }],
    ['replay', { ...replay, replays: { ordinal: 1 } }],
    ['replay', { ...replay, items: [{ eventId: 'evt_1' }] }],
    ['replay', { ...replay, last: null }],
    ['replay', { ...replay, params: 'a' }],
    ['breaker', { to: 'half' }],
    ['resume', { kind: 'pause' }],
  ] as const)('is refused: %s %j', async (kind, order) => {
    expect(isOrderMessage(await given({ kind, by: 'ann', ...order }), kind)).toBe(false);
  });

  test('is refused without its version or a definition', async () => {
    const message = await given({ kind: 'pause', by: 'ann' });
    expect(isOrderMessage({ ...message, version: 2 }, 'pause')).toBe(false);
    expect(isOrderMessage({ ...message, definition: {} }, 'pause')).toBe(false);
    expect(isOrderMessage('pause', 'pause')).toBe(false);
  });
});

test.each([
  [{}, true],
  [{ by: 'ann', reason: 'seen' }, true],
  [{ by: long }, false],
  [{ reason: 7 }, false],
  [undefined, false],
])('an answer to a run that asks: %j', (answer, isOne) => {
  expect(isApprovalAnswer(answer)).toBe(isOne);
});

test.each([
  [{ by: 'ann' }, true],
  [{ by: 'ann', reason: 'fixed' }, true],
  [{ by: '' }, false],
  [{ reason: 'fixed' }, false],
  [{ by: 'ann', reason: 'x'.repeat(1_001) }, false],
  [null, false],
])('an order to a dead letter: %j', (order, isOne) => {
  expect(isLetterOrder(order)).toBe(isOne);
});

test.each([
  [{ by: 'ann', params: { full: true } }, true],
  [{ by: 'ann' }, false],
  [{ by: 'ann', params: [] }, false],
  [{ params: {} }, false],
  [{ by: 'ann', params: Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`p${index}`, 1])) }, false],
])('an edit of a dead letter', (order, isOne) => {
  expect(isLetterEdit(order)).toBe(isOne);
});
