import { describe, expect, it } from 'vitest';

import { ledgerPage } from '../../src/core/ledger.ts';
import {
  ended,
  given,
  HOUR,
  load,
  MINUTE,
  offer,
  pause,
  quiet,
  replay,
  resume,
  SECOND,
  started,
  tick,
} from './given.ts';

const NO_RETRY = { params: {}, retry: { delaysMs: [] }, timeoutMs: HOUR } as const;

describe('a replay of a run', () => {
  it('starts the same events again as a run of its own, counted once more', () => {
    const { state, runs } = given(quiet(MINUTE)).when(
      offer(0, 'a'),
      offer(1, 'b', { identity: 'v1' }),
      tick(2 * MINUTE),
      started(2 * MINUTE, 'a'),
      ended(3 * MINUTE, 'a', 'deadLettered'),
      replay(4 * MINUTE, 'a'),
    );
    const [first, second] = runs;
    expect(second).toMatchObject({
      cause: 'replay',
      items: first?.items,
      last: first?.last,
      replays: { runId: first?.runId, root: first?.runId, ordinal: 1 },
      receivedAt: (first?.receivedAt ?? 0) + 4 * MINUTE,
    });
    expect(second?.runId).not.toBe(first?.runId);
    expect(state.counts).toMatchObject({ accepted: 4, eventsInRuns: 4, runs: 2 });
  });

  it('is one however often it is ordered, and another one of the replay itself', () => {
    const once = given().when(offer(0, 'a'), replay(1, 0), replay(2, 0));
    expect(once.runs).toHaveLength(2);
    const again = once.afterContinueAsNew().when(started(3, 1), ended(4, 1, 'deadLettered'), replay(5, 1));
    const [first, second] = once.runs;
    expect(again.runs).toMatchObject([{ replays: { runId: second?.runId, root: first?.runId, ordinal: 2 } }]);
    expect(new Set([...once.runs, ...again.runs].map(({ runId }) => runId)).size).toBe(3);
  });

  it('is told with who wanted it, of which run and of how many events', () => {
    const { state, facts, runs } = given().when(offer(0, 'a'), replay(1, 'a'));
    expect(ledgerPage(state, facts).entries).toContainEqual(
      expect.objectContaining({ kind: 'replayed', key: 'k', eventCount: 1, detail: runs[0]?.runId, by: 'ann' }),
    );
  });

  it('goes by the current definition, with the parameters that a person gave', () => {
    const { runs } = given().when(
      offer(0, 'a'),
      load(1, { generation: 'g2', run: { kind: 'train', target: 'renamed', ...NO_RETRY } }),
      replay(2, 'a', { params: { full: true } }),
    );
    expect(runs[1]).toMatchObject({ generation: 'g2', settings: { target: 'renamed' }, params: { full: true } });
  });

  it('waits by itself at a closed stage, across a continue-as-new, with what it replays', () => {
    const waiting = given({ cooldown: { periodMs: HOUR, onExcess: 'hold' } }).when(
      offer(0, 'a'),
      offer(1, 'b'),
      replay(2, 'a', { params: { full: true } }),
      replay(3, 'a'),
    );
    waiting.thenExpect({
      runs: [{ at: 0, events: ['a'] }],
      pending: ['b', 'a'],
      waiting: [
        { events: ['b'], how: 'hold', stage: 'cooldown', until: HOUR },
        { events: ['a'], how: 'hold', stage: 'cooldown', until: HOUR, cause: 'replay' },
      ],
    });
    const later = waiting.afterContinueAsNew().when(offer(2 * HOUR, 'c', { key: 'other' }), offer(4 * HOUR, 'd'));
    expect(later.runs).toContainEqual(
      expect.objectContaining({
        cause: 'replay',
        params: { full: true },
        replays: expect.objectContaining({ ordinal: 1 }),
      }),
    );
  });

  it('is suppressed where what is closed drops it, and so is one whose events are too old', () => {
    const dropped = given({ cooldown: { periodMs: HOUR, onExcess: 'drop' } }).when(offer(0, 'a'), replay(1, 'a'));
    dropped.thenExpect({
      runs: [{ at: 0, events: ['a'] }],
      suppressed: [{ event: 'a', at: 1, stage: 'cooldown', why: 'coolingDown' }],
    });
    const old = given({ freshness: { maxAgeMs: SECOND, at: 'fire' } }).when(offer(0, 'a'), replay(MINUTE, 'a'));
    old.thenExpect({
      runs: [{ at: 0, events: ['a'] }],
      suppressed: [{ event: 'a', at: MINUTE, stage: 'freshness', why: 'tooOld' }],
    });
  });

  it('is held by a pause, and goes on with the resume', () => {
    const { runs } = given().when(offer(0, 'a'), pause(1), replay(2, 'a'), resume(3));
    expect(runs.map(({ cause, firedAt }) => [cause, firedAt - (runs[0]?.firedAt ?? 0)])).toEqual([
      ['events', 0],
      ['replay', 3],
    ]);
  });
});
