import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { bulkText, canaryFault, type LetterOutcome, newBulk, paced, take, tally } from '../../src/core/bulk.ts';

const skipped = (index: number, code = 'letter_closed'): LetterOutcome => {
  return { deadLetterId: `dead-letter/${index}`, kind: 'skipped', code, detail: 'x'.repeat(500) };
};

describe('the pace of a bulk replay', () => {
  /** Lets a bulk replay go whose groups take `takesMs` each; when each dead letter went. */
  const goes = (perSecond: number, count: number, takesMs: (group: number) => number) => {
    const at: number[] = [];
    let since = { fromAt: 0, begun: 0 };
    let [now, group] = [0, 0];
    while (at.length < count) {
      const { due, nextAt, fromAt } = paced({ perSecond, ...since }, now);
      const going = Math.min(due, count - at.length);
      for (let one = 0; one < going; one += 1) at.push(now);
      since = { fromAt, begun: since.begun + going };
      now = due === 0 ? Math.max(now + 1, nextAt) : now + takesMs((group += 1));
    }
    return at;
  };

  it('is kept within 5 % over 1,000 dead letters, whatever a group takes below its time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.array(fc.nat(900), { minLength: 1 }), (perSecond, takes) => {
        const at = goes(perSecond, 1_000, (group) => takes[group % takes.length] ?? 0);
        const seconds = (at.at(-1) ?? 0) / 1_000;
        const exact = 1_000 / perSecond;
        // The last group goes at the beginning of its second.
        expect(seconds).toBeGreaterThanOrEqual((exact - 1) * 0.95);
        expect(seconds).toBeLessThanOrEqual(exact * 1.05 + 1);
      }),
      { numRuns: 50 },
    );
  });

  it('is one after the other where it is slower than one a second', () => {
    expect(goes(0.5, 3, () => 10)).toEqual([0, 2_000, 4_000]);
  });

  it('catches up with a moment, and moves on where something held it up for longer', () => {
    expect(goes(1, 5, (group) => (group === 1 ? 2_500 : 0))).toEqual([0, 2_500, 2_500, 3_000, 4_000]);
    expect(goes(1, 4, (group) => (group === 1 ? 3_600_000 : 0))).toEqual([0, 3_600_000, 3_601_000, 3_602_000]);
  });

  it('lets no more than a hundred go at once', () => {
    expect(paced({ perSecond: 100, fromAt: 0, begun: 0 }, 4_000).due).toBe(100);
  });
});

describe('a bulk replay', () => {
  it('numbers what it takes, the oldest first', () => {
    const bulk = newBulk(0, ['a', 'b', 'c'], 0);
    expect(take(bulk, 2)).toEqual([
      { named: 'a', ordinal: 1 },
      { named: 'b', ordinal: 2 },
    ]);
    expect(take(bulk, 2)).toEqual([{ named: 'c', ordinal: 3 }]);
    expect([bulk.left, bulk.begun]).toEqual([[], 3]);
  });

  it('counts what was not replayed by code, and names the last hundred with a part of why', () => {
    const bulk = newBulk(0, [], 0);
    tally(bulk, [{ deadLetterId: 'dead-letter/r', kind: 'replayed', runId: 'r2' }]);
    tally(
      bulk,
      Array.from({ length: 120 }, (_, index) => skipped(index)),
    );
    tally(
      bulk,
      Array.from({ length: 50 }, (_, index) => skipped(index, `code_${index}`)),
    );
    expect(bulk.counts).toEqual({ replayed: 1, skipped: 170, refused: 0 });
    expect(bulk.codes).toHaveLength(40);
    expect(bulk.codes[0]).toEqual(['letter_closed', 120]);
    expect(bulk.notes).toHaveLength(100);
    expect(bulk.notes[0]?.detail).toHaveLength(300);
  });

  it('goes on after canaries that succeeded, and no others', () => {
    const canary = { deadLetterId: 'dead-letter/r', runId: 'r2' };
    expect(canaryFault([{ ...canary, status: 'succeeded' }, { deadLetterId: 'dead-letter/events' }])).toBeUndefined();
    expect(canaryFault([canary, { ...canary, status: 'skipped' }])).toBe(
      'Run r2 of the canary dead-letter/r ended as skipped.',
    );
  });

  it('says how far it is, and how it ended', () => {
    const bulk = newBulk(0, ['a', 'b'], 7);
    take(bulk, 1);
    tally(bulk, [skipped(1)]);
    bulk.canaries.push({ deadLetterId: 'dead-letter/e' }, { deadLetterId: 'dead-letter/r', runId: 'r2' });
    const text = bulkText(bulk, String);
    for (const part of [
      '0 of 2',
      '1 left',
      '1 skipped',
      '1 letter_closed',
      '7 more',
      'run `r2` goes on',
      'update `stop`',
    ]) {
      expect(text).toContain(part);
    }
    const ended = (end: NonNullable<typeof bulk.ended>) => bulkText({ ...newBulk(0, [], 0), ended: end }, String);
    expect(ended({ kind: 'done' })).toContain('**Done.**');
    expect(ended({ kind: 'canaryFailed', why: 'it was red' })).toContain('it was red');
    expect(ended({ kind: 'stopped', by: 'ann' })).toMatch(/\*\*Stopped\*\* by ann$/);
    expect(ended({ kind: 'stopped', by: 'ann', reason: 'enough' })).toContain('by ann: enough');
  });
});
