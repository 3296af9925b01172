import { describe, expect, it } from 'vitest';

import { initialState } from '../../src/core/state.ts';
import { step } from '../../src/core/step.ts';
import { compileCron } from '../../src/load/cron.ts';
import type { Definition, FallbackSettings } from '../../src/spec/definition.ts';
import { DAY, definition, ended, given, HOUR, load, MINUTE, offer, pause, resume, T0, tick } from './given.ts';

const UTC = { name: 'UTC', offsets: [{ fromAt: 0, minutes: 0 }] };
/** Loaded at virtual time 0. */
const unless = (rest: Partial<FallbackSettings> = {}): Pick<Definition, 'fallback' | 'loadedAt'> => {
  const settings = { unless: 'fired', forMs: DAY, keys: ['default'], scope: 'trigger' } as const;
  return { fallback: { ...settings, ...rest }, loadedAt: T0 };
};
const fell = (at: number, key = 'default') => ({ at, events: [], key, cause: 'fallback' }) as const;
const none: readonly string[] = [];

describe('a fallback', () => {
  it('fires when nothing has fired for so long, counted from the first load', () => {
    const { runs } = given(unless())
      .when(tick(DAY - 1), tick(DAY))
      .thenExpect({ runs: [fell(DAY)] });
    expect(runs[0]?.last).toEqual({ identity: `due ${T0 + DAY}` });
  });

  it('counts from the last start of any key', () => {
    given(unless())
      .when(offer(HOUR, 'a', { key: 'any' }), tick(DAY), tick(DAY + HOUR))
      .thenExpect({ runs: [{ at: HOUR, events: ['a'], key: 'any' }, fell(DAY + HOUR)] });
  });

  it('does not fire again for the same length', () => {
    given(unless())
      .when(tick(DAY), ended(DAY + 1, 0, 'failed'), tick(2 * DAY - 1), tick(2 * DAY))
      .thenExpect({ runs: [fell(DAY), fell(2 * DAY)] });
  });

  it('unless something succeeded takes no notice of starts and failures', () => {
    given(unless({ unless: 'succeeded' }))
      .when(
        offer(1, 'a'),
        offer(2, 'b'),
        ended(HOUR, 'a', 'failed'),
        tick(DAY),
        ended(DAY + HOUR, 'b'),
        tick(2 * DAY),
        tick(2 * DAY + HOUR),
      )
      .thenExpect({
        runs: [{ at: 1, events: ['a'] }, { at: 2, events: ['b'] }, fell(DAY), fell(2 * DAY + HOUR)],
      });
  });

  it('with times fires at the first of them after its length', () => {
    const cron = compileCron('0 2 * * *');
    if (!cron.ok) throw new Error(cron.message);
    const twoOclock = Date.parse('2025-10-11T02:00Z') - T0;
    given(unless({ at: { cron: cron.value, zone: UTC } }))
      .when(tick(twoOclock - 1), tick(twoOclock), tick(twoOclock + DAY - 1), tick(twoOclock + DAY))
      .thenExpect({ runs: [fell(twoOclock), fell(twoOclock + DAY)] });
  });

  it('fires once after days in which nobody looked, and then counts from then', () => {
    given(unless())
      .when(tick(5 * DAY), tick(6 * DAY - 1), tick(6 * DAY))
      .thenExpect({ runs: [fell(5 * DAY), fell(6 * DAY)] });
  });

  it('gives way to a run that was due in the time nobody looked', () => {
    given({ ...unless(), debounce: { quietMs: HOUR, edge: 'trailing', keep: 'all' } })
      .when(offer(20 * HOUR, 'a'), tick(DAY + HOUR), tick(21 * HOUR + DAY))
      .thenExpect({ runs: [{ at: 21 * HOUR, events: ['a'] }, fell(21 * HOUR + DAY)] });
  });

  it('that waits stands for the next one too', () => {
    given({ ...unless(), concurrency: { limit: 1, onExcess: 'queue', scope: 'trigger' } })
      .when(offer(1, 'a'), tick(DAY + 1), tick(2 * DAY + 1), tick(3 * DAY + 1), ended(4 * DAY, 'a'))
      .thenExpect({ runs: [{ at: 1, events: ['a'] }, fell(4 * DAY)], waiting: [] });
  });

  it('waits as a run of its own, never as one with held events', () => {
    const cooldown = { periodMs: DAY + HOUR, onExcess: 'hold' } as const;
    given({ ...unless({ scope: 'key', keys: ['k'] }), cooldown })
      .when(offer(0, 'a'), offer(1, 'b'), tick(DAY), tick(DAY + HOUR), tick(2 * DAY + 2 * HOUR))
      .thenExpect({
        runs: [
          { at: 0, events: ['a'] },
          { at: DAY + HOUR, events: ['b'] },
          { at: 2 * DAY + 2 * HOUR, events: none, cause: 'fallback' },
        ],
      });
  });

  it('is dropped without a trace in any event where a stage drops', () => {
    const { state } = given({ ...unless(), rate: { limit: 1, perMs: 10 * DAY, onExcess: 'drop', scope: 'trigger' } })
      .when(offer(1, 'a'), tick(DAY + 1), tick(2 * DAY))
      .thenExpect({ runs: [{ at: 1, events: ['a'] }] });
    expect(state.counts.suppressed.rate).toBe(0);
  });

  it('of keys watches each by itself', () => {
    given(unless({ scope: 'key', keys: ['one', 'two'] }))
      .when(offer(HOUR, 'a', { key: 'one' }), offer(HOUR, 'b', { key: 'three' }), tick(DAY), tick(DAY + HOUR))
      .thenExpect({
        runs: [
          { at: HOUR, events: ['a'], key: 'one' },
          { at: HOUR, events: ['b'], key: 'three' },
          fell(DAY, 'two'),
          fell(DAY + HOUR, 'one'),
        ],
      });
  });

  it('goes on after a continue-as-new', () => {
    given(unless())
      .when(offer(HOUR, 'a'))
      .afterContinueAsNew()
      .when(tick(DAY + HOUR))
      .thenExpect({ runs: [fell(DAY + HOUR)] })
      .afterContinueAsNew()
      .when(tick(2 * DAY + HOUR))
      .thenExpect({ runs: [fell(2 * DAY + HOUR)] });
  });

  it('waits for the end of a pause', () => {
    given(unless())
      .when(pause(1), tick(3 * DAY), resume(4 * DAY))
      .thenExpect({ runs: [fell(4 * DAY)] });
  });

  it('counts from its load where a definition brings it, goes on where one keeps it, ends where one drops it', () => {
    const { fallback } = unless();
    given()
      .when(load(HOUR, { ...(fallback && { fallback }), generation: 'g2' }), tick(DAY + HOUR))
      .thenExpect({ runs: [fell(DAY + HOUR)] });
    given(unless())
      .when(load(HOUR, { ...unless({ forMs: 2 * DAY }), loadedAt: T0 + HOUR, generation: 'g2' }), tick(2 * DAY))
      .thenExpect({ runs: [fell(2 * DAY)] });
    const { state } = given(unless())
      .when(load(HOUR, { generation: 'g2' }), tick(10 * DAY))
      .thenExpect({});
    expect([state.watched.size, state.keyBytes, state.fallbackDueAt]).toEqual([0, 0, Infinity]);
  });

  it('whose times never come does not fire', () => {
    const cron = { minutes: [0], hours: [0], daysOfMonth: [31], months: [2] };
    const { state } = given(unless({ at: { cron, zone: UTC } }))
      .when(tick(10 * DAY))
      .thenExpect({});
    expect(state.fallbackDueAt).toBe(Infinity);
  });

  it('is not decided where none is due', () => {
    const state = initialState(definition(unless()));
    expect(step(state, { kind: 'tick' }, T0 + MINUTE).facts).toEqual([]);
  });
});
