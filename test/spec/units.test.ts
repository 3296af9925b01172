import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  durationMs,
  parseDurationMs,
  parseSizeBytes,
  positiveDurationMs,
  resourceName,
  sizeBytes,
} from '../../src/spec/units.ts';

describe('durations', () => {
  it.each([
    ['0s', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['PT1H30M', 5_400_000],
    ['P1DT1S', 86_401_000],
    ['P2D', 172_800_000],
  ])('%s is %d ms', (text, ms) => {
    expect(durationMs.parse(text)).toBe(ms);
  });

  it.each(['', '5', 's', '5 m', '-5m', '1.5h', '5M', 'P', 'PT', 'P1DT', '1h30m', 'PT1.5H', 'p1d', '5m\n', '١s'])(
    'refuses %j',
    (text) => {
      expect(durationMs.safeParse(text).success).toBe(false);
      expect(parseDurationMs(text)).toBeUndefined();
    },
  );

  it('refuses more than ten years, and zero where it makes no sense', () => {
    expect(durationMs.safeParse('3650d').success).toBe(true);
    expect(durationMs.safeParse('3651d').success).toBe(false);
    expect(durationMs.safeParse('9'.repeat(400) + 'd').success).toBe(false);
    expect(positiveDurationMs.safeParse('PT0S').success).toBe(false);
    expect(positiveDurationMs.safeParse('1ms').success).toBe(true);
  });

  it('means the same in both ways of writing', () => {
    fc.assert(
      fc.property(fc.nat(3_000), fc.constantFrom('s', 'm', 'h', 'd'), (n, unit) => {
        const iso = unit === 'd' ? `P${n}D` : `PT${n}${unit.toUpperCase()}`;
        expect(parseDurationMs(iso)).toBe(parseDurationMs(`${n}${unit}`));
      }),
    );
  });
});

describe('names', () => {
  it.each(['a', 'retrain-fraud', '0', 'a'.repeat(63)])('may be %s', (name) => {
    expect(resourceName.safeParse(name).success).toBe(true);
  });
  it.each(['', 'A', 'a_b', 'a.b', 'ä', 'a\n', 'a/b', 'a'.repeat(64)])('may not be %j', (name) => {
    expect(resourceName.safeParse(name).success).toBe(false);
  });
});

describe('sizes', () => {
  it.each([
    ['1b', 1],
    ['64kb', 65_536],
    ['1mb', 1_048_576],
    ['2gb', 2_147_483_648],
  ])('%s is %d bytes', (text, bytes) => {
    expect(sizeBytes.parse(text)).toBe(bytes);
  });

  it.each(['', '64', 'kb', '1 mb', '1MB', '1.5mb', '-1kb', '1mb\n'])('refuses %j', (text) => {
    expect(sizeBytes.safeParse(text).success).toBe(false);
    expect(parseSizeBytes(text)).toBeUndefined();
  });

  it('refuses nothing at all', () => {
    expect(sizeBytes.safeParse('0kb').success).toBe(false);
  });
});
