import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { IDENTITIES_MAX } from '../../src/core/limits.ts';
import { type Seen, SeenIdentities } from '../../src/core/seen.ts';
import { DAY, T0 } from './given.ts';

const YEAR = 365 * DAY;
/** Twelve characters, of which few differ, so that the same comes again. */
const identities = fc.constantFrom('a', 'b', 'c', '-', '_').map((letter) => letter.repeat(12));
const entries = fc.array(fc.tuple(identities, fc.constantFrom('', 'bodyaa', 'bodybb'), fc.nat(1_000)), {
  maxLength: 40,
});

describe('the identities an instance has seen', () => {
  it('are found like in a plain map, before and after they were carried', () => {
    fc.assert(
      fc.property(entries, fc.integer({ min: 1, max: 20_000 }), (added, windowMs) => {
        const seen = new SeenIdentities();
        const model = new Map<string, Seen>();
        let now = T0;
        for (const [identity, body, laterMs] of added) {
          now += laterMs;
          seen.add(identity, body, now);
          model.set(identity, { body, at: now });
        }
        const packed = seen.pack(now, windowMs);
        const carried = SeenIdentities.unpack(packed, now);
        const within = [...model].filter(([, { at }]) => now - at < windowMs);
        for (const identity of ['a', 'b', 'c', '-', '_', 'z'].map((letter) => letter.repeat(12))) {
          const known = within.find(([one]) => one === identity);
          const expected = known && { id: identity, ...known[1] };
          expect(seen.find(identity, now, windowMs)).toEqual(expected);
          expect(carried.find(identity, now, windowMs)).toEqual(expected);
        }
        expect(carried.size).toBe(within.length);
        expect(packed).toHaveLength(24 * within.length);
        seen.forget(now, windowMs);
        expect(seen.pack(now, windowMs)).toBe(packed);
        expect(seen.size).toBe(within.length);
        expect(seen.oldestAt()).toBe(within.length === 0 ? undefined : Math.min(...within.map(([, { at }]) => at)));
      }),
    );
  });

  it('are the last 20,000: one more lets go of the oldest, and one that comes again is the newest', () => {
    const seen = new SeenIdentities();
    const name = (index: number) => String(index).padStart(12, '0');
    for (let index = 0; index < IDENTITIES_MAX; index += 1) seen.add(name(index), '', T0);
    seen.add(name(0), '', T0 + 1);
    seen.add('one more....', '', T0 + 1);
    expect(seen.size).toBe(IDENTITIES_MAX);
    expect(seen.find(name(0), T0 + 1, DAY)).toBeDefined();
    expect(seen.find(name(1), T0 + 1, DAY)).toBeUndefined();
    expect(seen.find(name(2), T0 + 1, DAY)).toBeDefined();
    expect(seen.pack(T0 + 1, DAY).length).toBeLessThanOrEqual(480 * 1_024);
  });

  it('stay few when the same comes again and again', () => {
    const seen = new SeenIdentities();
    for (let index = 0; index < 2.5 * IDENTITIES_MAX; index += 1) seen.add(`${index % 3}`.repeat(12), '', T0 + index);
    const now = T0 + 2.5 * IDENTITIES_MAX;
    expect(seen.size).toBe(3);
    expect(seen.oldestAt()).toBe(now - 3);
    expect(seen.pack(now, DAY)).toHaveLength(3 * 24);
  });

  it('are known for 2.1 years at most, whether carried in between or not', () => {
    const seen = new SeenIdentities();
    seen.add('a'.repeat(12), 'bodyaa', T0);
    for (const [years, known] of [
      [2, true],
      [2.2, false],
    ] as const) {
      const now = T0 + years * YEAR;
      const carried = SeenIdentities.unpack(seen.pack(now, 10 * YEAR), now);
      for (const one of [seen, carried]) {
        expect(one.find('a'.repeat(12), now, 10 * YEAR)).toEqual(
          known ? { id: 'a'.repeat(12), body: 'bodyaa', at: T0 } : undefined,
        );
      }
    }
  });

  it('tell another body from the same one', () => {
    expect(SeenIdentities.sameBody({ body: 'abcdef', at: T0 }, 'abcdef-and-more')).toBe(true);
    expect(SeenIdentities.sameBody({ body: 'abcdef', at: T0 }, 'abcdeg-and-more')).toBe(false);
  });
});
