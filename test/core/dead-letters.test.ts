import { describe, expect, it } from 'vitest';

import { addEntry, deadLetterText, type Held } from '../../src/core/dead-letters.ts';

const empty = (): Held => ({ entries: [], bytes: 0, beyond: 0 });
const entry = (id: string) => ({ at: 1, id, detail: `what is wrong with ${id}` });
const of = { code: 'filter_error', place: '/events/when', trigger: 'retrain', generation: 'g1' };

describe('an open dead letter', () => {
  it('counts the same event once', () => {
    const held = empty();
    addEntry(held, entry('a'));
    addEntry(held, entry('a'));
    expect(held).toEqual({ entries: [entry('a')], bytes: 0, beyond: 0 });
  });

  it('keeps events while they fit 512 KB, then the entries without them', () => {
    const held = empty();
    const event = { body: 'x'.repeat(300 * 1_024) };
    addEntry(held, { ...entry('a'), event });
    addEntry(held, { ...entry('b'), event });
    addEntry(held, { ...entry('c'), event: { small: true } });
    expect(held.entries.map((kept) => kept.event !== undefined)).toEqual([true, false, true]);
    expect(held.bytes).toBe(JSON.stringify(event).length + JSON.stringify({ small: true }).length);
  });

  it('keeps 1,000 entries, counts the rest, and says so', () => {
    const held = empty();
    for (let index = 0; index < 1_002; index += 1) addEntry(held, entry(`e${index}`));
    expect([held.entries.length, held.beyond]).toEqual([1_000, 2]);
    const text = deadLetterText(of, held);
    for (const part of [
      'filter_error',
      '/events/when',
      'retrain',
      'g1',
      '1002 entries, 2 of them only counted',
      'e999',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('e989`');
  });

  it('reads well with one entry', () => {
    const held = empty();
    addEntry(held, entry('a'));
    expect(deadLetterText(of, held)).toContain('1 entry; the latest:\n- `a` what is wrong with a');
  });
});
