import { describe, expect, it } from 'vitest';

import { outcomeText, runText } from '../../src/core/run-view.ts';
import { keyText } from '../../src/core/key-text.ts';
import { detailsText, instanceView, timerText } from '../../src/core/view.ts';
import { given, HOUR, idOf, MINUTE, offer, quiet, SECOND, T0, tick } from './given.ts';

const timeText = (at: number) => `<${at - T0}>`;
const hold = { cooldown: { periodMs: HOUR, onExcess: 'hold' } } as const;

describe('an instance for people', () => {
  it('says what each key does, when it fires and why', () => {
    const { state } = given({ ...quiet(MINUTE, { edge: 'both', maxWaitMs: HOUR }), ...hold }).when(
      offer(0, 'a', { key: 'one' }),
      offer(SECOND, 'b', { key: 'one' }),
      offer(2 * MINUTE, 'c', { key: 'one' }),
      offer(2 * MINUTE, 'd', { key: 'one' }),
    );
    const key = state.keys.get('one') ?? {};
    expect(keyText('one', key, timeText)).toBe(
      '`one` collects 1 event, fires at <180000> (1m after the last event, at most 1h in all); holds 2 events until <3600000> (cooldown)',
    );
    expect(timerText(state, timeText)).toContain('fires at <180000>');
  });

  it('says what suppresses and what cools down', () => {
    const leading = given(quiet(MINUTE, { edge: 'leading' })).when(offer(0, 'a'));
    expect(timerText(leading.state, timeText)).toBe('`k` suppresses until <60000> (leading edge fired)');
    expect(timerText(given(hold).when(offer(0, 'a')).state, timeText)).toBe('`k` cools down until <3600000>');
    expect(timerText(given().when(offer(0, 'a')).state, timeText)).toBe('nothing due');
  });

  it('cuts a long label', () => {
    const { state } = given(quiet(MINUTE)).when(offer(0, 'a', { key: 'x'.repeat(200) }));
    expect(timerText(state, timeText)).toContain(`${'x'.repeat(39)}…\` collects`);
    expect(timerText(state, timeText).length).toBeLessThanOrEqual(130);
  });

  it('tells the earliest keys and the totals in its details', () => {
    const moments = Array.from({ length: 12 }, (_, index) => offer(index, `e${index}`, { key: `key-${index}` }));
    const { state } = given(quiet(MINUTE)).when(...moments, offer(20, 'e0', { key: 'key-0' }));
    const text = detailsText(state, timeText);
    for (const part of ['`key-9`', '- and 2 more keys', '13 events accepted', '12 pending', '1 by dedupe']) {
      expect(text).toContain(part);
    }
    expect(detailsText(given().when().state, timeText)).toContain('Nothing is open.');
  });

  it('looks at a bounded number of keys after every task', () => {
    const moments = Array.from({ length: 501 }, (_, index) => offer(0, `e${index}`, { key: `key-${index}` }));
    const { state } = given(quiet(MINUTE)).fast(...moments);
    expect(detailsText(state, timeText)).toContain('- and 491 more keys');
  });

  it('shows windows, holds and cooldowns to programs', () => {
    const { state } = given({ ...quiet(MINUTE, { edge: 'both' }), ...hold }).when(
      offer(0, 'a'),
      offer(SECOND, 'b'),
      offer(2 * MINUTE, 'c'),
    );
    expect(instanceView(state)).toMatchObject({
      nextDeadline: { at: T0 + 3 * MINUTE, key: 'k' },
      keys: [
        {
          key: 'k',
          window: { mode: 'collecting', events: 0, openedAt: T0 + 2 * MINUTE, dueAt: T0 + 3 * MINUTE },
          waiting: [{ how: 'hold', stage: 'cooldown', events: 2, untilAt: T0 + HOUR }],
          coolingUntil: T0 + HOUR,
        },
      ],
      liveKeys: 1,
      starting: [expect.stringMatching(/^sb1-/)],
      dedupeReachesBackTo: T0,
    });
    expect(instanceView(given().when().state)).not.toHaveProperty('nextDeadline');
  });
});

describe('a run for people', () => {
  it('says what it runs, why, and on which events', () => {
    const moments = Array.from({ length: 22 }, (_, index) => offer(index, `e${index}`));
    const [run] = given({ ...quiet(MINUTE), mode: 'shadow' }).when(...moments, tick(HOUR)).runs;
    const text = run ? runText({ trigger: 'retrain', run }, timeText) : '';
    for (const part of ['**train** `train`', 'trigger/retrain', '<60021>', ', shadow', '22 events', 'and 2 more']) {
      expect(text).toContain(part);
    }
    const [sole] = given().when(offer(0, 'a')).runs;
    expect(sole ? runText({ trigger: 'retrain', run: sole }, timeText) : '').toContain(`1 event: \`${idOf('a')}\``);
  });

  it('says how it ended', () => {
    expect(outcomeText({ kind: 'ended', status: 'succeeded' }, '')).toBe('**succeeded**');
    expect(outcomeText({ kind: 'ended', status: 'failed', detail: 'exit 1' }, '')).toBe('**failed**: exit 1');
    const dead = { kind: 'dead', code: 'target_unknown', place: '/run/target', detail: 'lost' } as const;
    expect(outcomeText(dead, 'dl-1')).toBe('**dead letter** `dl-1`: target_unknown at `/run/target`: lost');
  });
});
