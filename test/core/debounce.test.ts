import { describe, expect, it } from 'vitest';

import { FULL_BYTES } from '../../src/core/limits.ts';
import { given, HOUR, load, MINUTE, offer, quiet, SECOND, started, tick } from './given.ts';

describe('a trailing window', () => {
  it('fires `quiet` after its last event, with all of them', () => {
    given(quiet(30 * SECOND))
      .when(offer(0, 'a'), offer(20 * SECOND, 'b'), tick(49_999))
      .thenExpect({ pending: ['a', 'b'] });
    given(quiet(30 * SECOND))
      .when(offer(0, 'a'), offer(20 * SECOND, 'b'), tick(50 * SECOND))
      .thenExpect({ runs: [{ at: 50 * SECOND, events: ['a', 'b'] }] });
  });

  it('fires at the latest `maxWait` after its first event', () => {
    given(quiet(30 * SECOND, { maxWaitMs: MINUTE }))
      .when(offer(0, 'a'), offer(25 * SECOND, 'b'), offer(50 * SECOND, 'c'), tick(HOUR))
      .thenExpect({ runs: [{ at: MINUTE, events: ['a', 'b', 'c'] }] });
  });

  it('takes an event that arrives exactly at its end into the next window', () => {
    given(quiet(30 * SECOND))
      .when(offer(0, 'a'), offer(30 * SECOND, 'b'), tick(HOUR))
      .thenExpect({
        runs: [
          { at: 30 * SECOND, events: ['a'] },
          { at: MINUTE, events: ['b'] },
        ],
      });
  });

  it('keeps the last event only, and says so of the others', () => {
    given(quiet(30 * SECOND, { keep: 'last' }))
      .when(offer(0, 'a'), offer(10 * SECOND, 'b'), offer(20 * SECOND, 'c'), tick(HOUR))
      .thenExpect({
        runs: [{ at: 50 * SECOND, events: ['c'] }],
        suppressed: [
          { event: 'a', at: 10 * SECOND, stage: 'debounce', why: 'superseded' },
          { event: 'b', at: 20 * SECOND, stage: 'debounce', why: 'superseded' },
        ],
      });
  });

  it('keeps the first event only, and later ones still extend it', () => {
    const [run] = given(quiet(30 * SECOND, { keep: 'first' }))
      .when(offer(0, 'a', { identity: 'of a' }), offer(20 * SECOND, 'b', { identity: 'of b' }), tick(HOUR))
      .thenExpect({
        runs: [{ at: 50 * SECOND, events: ['a'] }],
        suppressed: [{ event: 'b', at: 20 * SECOND, stage: 'debounce', why: 'superseded' }],
      }).runs;
    expect(run?.last.identity).toBe('of a');
  });

  it('shows the run the last event, and the earliest arrival', () => {
    const [run] = given(quiet(30 * SECOND)).when(
      offer(5 * SECOND, 'a', { event: { n: 1 }, traceparent: '00-a' }),
      offer(3 * SECOND, 'late', { event: { n: 2 } }),
      tick(HOUR),
    ).runs;
    expect(run?.last).toEqual({ event: { n: 2 } });
    expect(run?.receivedAt).toBe(run && run.firedAt - 32 * SECOND);
  });
});

describe('a leading window', () => {
  const leading = quiet(30 * SECOND, { edge: 'leading' });

  it('fires on its first event and suppresses the rest, which extends it', () => {
    given(leading)
      .when(offer(0, 'a'), offer(20 * SECOND, 'b'), offer(45 * SECOND, 'c'), offer(75 * SECOND, 'd'))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 75 * SECOND, events: ['d'] },
        ],
        suppressed: [
          { event: 'b', at: 20 * SECOND, stage: 'debounce', why: 'edgeTaken' },
          { event: 'c', at: 45 * SECOND, stage: 'debounce', why: 'edgeTaken' },
        ],
      });
  });

  it('ends at `maxWait` however many come', () => {
    given(quiet(30 * SECOND, { edge: 'leading', maxWaitMs: 40 * SECOND }))
      .when(offer(0, 'a'), offer(20 * SECOND, 'b'), offer(40 * SECOND, 'c'))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 40 * SECOND, events: ['c'] },
        ],
        suppressed: [{ event: 'b', at: 20 * SECOND, stage: 'debounce', why: 'edgeTaken' }],
      });
  });
});

describe('a window with both edges', () => {
  const both = quiet(30 * SECOND, { edge: 'both' });

  it('fires on its first event and again with the rest', () => {
    given(both)
      .when(offer(0, 'a'), offer(10 * SECOND, 'b'), offer(20 * SECOND, 'c'), tick(HOUR))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 50 * SECOND, events: ['b', 'c'] },
        ],
      });
  });

  it('fires once when nothing more comes', () => {
    const { state } = given(both)
      .when(offer(0, 'a'), tick(HOUR))
      .thenExpect({ runs: [{ at: 0, events: ['a'] }] });
    expect(state.keys.size).toBe(0);
  });

  it('keeps the first of the rest', () => {
    given(quiet(30 * SECOND, { edge: 'both', keep: 'first' }))
      .when(offer(0, 'a'), offer(10 * SECOND, 'b'), offer(20 * SECOND, 'c'), tick(HOUR))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: 50 * SECOND, events: ['b'] },
        ],
        suppressed: [{ event: 'c', at: 20 * SECOND, stage: 'debounce', why: 'superseded' }],
      });
  });
});

describe('a window over a change of definition', () => {
  it('ends by the settings that opened it, and its run takes those of the current generation', () => {
    const next = {
      ...quiet(5 * MINUTE),
      generation: 'g2',
      run: { kind: 'train', target: 'other', params: { n: 2 }, retry: { delaysMs: [] }, timeoutMs: HOUR },
    } as const;
    const { runs } = given(quiet(30 * SECOND))
      .when(offer(0, 'a'), load(10 * SECOND, next), offer(20 * SECOND, 'b'), tick(50 * SECOND))
      .thenExpect({ runs: [{ at: 50 * SECOND, events: ['a', 'b'] }] });
    expect(runs[0]).toMatchObject({ generation: 'g2', settings: next.run });
  });

  it('still collects when the new definition has no debounce', () => {
    given(quiet(30 * SECOND))
      .when(offer(0, 'a'), load(10 * SECOND, { generation: 'g2' }), offer(20 * SECOND, 'b'), tick(50 * SECOND))
      .thenExpect({ runs: [{ at: 50 * SECOND, events: ['a', 'b'] }] });
  });

  it('opens the next window by the new settings', () => {
    given(quiet(30 * SECOND))
      .when(
        offer(0, 'a'),
        load(10 * SECOND, { ...quiet(MINUTE), generation: 'g2' }),
        offer(40 * SECOND, 'b'),
        tick(HOUR),
      )
      .thenExpect({
        runs: [
          { at: 30 * SECOND, events: ['a'] },
          { at: 100 * SECOND, events: ['b'] },
        ],
      });
  });
});

describe('an instance at its caps', () => {
  const half = 'x'.repeat(FULL_BYTES / 2 - 100);

  it('fires the window that reaches the cap of bytes, with cause `full`', () => {
    given(quiet(30 * SECOND))
      .when(offer(0, 'a', { item: half }), offer(1, 'b', { item: half }), offer(2, 'c', { item: half }))
      .thenExpect({ runs: [{ at: 2, events: ['a', 'b', 'c'], cause: 'full' }] });
  });

  it('gathers again while that run is being started, so that one full window is one run', () => {
    given(quiet(30 * SECOND))
      .when(
        ...['a', 'b', 'c'].map((name, at) => offer(at, name, { item: half })),
        offer(3, 'd'),
        offer(4, 'e'),
        tick(HOUR),
      )
      .thenExpect({
        runs: [
          { at: 2, events: ['a', 'b', 'c'], cause: 'full' },
          { at: 30_004, events: ['d', 'e'] },
        ],
      });
  });

  it('counts what an event replaces as gone', () => {
    given(quiet(30 * SECOND, { keep: 'last' }))
      .when(offer(0, 'a', { item: half }), offer(1, 'b', { item: half }), offer(2, 'c', { item: half }), tick(HOUR))
      .thenExpect({
        runs: [{ at: 30_002, events: ['c'] }],
        suppressed: [
          { event: 'a', at: 1, stage: 'debounce', why: 'superseded' },
          { event: 'b', at: 2, stage: 'debounce', why: 'superseded' },
        ],
      });
  });

  it('fires a window whose replacing event reaches the cap', () => {
    given(quiet(30 * SECOND, { keep: 'last' }))
      .when(offer(0, 'a'), offer(1, 'b', { item: half + half + half }))
      .thenExpect({
        runs: [{ at: 1, events: ['b'], cause: 'full' }],
        suppressed: [{ event: 'a', at: 1, stage: 'debounce', why: 'superseded' }],
      });
  });

  it('makes one run of a burst of 10,000 light events', () => {
    const moments = Array.from({ length: 10_000 }, (_, index) => offer(index % 7, `e${index}`));
    const { runs } = given(quiet(30 * SECOND)).fast(...moments, tick(HOUR));
    expect(runs.map((run) => [run.cause, run.items.length])).toEqual([['events', 10_000]]);
  });

  it('makes few runs of a burst far over the caps', () => {
    const moments = Array.from({ length: 30_000 }, (_, index) => offer(index % 7, `e${index}`));
    const { runs } = given(quiet(30 * SECOND)).fast(...moments, tick(HOUR));
    expect(runs.map((run) => run.cause)).toEqual(['full', 'full', 'events']);
    expect(runs.reduce((sum, run) => sum + run.items.length, 0)).toBe(30_000);
  });

  it('lets go of what a run weighs once its start is confirmed', () => {
    const first = given(quiet(SECOND)).when(offer(0, 'a', { item: half }), tick(MINUTE));
    expect(first.state.pendingItems).toBe(1);
    const { state } = first.afterContinueAsNew().when(started(MINUTE, first.runs[0]?.runId ?? ''));
    expect([state.pendingItems, state.pendingBytes, state.starting.size]).toEqual([0, 0, 0]);
  });
});

describe('whole events', () => {
  const whole = (at: number, name: string, bytes: number) =>
    offer(at, name, { whole: true, event: { body: 'x'.repeat(bytes - '{"body":""}'.length) } });

  it('are kept while they fit 64 KB together, then references are', () => {
    const [run] = given(quiet(SECOND)).when(
      ...['a', 'b', 'c', 'd', 'e'].map((name) => whole(0, name, 16 * 1_024)),
      tick(MINUTE),
    ).runs;
    expect(run?.items.map((item) => item.value !== undefined)).toEqual([true, true, true, true, false]);
  });

  it('are left out when one alone does not fit, and the run still sees it as its event', () => {
    const [run] = given().when(whole(0, 'a', 64 * 1_024 + 1)).runs;
    expect(run?.items[0]).not.toHaveProperty('value');
    expect(run?.last.event).toBeDefined();
  });

  it.each([
    ['a sort', { order: { onLate: 'drop', holdForMs: MINUTE } }],
    ['a join', { correlate: { parts: ['a', 'b', 'c', 'd', 'e', 'f'], withinMs: MINUTE, onDeadline: 'fire' } }],
    ['a threshold', { threshold: { atLeast: 5, withinMs: MINUTE, of: 'events' } }],
    ['a batch', { batch: { maxEvents: 5 } }],
  ] as const)('are kept up to 64 KB in %s too', (_name, settings) => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const parts = (name: string, at: number) =>
      offer(at, name, { whole: true, part: name, order: at, event: { body: 'x'.repeat(15 * 1_024) } });
    const { runs } = given(settings).when(...names.map(parts), tick(HOUR));
    expect(runs.flatMap((run) => run.items.map((item) => item.value !== undefined))).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
  });
});
