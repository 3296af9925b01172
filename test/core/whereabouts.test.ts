import { describe, expect, it } from 'vitest';

import { type Place, whereabouts } from '../../src/core/whereabouts.ts';
import type { Definition } from '../../src/spec/definition.ts';
import { given, HOUR, idOf, MINUTE, type Moment, offer, quiet, SECOND, T0 } from './given.ts';

function placeOf(definition: Partial<Definition>, moments: readonly Moment[], name: string, key = 'k'): Place {
  return whereabouts(given(definition).when(...moments).state, key, idOf(name)).place;
}
const pause = (at: number, key?: string): Moment => ({
  input: { kind: 'pause', by: 'ana', ...(key !== undefined && { key }) },
  nowMs: at,
});

describe('where an event is', () => {
  it('in a debounce window or a batch, with when it ends and how many are there', () => {
    expect(placeOf(quiet(30 * SECOND), [offer(0, 'a'), offer(SECOND, 'b')], 'a')).toEqual({
      kind: 'gathered',
      stage: 'debounce',
      events: 2,
      openedAt: T0,
      dueAt: T0 + 31 * SECOND,
    });
    expect(placeOf({ batch: { maxEvents: 3 } }, [offer(0, 'a')], 'a')).toEqual({
      kind: 'gathered',
      stage: 'batch',
      events: 1,
      openedAt: T0,
    });
  });

  it('being sorted', () => {
    const order = { order: { onLate: 'drop', holdForMs: MINUTE } } as const;
    expect(placeOf(order, [offer(0, 'a', { order: 2 }), offer(SECOND, 'b', { order: 1 })], 'a')).toEqual({
      kind: 'gathered',
      stage: 'order',
      events: 2,
      dueAt: T0 + MINUTE,
    });
  });

  it('as a part that waits for others', () => {
    const correlate = { parts: ['features', 'labels'], withinMs: HOUR, onDeadline: 'drop' } as const;
    expect(placeOf({ correlate }, [offer(0, 'a', { part: 'features' })], 'a')).toEqual({
      kind: 'gathered',
      stage: 'correlate',
      events: 1,
      missing: ['labels'],
      dueAt: T0 + HOUR,
    });
  });

  it('counting towards a threshold', () => {
    const threshold = { atLeast: 10, withinMs: HOUR, of: 'amounts' } as const;
    const came = [offer(0, 'a', { amount: 4 }), offer(SECOND, 'b', { amount: 3 })];
    expect(placeOf({ threshold }, came, 'b')).toEqual({
      kind: 'gathered',
      stage: 'threshold',
      events: 2,
      reached: 7,
      atLeast: 10,
      dueAt: T0 + SECOND + HOUR,
    });
  });

  it('held by an admission stage until it opens, or until a run ends', () => {
    const cooldown = { periodMs: HOUR, onExcess: 'hold' } as const;
    const came = [offer(0, 'a'), offer(SECOND, 'b'), offer(2 * SECOND, 'c')];
    expect(placeOf({ cooldown }, came, 'c')).toEqual({
      kind: 'waiting',
      stage: 'cooldown',
      events: 2,
      sinceAt: T0 + SECOND,
      untilAt: T0 + HOUR,
    });
    const concurrency = { limit: 1, onExcess: 'hold', scope: 'key' } as const;
    const waits = placeOf({ concurrency }, came, 'b');
    expect(waits).toMatchObject({ kind: 'waiting', stage: 'concurrency' });
    expect(waits).not.toHaveProperty('untilAt');
  });

  it('kept by a pause of the trigger or of its key', () => {
    for (const paused of [pause(0), pause(0, 'k')]) {
      const place = placeOf({}, [paused, offer(SECOND, 'a')], 'a');
      expect(place).toEqual({ kind: 'kept', sinceAt: T0, by: 'ana', events: 1 });
    }
  });

  it('in a run that is being started', () => {
    expect(placeOf({}, [offer(0, 'a')], 'a')).toMatchObject({ kind: 'starting', events: 1 });
  });

  it('nowhere, where it is decided or never came', () => {
    expect(placeOf({}, [offer(0, 'a')], 'b')).toEqual({ kind: 'gone' });
    expect(placeOf(quiet(SECOND), [offer(0, 'a')], 'a', 'another key')).toEqual({ kind: 'gone' });
    expect(placeOf(quiet(SECOND), [offer(0, 'a')], 'b')).toEqual({ kind: 'gone' });
  });
});

it('is told with how far the instance is', () => {
  const { state } = given(quiet(SECOND)).when(offer(0, 'a'));
  expect(whereabouts(state, 'k', idOf('a')).seq).toBe(state.seq);
});
