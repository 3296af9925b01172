import { describe, expect, it } from 'vitest';

import { withoutRunOf } from '../../src/explain/without-run.ts';
import { STORED } from '../http/explained.ts';
import { AT, entry, EVENT, HOUR } from './given.ts';

const came = { eventId: EVENT, receivedAt: '2026-09-01T14:00:00.000Z' };
const collected = entry({ seq: 2, kind: 'collected', stage: 'debounce' });
const old = entry({ seq: 3, kind: 'suppressed', stage: 'freshness', reason: 'tooOld' });
const again = entry({
  seq: 4,
  kind: 'suppressed',
  stage: 'dedupe',
  reason: 'duplicate',
  why: { kind: 'duplicate', firstSeenAt: AT, windowMs: HOUR },
});

describe('an event that led to no run', () => {
  it('is told by the stage that ended it, whatever became of later arrivals', () => {
    expect(withoutRunOf('retrain', STORED, [collected, old, again])).toEqual({
      ...came,
      outcome: 'suppressed',
      stage: 'freshness',
      reason: 'tooOld',
    });
    expect(withoutRunOf('retrain', STORED, [again])).toMatchObject({ outcome: 'suppressed', stage: 'dedupe' });
  });

  it('waits where nothing has ended it', () => {
    expect(withoutRunOf('retrain', STORED, [collected, again])).toEqual({
      ...came,
      outcome: 'waiting',
      stage: 'debounce',
    });
  });

  it('is undecided where only other triggers have spoken', () => {
    expect(withoutRunOf('retrain', STORED, [{ ...old, trigger: 'other' }])).toEqual({ ...came, outcome: 'undecided' });
  });

  it('is told with the code where an expression of the trigger failed on it', () => {
    const answer = { ...came, outcome: 'deadLettered', stage: 'match', reason: 'filter_error' };
    expect(withoutRunOf('audit', STORED, [])).toEqual(answer);
  });
});
