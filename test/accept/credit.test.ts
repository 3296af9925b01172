import { describe, expect, it } from 'vitest';

import { Credit } from '../../src/accept/credit.ts';
import { LIVE_KEYS_MAX, PENDING_BYTES_MAX, PENDING_ITEMS_MAX } from '../../src/core/limits.ts';
import type { Pressure } from '../../src/core/state.ts';

const EMPTY: Pressure = { pendingItems: 0, pendingBytes: 0, keys: 0, keyBytes: 0, identities: 0 };

/** A credit at an instance that answers `pressure`, or nothing. */
function creditAt(pressure: Partial<Pressure> | 'silent') {
  const state = { pressure, nowMs: 0, asked: 0 };
  const credit = new Credit(
    async () => {
      state.asked += 1;
      if (state.pressure === 'silent') throw new Error('no answer');
      return { ...EMPTY, ...state.pressure };
    },
    () => state.nowMs,
  );
  return { credit, state };
}

const load = (count: number, bytes: number, key = 'k') => ({ keys: Array.from({ length: count }, () => key), bytes });

describe('credit', () => {
  it('lets a little go to an instance that was never asked', async () => {
    const { credit, state } = creditAt('silent');
    expect(await credit.take(load(10, 1_000))).toBeUndefined();
    expect(state.asked).toBe(0);
  });

  it('asks before it refuses, and takes what there is room for', async () => {
    const { credit, state } = creditAt({});
    expect(await credit.take(load(256, 65_000))).toBeUndefined();
    expect(await credit.take(load(256, 65_000))).toBeUndefined();
    expect(state.asked).toBeGreaterThanOrEqual(1);
  });

  it('refuses when the instance is full, says so, and does not ask again at once', async () => {
    const { credit, state } = creditAt({ pendingBytes: PENDING_BYTES_MAX, pendingItems: 7, keys: 2 });
    const refused = await credit.take(load(1, 70_000));
    expect(refused).toMatchObject({
      code: 'saturated',
      detail: expect.stringContaining('7 events'),
      retryAfterSeconds: 1,
    });
    expect(await credit.take(load(1, 70_000))).toMatchObject({ code: 'saturated' });
    expect(state.asked).toBe(1);
    state.nowMs = 1_000;
    state.pressure = {};
    expect(await credit.take(load(1, 70_000))).toBeUndefined();
  });

  it('refuses when the instance does not answer and what it was granted is used up', async () => {
    const { credit } = creditAt('silent');
    expect(await credit.take(load(1, 60_000))).toBeUndefined();
    expect(await credit.take(load(1, 60_000))).toMatchObject({
      code: 'saturated',
      detail: 'The instance does not answer how full it is.',
    });
  });

  it.each([
    ['items', { pendingItems: PENDING_ITEMS_MAX - 5 }, load(6, 100)],
    ['keys', { keys: LIVE_KEYS_MAX }, load(1, 100, 'new')],
  ])('counts %s as well as bytes', async (_what, pressure, too) => {
    const { credit } = creditAt(pressure);
    await credit.take(load(1, 65_000));
    await credit.take(load(1, 65_000)).catch(() => undefined);
    expect(await credit.take(too)).toMatchObject({ code: 'saturated' });
  });

  it('counts what was sent while the answer was on its way', async () => {
    let answer: (pressure: Pressure) => void = () => undefined;
    const credit = new Credit(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
      () => 0,
    );
    expect(await credit.take(load(1, 40_000))).toBeUndefined();
    expect(await credit.take(load(1, 20_000))).toBeUndefined();
    answer({ ...EMPTY, pendingBytes: PENDING_BYTES_MAX - 100_000 });
    await Promise.resolve();
    const taken = await Promise.race([credit.take(load(1, 79_000)), Promise.resolve('asks')]);
    expect(taken).toBeUndefined();
  });
});
