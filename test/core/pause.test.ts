import { describe, expect, it } from 'vitest';

import {
  DAY,
  fire,
  given,
  HOUR,
  load,
  MINUTE,
  type Moment,
  offer,
  pause,
  quiet,
  resume,
  SECOND,
  T0,
  tick,
} from './given.ts';

const no = (
  event: string,
  at: number,
  stage: 'dedupe' | 'freshness' | 'threshold' | 'correlate' | 'run',
  why: string,
) => {
  return { event, at, stage, why };
};

describe('a paused trigger', () => {
  it('keeps what comes, starts nothing, and takes all of it in order when it goes on', () => {
    given()
      .when(pause(0), offer(1, 'a'), offer(2, 'b', { key: 'other' }), offer(3, 'c'), tick(HOUR))
      .thenExpect({ pending: ['a', 'b', 'c'] })
      .afterContinueAsNew()
      .when(resume(2 * HOUR))
      .thenExpect({
        runs: [
          { at: 2 * HOUR, events: ['a'] },
          { at: 2 * HOUR, events: ['b'], key: 'other' },
          { at: 2 * HOUR, events: ['c'] },
        ],
      });
  });

  it('says since when and by whom, once', () => {
    const { facts, state } = given().when(pause(0), pause(1));
    expect(facts).toMatchObject([{ kind: 'paused', by: 'ann' }]);
    expect(state.paused).toMatchObject({ sinceAt: T0, by: 'ann' });
    expect(given().when(resume(0), resume(1, 'k')).facts).toEqual([]);
  });

  it('leaves its windows the time they had left', () => {
    given(quiet(MINUTE))
      .when(offer(0, 'a'), pause(20 * SECOND), tick(HOUR), resume(HOUR), tick(HOUR + 40 * SECOND - 1))
      .thenExpect({ pending: ['a'] })
      .afterContinueAsNew()
      .when(tick(HOUR + 40 * SECOND))
      .thenExpect({ runs: [{ at: HOUR + 40 * SECOND, events: ['a'] }] });
  });

  it('leaves parts, counted events and what is being sorted the time they had left', () => {
    const left = [pause(20 * SECOND), tick(HOUR), resume(HOUR), tick(HOUR + 40 * SECOND - 1)];
    const over = tick(HOUR + 40 * SECOND);
    given({ correlate: { parts: ['a', 'b'], withinMs: MINUTE, onDeadline: 'drop' } })
      .when(offer(0, 'a', { part: 'a' }), ...left)
      .thenExpect({ pending: ['a'] })
      .afterContinueAsNew()
      .when(over)
      .thenExpect({ suppressed: [no('a', HOUR + 40 * SECOND, 'correlate', 'partMissing')] });
    given({ threshold: { atLeast: 2, withinMs: MINUTE, of: 'events' } })
      .when(offer(0, 'a'), ...left)
      .thenExpect({ pending: ['a'] })
      .afterContinueAsNew()
      .when(over)
      .thenExpect({ suppressed: [no('a', HOUR + 40 * SECOND, 'threshold', 'expired')] });
    given({ order: { onLate: 'drop', holdForMs: MINUTE } })
      .when(offer(0, 'a', { order: 1 }), ...left)
      .thenExpect({ pending: ['a'] })
      .afterContinueAsNew()
      .when(over)
      .thenExpect({ runs: [{ at: HOUR + 40 * SECOND, events: ['a'] }] });
  });

  it('does not stop a cooldown', () => {
    given({ cooldown: { periodMs: HOUR, onExcess: 'hold' } })
      .when(offer(0, 'a'), offer(1, 'b'), pause(2), tick(3 * HOUR), resume(4 * HOUR))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 4 * HOUR, events: ['b'] },
        ],
      });
  });

  it('judges duplicates by their arrival, not by the end of the pause', () => {
    given({ dedupe: { windowMs: HOUR } })
      .when(offer(0, 'a'), pause(1), offer(30 * MINUTE, 'a'), offer(HOUR, 'b'), tick(2 * DAY))
      .afterContinueAsNew()
      .when(resume(3 * DAY), offer(3 * DAY, 'b'))
      .thenExpect({
        runs: [{ at: 3 * DAY, events: ['b'] }],
        // The second b is no duplicate any more, but what it would start has been decided.
        suppressed: [no('a', 3 * DAY, 'dedupe', 'duplicate'), no('b', 3 * DAY, 'run', 'alreadyStarted')],
      });
  });

  it('counts what it kept as arrived when it goes on: only its own time makes an event old', () => {
    const { runs } = given({ freshness: { maxAgeMs: 10 * MINUTE, at: 'both' } })
      .when(pause(0), offer(1, 'a'), offer(2, 'b', { time: 2 }), resume(HOUR))
      .thenExpect({ runs: [{ at: HOUR, events: ['a'] }], suppressed: [no('b', HOUR, 'freshness', 'tooOld')] });
    expect(runs[0]?.receivedAt).toBe(T0 + HOUR);
  });

  it('keeps what a person fires until it goes on, forced or not', () => {
    given()
      .when(pause(0), fire(1, 'one'), fire(2, 'two', { force: true }))
      .thenExpect({
        waiting: [1, 2].map(() => ({ events: [], how: 'queue', stage: 'pause', cause: 'manual' })),
      })
      .afterContinueAsNew()
      .when(resume(HOUR))
      .thenExpect({
        runs: [
          { at: HOUR, events: [], cause: 'manual' },
          { at: HOUR, events: [], cause: 'manual' },
        ],
      });
  });

  it('takes a new definition meanwhile', () => {
    const { runs } = given()
      .when(pause(0), offer(1, 'a'), load(2, { generation: 'g2' }), resume(3))
      .thenExpect({ runs: [{ at: 3, events: ['a'] }] });
    expect(runs[0]?.generation).toBe('g2');
  });
});

describe('a paused key', () => {
  it('stops alone', () => {
    given(quiet(MINUTE))
      .when(
        offer(0, 'a'),
        offer(0, 'x', { key: 'other' }),
        pause(10 * SECOND, 'k'),
        offer(20 * SECOND, 'b'),
        tick(HOUR),
      )
      .thenExpect({ runs: [{ at: MINUTE, events: ['x'], key: 'other' }], pending: ['a', 'b'] })
      .afterContinueAsNew()
      .when(resume(HOUR, 'k'), tick(HOUR + MINUTE))
      .thenExpect({ runs: [{ at: HOUR + MINUTE, events: ['a', 'b'] }] });
  });

  it('that has nothing else has an entry while it is paused', () => {
    const paused = given().when(pause(0, 'k'));
    expect(paused.state.keys.size).toBe(1);
    const { state } = paused.afterContinueAsNew().when(resume(1, 'k'));
    expect([state.keys.size, state.keyBytes]).toEqual([0, 0]);
  });

  it('stays paused when the trigger goes on, with what both kept in order', () => {
    given()
      .when(pause(0, 'k'), offer(1, 'a'), pause(2), offer(3, 'b'), resume(4), offer(5, 'c'))
      .thenExpect({ pending: ['a', 'b', 'c'] })
      .afterContinueAsNew()
      .when(resume(6, 'k'))
      .thenExpect({ runs: ['a', 'b', 'c'].map((name) => ({ at: 6, events: [name] })) });
  });

  it('that goes on first leaves what it kept to the trigger, in order', () => {
    given()
      .when(pause(0, 'k'), offer(1, 'a'), pause(2), offer(3, 'b'), resume(4, 'k'), offer(5, 'c'))
      .thenExpect({ pending: ['b', 'a', 'c'] })
      .afterContinueAsNew()
      .when(resume(6))
      .thenExpect({ runs: ['a', 'b', 'c'].map((name) => ({ at: 6, events: [name] })) });
  });

  /** A window of a minute, of which the pauses leave 50 seconds when the last of them ends. */
  const windowOver = (...pauses: readonly Moment[]) =>
    given(quiet(MINUTE))
      .when(offer(0, 'a'), ...pauses, tick(2 * HOUR))
      .runs.map((run) => run.firedAt - T0);
  const at = (seconds: number) => seconds * SECOND;

  it('and a paused trigger stop a window for as long as either is', () => {
    expect(windowOver(pause(at(10), 'k'), pause(at(20)), resume(at(30), 'k'), resume(at(40)))).toEqual([at(90)]);
    expect(windowOver(pause(at(10)), pause(at(20), 'k'), resume(at(30)), resume(at(40), 'k'))).toEqual([at(90)]);
    expect(windowOver(pause(at(10), 'k'), pause(at(20)), resume(at(30)), resume(at(40), 'k'))).toEqual([at(90)]);
    expect(windowOver(pause(at(10)), pause(at(20), 'k'), resume(at(30), 'k'), resume(at(40)))).toEqual([at(90)]);
    expect(windowOver(pause(at(10), 'k'), resume(at(20), 'k'), pause(at(30)), resume(at(40)))).toEqual([at(80)]);
  });
});
