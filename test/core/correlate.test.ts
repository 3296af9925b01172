import { describe, expect, it } from 'vitest';

import type { CorrelateSettings } from '../../src/spec/definition.ts';
import { given, HOUR, load, MINUTE, offer, quiet, tick } from './given.ts';

const join = (rest: Partial<CorrelateSettings> = {}) => {
  return { correlate: { parts: ['a', 'b'], withinMs: 30 * MINUTE, onDeadline: 'drop', ...rest } } as const;
};
const part = (at: number, name: string, of: string, rest: Parameters<typeof offer>[2] = {}) =>
  offer(at, name, { part: of, ...rest });
const missing = (event: string, at: number) => ({ event, at, stage: 'correlate', why: 'partMissing' }) as const;
const superseded = (event: string, at: number) => ({ event, at, stage: 'correlate', why: 'superseded' }) as const;

describe('a join', () => {
  it('fires at once when all parts of a key are there, in any order', () => {
    given(join())
      .when(part(0, 'b1', 'b'), part(MINUTE, 'a1', 'a'), tick(2 * HOUR))
      .thenExpect({ runs: [{ at: MINUTE, events: ['b1', 'a1'] }] });
  });

  it('never joins parts of different keys, however they interleave', () => {
    given(join())
      .when(
        part(0, 'a1', 'a', { key: 'one' }),
        part(1, 'b2', 'b', { key: 'two' }),
        part(2, 'a2', 'a', { key: 'two' }),
        part(3, 'b1', 'b', { key: 'one' }),
      )
      .thenExpect({
        runs: [
          { at: 2, events: ['b2', 'a2'], key: 'two' },
          { at: 3, events: ['a1', 'b1'], key: 'one' },
        ],
      });
  });

  it('takes the latest event of a part, and says so of the one before', () => {
    const { facts } = given(join())
      .when(part(0, 'a1', 'a'), part(1, 'a2', 'a'), part(2, 'b1', 'b'))
      .thenExpect({ runs: [{ at: 2, events: ['a2', 'b1'] }], suppressed: [superseded('a1', 1)] });
    expect(facts.find((fact) => fact.kind === 'eventsSuppressed')).toMatchObject({ reason: { part: 'a' } });
  });

  it('never uses a part twice', () => {
    given(join())
      .when(part(0, 'a1', 'a'), part(1, 'b1', 'b'), part(2, 'b2', 'b'), part(3, 'b3', 'b'), part(4, 'a2', 'a'))
      .thenExpect({
        runs: [
          { at: 1, events: ['a1', 'b1'] },
          { at: 4, events: ['b3', 'a2'] },
        ],
        suppressed: [superseded('b2', 3)],
      });
  });

  it('lets a part expire `within` after it arrived; later ones wait on', () => {
    const { facts } = given(join())
      .when(part(0, 'a1', 'a'), part(30 * MINUTE, 'b1', 'b'), part(31 * MINUTE, 'a2', 'a'))
      .thenExpect({
        runs: [{ at: 31 * MINUTE, events: ['b1', 'a2'] }],
        suppressed: [missing('a1', 30 * MINUTE)],
      });
    expect(facts.find((fact) => fact.kind === 'eventsSuppressed')).toMatchObject({
      reason: { missing: ['b'], withinMs: 30 * MINUTE },
    });
  });

  it('counts `within` anew for the event that replaces a part', () => {
    given(join())
      .when(part(0, 'a1', 'a'), part(20 * MINUTE, 'a2', 'a'), part(45 * MINUTE, 'b1', 'b'))
      .thenExpect({
        runs: [{ at: 45 * MINUTE, events: ['a2', 'b1'] }],
        suppressed: [superseded('a1', 20 * MINUTE)],
      });
  });

  it('is forgotten when its last part expires', () => {
    const { state } = given(join())
      .when(part(0, 'a1', 'a'), tick(HOUR))
      .thenExpect({ suppressed: [missing('a1', 30 * MINUTE)] });
    expect([state.keys.size, state.keyBytes, state.pendingBytes]).toEqual([0, 0, 0]);
  });

  it('shows the run the latest event and that of each part', () => {
    const { runs } = given(join()).when(
      part(0, 'a1', 'a', { event: { n: 1 } }),
      part(1, 'a2', 'a', { event: { n: 2 } }),
      part(2, 'b1', 'b', { event: { m: 3 } }),
    );
    expect(runs[0]?.last).toEqual({
      event: { m: 3 },
      parts: [
        ['a', { n: 2 }],
        ['b', { m: 3 }],
      ],
    });
    expect(runs[0]?.items.map((item) => item.part)).toEqual(['a', 'b']);
  });

  it('goes on after a continue-as-new', () => {
    given(join())
      .when(part(0, 'a1', 'a'))
      .afterContinueAsNew()
      .when(part(29 * MINUTE, 'b1', 'b'))
      .thenExpect({ runs: [{ at: 29 * MINUTE, events: ['a1', 'b1'] }] });
  });

  it('gives all its events to the window behind it', () => {
    given({ ...join(), ...quiet(MINUTE) })
      .when(part(0, 'a1', 'a'), part(1, 'b1', 'b'), part(2, 'a2', 'a'), part(3, 'b2', 'b'), tick(HOUR))
      .thenExpect({ runs: [{ at: MINUTE + 3, events: ['a1', 'b1', 'a2', 'b2'] }] });
  });
});

describe('when parts are missing at the deadline', () => {
  it('fire starts what is there, past the windows', () => {
    given({ ...join({ parts: ['a', 'b', 'c'], onDeadline: 'fire' }), ...quiet(MINUTE) })
      .when(part(0, 'a1', 'a'), part(10 * MINUTE, 'b1', 'b'), tick(2 * HOUR))
      .thenExpect({ runs: [{ at: 30 * MINUTE, events: ['a1', 'b1'], cause: 'deadline' }] });
  });

  it('deadLetter makes a dead letter of each', () => {
    const { effects } = given(join({ onDeadline: 'deadLetter' }))
      .when(part(0, 'a1', 'a', { event: { n: 1 } }), tick(HOUR))
      .thenExpect({ deadLetters: ['a1'] });
    expect(effects).toMatchObject([
      { kind: 'deadLetter', code: 'part_missing', stage: 'correlate', event: { n: 1 }, reason: { missing: ['b'] } },
    ]);
  });
});

describe('a definition that changes under an open join', () => {
  it('leaves its parts and its time to those it was opened with', () => {
    given(join())
      .when(
        part(0, 'a1', 'a'),
        load(1, { ...join({ withinMs: MINUTE }), generation: 'g2' }),
        part(20 * MINUTE, 'b1', 'b'),
      )
      .thenExpect({ runs: [{ at: 20 * MINUTE, events: ['a1', 'b1'] }] });
  });

  it('gives up the parts that the new one does not know, when an event needs the new one', () => {
    given(join())
      .when(
        part(0, 'a1', 'a'),
        load(1, { ...join({ parts: ['b', 'c'] }), generation: 'g2' }),
        part(2, 'c1', 'c'),
        part(3, 'b1', 'b'),
      )
      .thenExpect({ runs: [{ at: 3, events: ['c1', 'b1'] }], suppressed: [missing('a1', 2)] });
  });

  it('ends each part at its own time, whichever settings it goes by', () => {
    given(join())
      .when(
        part(0, 'b1', 'b'),
        load(1, { ...join({ parts: ['b', 'c', 'd'], withinMs: MINUTE }), generation: 'g2' }),
        part(2, 'c1', 'c'),
        tick(HOUR),
      )
      .thenExpect({ suppressed: [missing('c1', MINUTE + 2), missing('b1', 30 * MINUTE)] });
  });

  it('sends an event of no known part on', () => {
    given(join())
      .when(part(0, 'a1', 'a'), load(1, { generation: 'g2' }), part(2, 'c1', 'c'), part(3, 'b1', 'b'))
      .thenExpect({
        runs: [
          { at: 2, events: ['c1'] },
          { at: 3, events: ['a1', 'b1'] },
        ],
      });
  });
});
