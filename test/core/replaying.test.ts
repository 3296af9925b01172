import { describe, expect, it } from 'vitest';

import {
  broughtBy,
  NOTHING_REPLAYED,
  progressed,
  type ReplayEnd,
  type ReplayProgress,
  replayText,
} from '../../src/core/replaying.ts';

const OF = { trigger: 'retrain', replayId: 'rpl_1', sinceAt: 1, untilAt: 9, pace: 10, expected: 7, by: 'ann' };
const AFTER = { receivedAt: 5, eventId: 'evt_e' };
const SOME: ReplayProgress = { offered: 3, failed: 1, notTaken: 2, partial: 1, after: AFTER };

const text = (progress: ReplayProgress, end?: ReplayEnd) => replayText(OF, progress, end, (at) => `t${at}`);

describe('the progress of a replay', () => {
  it('adds up, and stays where it was where a step looked at nothing', () => {
    const once = progressed(NOTHING_REPLAYED, SOME);
    expect(once).toEqual(SOME);
    expect(progressed(once, SOME)).toMatchObject({ offered: 6, failed: 2, notTaken: 4, partial: 2 });
    expect(progressed(once, NOTHING_REPLAYED)).toEqual(SOME);
    expect(broughtBy(once)).toBe(4);
  });

  it('is shown with what it came to', () => {
    expect(text(NOTHING_REPLAYED)).toContain('through `trigger/retrain`, from t1 until t9, 10/s, by ann.');
    expect(text(NOTHING_REPLAYED)).toContain('0 of 7 events.');
    expect(text(SOME)).toContain(
      '4 of 7 events; 1 of them became dead letters; 2 others are not taken by it; 1 are kept only in parts.\nIt is at t5.',
    );
  });

  it.each<[ReplayEnd, string]>([
    [{ kind: 'full' }, '**Ended** at 10000 events'],
    [{ kind: 'stopped', by: 'bob' }, '**Stopped** by bob.'],
    [{ kind: 'refused', code: 'store_off', detail: 'There is none.' }, '**Ended**: store_off: There is none.'],
    [{ kind: 'done' }, '**Done.**\nFewer than were counted'],
  ])('says how it ended: %j', (end, told) => {
    expect(text(SOME, end)).toContain(told);
  });

  it('that brought all that were counted is done, and no more is said', () => {
    expect(text({ ...SOME, offered: 7, failed: 0 }, { kind: 'done' })).toMatch(/\*\*Done\.\*\*$/);
  });
});
