import { describe, expect, it } from 'vitest';

import { IDENTITIES_MAX } from '../../src/core/limits.ts';
import { DAY, given, HOUR, idOf, load, MINUTE, offer, quiet, SECOND, T0, tick } from './given.ts';

describe('dedupe', () => {
  it('suppresses the same identity again, from its first arrival on', () => {
    const { facts } = given()
      .when(offer(0, 'a'), offer(12 * HOUR, 'a'), offer(DAY - 1, 'a'))
      .thenExpect({
        runs: [{ at: 0, events: ['a'] }],
        suppressed: [
          { event: 'a', at: 12 * HOUR, stage: 'dedupe', why: 'duplicate' },
          { event: 'a', at: DAY - 1, stage: 'dedupe', why: 'duplicate' },
        ],
      });
    expect(facts.at(-1)).toMatchObject({ reason: { firstSeenAt: T0, windowMs: DAY } });
  });

  it('lets it in again once the window is over', () => {
    given()
      .when(offer(0, 'a'), offer(DAY, 'a', { body: 'another body' }))
      .thenExpect({
        runs: [{ at: 0, events: ['a'] }],
        suppressed: [{ event: 'a', at: DAY, stage: 'run', why: 'alreadyStarted' }],
      });
  });

  it('suppresses across keys', () => {
    given()
      .when(offer(0, 'a', { key: 'one' }), offer(1, 'a', { key: 'two' }))
      .thenExpect({
        runs: [{ at: 0, events: ['a'], key: 'one' }],
        suppressed: [{ event: 'a', at: 1, stage: 'dedupe', why: 'duplicate' }],
      });
  });

  it('dead-letters the same identity with another body, and the first wins', () => {
    const { effects, state } = given(quiet(MINUTE))
      .when(offer(0, 'a', { body: 'one' }), offer(1, 'a', { body: 'two' }), offer(2, 'a', { body: 'one' }), tick(HOUR))
      .thenExpect({
        runs: [{ at: MINUTE, events: ['a'] }],
        deadLetters: ['a'],
        suppressed: [{ event: 'a', at: 2, stage: 'dedupe', why: 'duplicate' }],
      });
    expect(effects[0]).toMatchObject({
      kind: 'deadLetter',
      code: 'event_id_conflict',
      eventId: idOf('a'),
      receivedAt: T0 + 1,
      reason: { kind: 'conflict', firstSeenAt: T0, windowMs: DAY },
    });
    expect(state.counts).toMatchObject({ accepted: 3, deadLettered: 1, eventsInRuns: 1 });
  });

  it('suppresses an event equal in dedupe.by, whose body is never compared', () => {
    given()
      .when(
        offer(0, 'a', { by: 'x', body: 'one' }),
        offer(1, 'b', { by: 'x', body: 'two' }),
        offer(2, 'c', { by: 'y' }),
      )
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 2, events: ['c'] },
        ],
        suppressed: [{ event: 'b', at: 1, stage: 'dedupe', why: 'sameDedupeKey' }],
      });
  });

  it('measures `by` from its first arrival: what was suppressed does not prolong it', () => {
    given()
      .when(offer(0, 'a', { by: 'x' }), offer(DAY - 1, 'b', { by: 'x' }), offer(DAY, 'c', { by: 'x' }))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: DAY, events: ['c'] },
        ],
        suppressed: [{ event: 'b', at: DAY - 1, stage: 'dedupe', why: 'sameDedupeKey' }],
      });
  });

  it('knows what it suppressed by `by` by its own identity', () => {
    given()
      .when(offer(0, 'a', { by: 'x' }), offer(1, 'b', { by: 'x' }), offer(2, 'b', { by: 'x' }))
      .thenExpect({
        runs: [{ at: 0, events: ['a'] }],
        suppressed: [
          { event: 'b', at: 1, stage: 'dedupe', why: 'sameDedupeKey' },
          { event: 'b', at: 2, stage: 'dedupe', why: 'duplicate' },
        ],
      });
  });

  it('remembers the last 20,000 identities', () => {
    const others = Array.from({ length: IDENTITIES_MAX - 1 }, (_, index) => offer(1, `e${index}`));
    const { runs } = given(quiet(MINUTE)).fast(
      offer(0, 'a'),
      ...others,
      offer(2, 'a'),
      offer(3, 'new'),
      offer(4, 'a'),
      tick(HOUR),
    );
    const times = runs.flatMap((run) => run.items).filter((item) => item.eventId === idOf('a'));
    expect(times.map((item) => item.time - T0)).toEqual([0, 4]);
  });

  it('starts a longer window with what the shorter one remembered, with or without a continue-as-new', () => {
    const until = () => given({ dedupe: { windowMs: HOUR } }).when(offer(0, 'a'), offer(2 * HOUR, 'b'));
    const longer = load(2 * HOUR, { dedupe: { windowMs: 3 * HOUR }, generation: 'g2' });
    const again = [longer, offer(2 * HOUR, 'a', { key: 'other' }), offer(2 * HOUR, 'b')];
    const cut = until()
      .afterContinueAsNew()
      .when(...again)
      .thenExpect({
        runs: [{ at: 2 * HOUR, events: ['a'], key: 'other' }],
        suppressed: [{ event: 'b', at: 2 * HOUR, stage: 'dedupe', why: 'duplicate' }],
      });
    const uncut = given({ dedupe: { windowMs: HOUR } }).when(offer(0, 'a'), offer(2 * HOUR, 'b'), ...again);
    expect(uncut.facts.slice(-cut.facts.length)).toEqual(cut.facts);
  });
});

describe('freshness', () => {
  const maxAgeMs = 10 * MINUTE;

  it('on arrival suppresses what is older than maxAge, by the time of the event', () => {
    const { facts } = given({ freshness: { maxAgeMs, at: 'arrival' } })
      .when(offer(HOUR, 'old', { time: 50 * MINUTE - 1 }), offer(HOUR, 'just', { time: 50 * MINUTE }))
      .thenExpect({
        runs: [{ at: HOUR, events: ['just'] }],
        suppressed: [{ event: 'old', at: HOUR, stage: 'freshness', why: 'tooOld' }],
      });
    expect(facts.find((fact) => fact.kind === 'eventsSuppressed')).toMatchObject({
      reason: { ageMs: maxAgeMs + 1, maxAgeMs, checked: 'arrival' },
    });
  });

  it('on arrival takes an event without a time as new', () => {
    given({ freshness: { maxAgeMs, at: 'arrival' } })
      .when(offer(HOUR, 'a'))
      .thenExpect({ runs: [{ at: HOUR, events: ['a'] }] });
  });

  it('at fire leaves out what has become too old meanwhile', () => {
    given({ ...quiet(8 * MINUTE), freshness: { maxAgeMs, at: 'fire' } })
      .when(offer(0, 'a'), offer(3 * MINUTE, 'b'), tick(HOUR))
      .thenExpect({
        runs: [{ at: 11 * MINUTE, events: ['b'] }],
        suppressed: [{ event: 'a', at: 11 * MINUTE, stage: 'freshness', why: 'tooOld' }],
      });
  });

  it('at fire lets in what is too old on arrival, and then starts no run when none is left', () => {
    const { state, effects } = given({
      ...quiet(MINUTE),
      freshness: { maxAgeMs, at: 'fire' },
      cooldown: { periodMs: HOUR, onExcess: 'drop' },
    })
      .when(offer(HOUR, 'a', { time: 0 }), offer(HOUR, 'b', { time: 0 }), tick(2 * HOUR))
      .thenExpect({
        suppressed: [
          { event: 'a', at: HOUR + MINUTE, stage: 'freshness', why: 'tooOld' },
          { event: 'b', at: HOUR + MINUTE, stage: 'freshness', why: 'tooOld' },
        ],
      });
    expect([effects, state.counts.runs, state.keys.size]).toEqual([[], 0, 0]);
  });

  it('checks at both', () => {
    given({ ...quiet(8 * MINUTE), freshness: { maxAgeMs, at: 'both' } })
      .when(offer(0, 'old', { time: -HOUR }), offer(0, 'a'), offer(3 * MINUTE, 'b'), tick(HOUR))
      .thenExpect({
        runs: [{ at: 11 * MINUTE, events: ['b'] }],
        suppressed: [
          { event: 'old', at: 0, stage: 'freshness', why: 'tooOld' },
          { event: 'a', at: 11 * MINUTE, stage: 'freshness', why: 'tooOld' },
        ],
      });
  });

  it('lets what weighs nothing any more go from what the run carries', () => {
    const { runs } = given({ ...quiet(8 * MINUTE), freshness: { maxAgeMs, at: 'fire' } }).when(
      offer(0, 'a', { item: 'x'.repeat(500) }),
      offer(3 * MINUTE, 'b'),
      tick(HOUR),
    );
    expect(runs[0]?.bytes).toBeLessThan(100);
  });

  it('comes after dedupe: an event that was too old is known afterwards', () => {
    given({ freshness: { maxAgeMs, at: 'arrival' } })
      .when(offer(HOUR, 'a', { time: 0 }), offer(HOUR + SECOND, 'a', { time: 0 }))
      .thenExpect({
        suppressed: [
          { event: 'a', at: HOUR, stage: 'freshness', why: 'tooOld' },
          { event: 'a', at: HOUR + SECOND, stage: 'dedupe', why: 'duplicate' },
        ],
      });
  });
});
