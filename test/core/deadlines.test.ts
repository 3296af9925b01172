import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Deadlines } from '../../src/core/deadlines.ts';

const keys = fc.constantFrom('a', 'b', 'c', 'd', '__proto__', '10', '');
const changes = fc.array(fc.tuple(keys, fc.option(fc.nat(20), { nil: undefined })), { maxLength: 60 });

/** The earliest of a plain map, ties by text. */
function earliest(model: ReadonlyMap<string, number>) {
  const sorted = [...model].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
  return sorted[0] && { at: sorted[0][1], key: sorted[0][0] };
}

describe('the deadlines of many keys', () => {
  it('name the earliest like a plain map does, whatever moves earlier, later or goes', () => {
    fc.assert(
      fc.property(changes, fc.boolean(), (moves, asks) => {
        const model = new Map<string, number>();
        const deadlines = new Deadlines();
        for (const [key, at] of moves) {
          if (at === undefined) model.delete(key);
          else model.set(key, at);
          deadlines.set(key, at);
          if (asks) expect(deadlines.next((name) => model.get(name))).toEqual(earliest(model));
        }
        expect(deadlines.next((name) => model.get(name))).toEqual(earliest(model));
        expect(deadlines.size).toBe(model.size);
      }),
    );
  });

  it('give all in order when each is taken away in turn', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(fc.string(), fc.nat(50)), { selector: ([key]) => key }), (entries) => {
        const model = new Map(entries);
        const deadlines = new Deadlines();
        for (const [key, at] of entries) deadlines.set(key, at);
        const taken: { at: number; key: string }[] = [];
        for (let next = deadlines.next((key) => model.get(key)); next; next = deadlines.next((key) => model.get(key))) {
          taken.push(next);
          model.delete(next.key);
        }
        expect(taken).toEqual(
          entries.map(([key, at]) => ({ at, key })).sort((a, b) => a.at - b.at || (a.key < b.key ? -1 : 1)),
        );
      }),
    );
  });

  it('hold one entry a key however often a window opens within a cooldown', () => {
    const deadlines = new Deadlines();
    for (let time = 0; time < 1_000; time += 1) {
      deadlines.set('k', time);
      deadlines.set('k', 5_000);
      deadlines.next(() => 5_000);
    }
    expect(deadlines.size).toBe(1);
  });
});
