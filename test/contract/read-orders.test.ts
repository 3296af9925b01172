import { describe, expect, test } from 'vitest';

import { isApprovalAnswer, isOrderMessage } from '../../src/contract/read-orders.ts';
import { triggerOf } from '../accept/given.ts';

const long = 'x'.repeat(201);

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
