import { describe, expect, it } from 'vitest';

import { isProbeAsked, isProbeMemo, isProbeSettings } from '../../src/contract/probes.ts';

describe('what probing workflows and instances are sent', () => {
  it.each([
    [{ version: 1, key: 'eu' }, true],
    [{ version: 2, key: 'eu' }, false],
    [{ version: 1 }, false],
    ['eu', false],
    [{ version: 1, key: 'x'.repeat(201) }, false],
  ])('is a probe or not: %j', (value, is) => {
    expect(isProbeAsked(value)).toBe(is);
  });

  it.each([
    [{ loadedAt: 1 }, true],
    [{ loadedAt: 1, everyMs: 60_000 }, true],
    [{ everyMs: 1 }, false],
    [{ loadedAt: 1, everyMs: '15m' }, false],
    [null, false],
  ])('says how often, or does not: %j', (value, is) => {
    expect(isProbeSettings(value)).toBe(is);
  });

  it.each([
    [{ settings: { loadedAt: 1 } }, true],
    [{ settings: { loadedAt: 1 }, dueAt: 5, record: { misses: 0, last: { tookMs: 1 } } }, true],
    [{ settings: {} }, false],
    [{ settings: { loadedAt: 1 }, record: { misses: 'many', last: { tookMs: 1 } } }, false],
    [{ settings: { loadedAt: 1 }, record: 'none' }, false],
    [undefined, false],
  ])('is a memo or not: %j', (value, is) => {
    expect(isProbeMemo(value)).toBe(is);
  });
});
