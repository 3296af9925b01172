import { describe, expect, it } from 'vitest';

import { addEntry, type Held } from '../../src/core/dead-letters.ts';
import { utf8Bytes } from '../../src/core/json-bytes.ts';

describe('what a dead letter holds', () => {
  it('fits one payload of 2 MB whatever its entries are', () => {
    const held: Held = { entries: [], bytes: 0, beyond: 0 };
    const detail = '\u{1F4A3}'.repeat(5_000);
    for (let index = 0; index < 1_200; index += 1) {
      const event = { data: 'ж'.repeat(1_000) };
      addEntry(held, { at: 1, id: `evt_${String(index).padStart(22, '0')}`, key: 'к'.repeat(100), detail, event });
    }
    expect(held).toMatchObject({ beyond: 200 });
    expect(held.entries).toHaveLength(1_000);
    expect(utf8Bytes(JSON.stringify(held))).toBeLessThan(1_900_000);
  });
});
