import { describe, expect, it } from 'vitest';

import { explain, spanText } from '../../src/core/explain.ts';
import type { Reason } from '../../src/core/reason.ts';
import { DAY, HOUR, MINUTE, SECOND } from './given.ts';

const at = 1_000;
const later = 2_000;
/** Each kind of reason with the values that were compared, as they must stand in its sentence. */
const REASONS: readonly (readonly [Reason, readonly string[]])[] = [
  [{ kind: 'duplicate', firstSeenAt: at, windowMs: DAY }, ['<1000>', '1d', 'source and id']],
  [{ kind: 'sameDedupeKey', firstSeenAt: at, windowMs: DAY }, ['<1000>', '1d', 'dedupe.by']],
  [{ kind: 'conflict', firstSeenAt: at, windowMs: DAY }, ['<1000>', '1d', 'another body']],
  [{ kind: 'tooOld', ageMs: 2 * HOUR, maxAgeMs: HOUR, checked: 'arrival' }, ['2h', '1h', 'on arrival']],
  [
    { kind: 'tooOld', ageMs: 10 * MINUTE + 400, maxAgeMs: 10 * MINUTE, checked: 'fire' },
    ['10m', '400ms', 'run was due'],
  ],
  [{ kind: 'edgeTaken', openedAt: at, dueAt: later }, ['<1000>', '<2000>']],
  [{ kind: 'superseded', keep: 'last' }, ['keep: last']],
  [{ kind: 'superseded', keep: 'first' }, ['keep: first']],
  [{ kind: 'superseded', keep: 'part', part: 'labels' }, ['later event', 'labels']],
  [{ kind: 'late', by: 7, highest: 12 }, ['7', '12', 'order.by']],
  [{ kind: 'late', by: '2026-09-01', highest: '2026-09-02' }, ['"2026-09-01"', '"2026-09-02"']],
  [{ kind: 'expired', withinMs: HOUR }, ['1h']],
  [{ kind: 'expired', withinMs: HOUR, atLeast: 100 }, ['1h', '100 was not reached']],
  [{ kind: 'expired', withinMs: HOUR, atLeast: 100, reached: 99 }, ['1h', '99 of 100']],
  [{ kind: 'partMissing', missing: ['features', 'labels'], withinMs: HOUR }, ['1h', 'features and labels']],
  [{ kind: 'outsideHours', opensAt: later }, ['<2000>', 'hours.allow']],
  [{ kind: 'outsideHours' }, ['no allowed hour']],
  [{ kind: 'frozen', untilAt: later }, ['<2000>', 'hours.freeze']],
  [{ kind: 'rateReached', limit: 3, perMs: DAY, untilAt: later }, ['3 runs', '1d', '<2000>']],
  [{ kind: 'runsRunning', limit: 1, running: 1 }, ['1 run has', 'concurrency.limit is 1']],
  [{ kind: 'runsRunning', limit: 4, running: 5 }, ['5 runs have', 'concurrency.limit is 4']],
  [{ kind: 'breakerOpen', failures: 3, untilAt: later }, ['3 failed runs', '<2000>']],
  [{ kind: 'breakerOpen', failures: 1 }, ['1 failed run.']],
  [{ kind: 'breakerOpen', failures: 0 }, ['one after the other']],
  [{ kind: 'paused', since: at }, ['<1000>', 'kept']],
  [{ kind: 'coolingDown', untilAt: later, periodMs: HOUR }, ['<2000>', '1h']],
  [{ kind: 'alreadyWaiting', since: at }, ['<1000>', 'first']],
  [{ kind: 'alreadyStarted', runId: 'sb1-0' }, ['sb1-0']],
];

describe('a reason as a sentence', () => {
  it.each(REASONS)('names what was compared: $kind', (reason, values) => {
    const sentence = explain(reason, (moment) => `<${moment}>`);
    for (const value of values) expect(sentence).toContain(value);
    expect(sentence).toMatch(/^[A-Z0-9].*\.$/);
  });
});

describe('a span as people read it', () => {
  it.each([
    [0, '0ms'],
    [250, '250ms'],
    [1_500, '1.5s'],
    [59_999, '59.9s'],
    [MINUTE, '1m'],
    [2 * HOUR + 5 * MINUTE + 7 * SECOND, '2h 5m'],
    [DAY + 5 * MINUTE, '1d 5m'],
  ])('%i ms is %s', (spanMs, text) => {
    expect(spanText(spanMs)).toBe(text);
  });
});
