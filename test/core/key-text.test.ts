import { describe, expect, it } from 'vitest';

import { breakerText, keyText } from '../../src/core/key-text.ts';
import { detailsText, instanceView, timerText } from '../../src/core/view.ts';
import type { Definition } from '../../src/spec/definition.ts';
import {
  breaker,
  DAY,
  ended,
  fire,
  given,
  HOUR,
  MINUTE,
  type Moment,
  offer,
  pause,
  resume,
  SECOND,
  T0,
  tick,
} from './given.ts';

const timeText = (at: number) => `<${at - T0}>`;
const stateAfter = (settings: Partial<Definition>, ...moments: readonly Moment[]) =>
  given(settings).when(...moments).state;
/** What the key `k` does, and how it is shown to programs. */
const shown = (settings: Partial<Definition>, ...moments: readonly Moment[]) => {
  const state = stateAfter(settings, ...moments);
  const { keys } = instanceView(state);
  return [keyText('k', state.keys.get('k') ?? {}, timeText), keys.find(({ key }) => key === 'k')] as const;
};

describe('people and programs see of a key', () => {
  it('what is being sorted', () => {
    const [text, view] = shown({ order: { onLate: 'drop', holdForMs: MINUTE } }, offer(0, 'a', { order: 1 }));
    expect(text).toBe('`k` sorts 1 event until <60000>');
    expect(view).toEqual({ key: 'k', sorting: { events: 1, dueAt: T0 + MINUTE } });
  });

  it('which parts are there and which are missing', () => {
    const join = { correlate: { parts: ['a', 'b', 'c'], withinMs: HOUR, onDeadline: 'drop' } } as const;
    const [text, view] = shown(join, offer(0, 'a', { part: 'a' }));
    expect(text).toBe('`k` waits for b, c until <3600000>');
    expect(view).toEqual({ key: 'k', parts: [{ part: 'a', expiresAt: T0 + HOUR }], missing: ['b', 'c'] });
  });

  it('how far a threshold is', () => {
    const settings = { threshold: { atLeast: 10, withinMs: HOUR, of: 'amounts' } } as const;
    const [text, view] = shown(settings, offer(0, 'a', { amount: 4 }), offer(1, 'b', { amount: 3 }));
    expect(text).toBe('`k` has 7 of 10 within 1h');
    expect(view).toEqual({ key: 'k', threshold: { reached: 7, atLeast: 10, events: 2 } });
  });

  it('how full a batch is', () => {
    expect(shown({ batch: { maxEvents: 5, maxWaitMs: MINUTE } }, offer(0, 'a'))[0]).toBe(
      '`k` collects 1 event of 5, fires at <60000>',
    );
    const [text, view] = shown({ batch: { maxBytes: 100 } }, offer(0, 'a', { size: 1 }), offer(1, 'b', { size: 1 }));
    expect(text).toBe('`k` collects 2 events');
    expect(view?.window).toEqual({ stage: 'batch', mode: 'collecting', events: 2, openedAt: T0 });
  });

  it('what waits, and for what', () => {
    const queue = { concurrency: { limit: 1, onExcess: 'queue', scope: 'key' } } as const;
    const [text, view] = shown(queue, offer(0, 'a'), offer(1, 'b'), fire(2, 'one'));
    expect(text).toBe('`k` queues 1 event (concurrency); 1 more wait behind it');
    expect(view).toMatchObject({
      waiting: [
        { how: 'queue', stage: 'concurrency', cause: 'events', events: 1 },
        { how: 'queue', stage: 'concurrency', cause: 'manual', events: 0 },
      ],
      limits: { starts: 0, running: [expect.stringMatching(/^sb1-/)], breaker: { mode: 'closed' } },
    });
  });

  it('since when it is paused and what it keeps', () => {
    const [text, view] = shown({}, pause(0, 'k'), offer(1, 'a'), offer(2, 'b'));
    expect(text).toBe('`k` paused since <0>, keeps 2 events');
    expect(view).toEqual({ key: 'k', paused: { sinceAt: T0, by: 'ann', kept: 2 } });
  });
});

describe('people and programs see of a trigger', () => {
  const guard = { failures: 1, withinMs: HOUR, openForMs: HOUR, probes: 1, scope: 'trigger' } as const;
  const opened = [offer(0, 'f'), ended(1, 'f', 'failed')];

  it('that it is paused', () => {
    const state = stateAfter({}, pause(0), offer(1, 'a'));
    expect(detailsText(state, timeText)).toContain('**Paused** since <0> by ann; 1 kept.');
    expect(timerText(state, timeText)).toBe('nothing due');
    expect(instanceView(state).paused).toEqual({ sinceAt: T0, by: 'ann', kept: 1 });
  });

  it('how its breaker is, and when it lets a probe through', () => {
    const of = (...moments: readonly Moment[]) => {
      const text = detailsText(stateAfter({ breaker: guard }, ...moments), timeText);
      return /\*\*Breaker\*\* (.*)\./.exec(text)?.[1];
    };
    expect(of(offer(0, 'a'))).toBeUndefined();
    expect(breakerText({ mode: 'closed', failedAt: [] }, timeText)).toBe('closed');
    expect(of(...opened)).toBe('open until <3600001>');
    expect(of(breaker(0, 'open'))).toBe('open until a person closes it');
    const probing = [...opened, offer(2, 'a'), offer(3, 'b'), tick(2 * HOUR)];
    expect(of(...probing)).toBe('half open, 1 on their way as probes');
    expect(of(...probing, ended(2 * HOUR, 'a'))).toBe('closed again, what was parked starts one after the other');
    const parked = stateAfter({ breaker: guard }, ...opened, offer(2, 'a'));
    expect(timerText(parked, timeText)).toBe('the breaker lets a probe through at <3600001>');
  });

  it('when its rate lets another run start', () => {
    const rate = { limit: 1, perMs: HOUR, onExcess: 'queue', scope: 'trigger' } as const;
    const state = stateAfter({ rate }, offer(0, 'a'), offer(1, 'b'));
    expect(timerText(state, timeText)).toBe('the rate lets another run start at <3600000>');
    expect(instanceView(state).nextDeadline).toEqual({ at: T0 + HOUR });
  });

  it('when runs are looked for that keep others waiting', () => {
    const concurrency = { limit: 1, onExcess: 'queue', scope: 'trigger' } as const;
    const state = stateAfter({ concurrency }, offer(0, 'a'), offer(SECOND, 'b'));
    expect(timerText(state, timeText)).toBe('runs that keep others waiting are looked for at <601000>');
    expect(instanceView(state).limits).toMatchObject({ starts: 0, running: [expect.stringMatching(/^sb1-/)] });
  });

  it('when its fallback is due, and what it last saw', () => {
    const settings = { unless: 'fired', forMs: DAY, keys: ['default'], scope: 'trigger' } as const;
    const state = stateAfter({ fallback: settings, loadedAt: T0 }, offer(HOUR, 'a'));
    expect(timerText(state, timeText)).toBe('the fallback is due at <90000000>');
    expect(instanceView(state).watched).toEqual([{ key: 'default', dueAt: T0 + DAY + HOUR, lastAt: T0 + HOUR }]);
    const resumed = stateAfter({ fallback: settings, loadedAt: T0 }, pause(0), resume(1));
    expect(instanceView(resumed).watched).toEqual([{ key: 'default', dueAt: T0 + DAY }]);
  });
});
