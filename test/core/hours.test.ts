import { describe, expect, it } from 'vitest';

import { compileHours, type HoursText } from '../../src/load/calendar.ts';
import type { Definition } from '../../src/spec/definition.ts';
import { fire, given, load, offer, quiet, T0, tick } from './given.ts';

/** Hours as a trigger file says them. */
function hours(text: Partial<HoursText> = {}): Pick<Definition, 'hours'> {
  const compiled = compileHours({ allow: ['Mon-Fri 08:00-20:00'], onExcess: 'hold', ...text }, T0);
  if (!compiled.ok) throw new Error(compiled.message);
  return { hours: compiled.value };
}

/** A moment relative to T0, by its time in UTC. */
const at = (iso: string) => Date.parse(`${iso}Z`) - T0;
const MINUTE = 60_000;

describe('hours', () => {
  it('hold what comes outside them, as one run when they open', () => {
    const friday = at('2026-01-09T20:00');
    const monday = at('2026-01-12T08:00');
    const { facts } = given(hours())
      .when(offer(friday - 1, 'a'), offer(friday, 'b'), offer(friday + MINUTE, 'c'), tick(monday - 1), tick(monday))
      .thenExpect({
        runs: [
          { at: friday - 1, events: ['a'] },
          { at: monday, events: ['b', 'c'] },
        ],
      });
    expect(facts.find((fact) => fact.kind === 'candidateWaits')).toMatchObject({
      stage: 'hours',
      untilAt: T0 + monday,
      reason: { kind: 'outsideHours', opensAt: T0 + monday },
    });
  });

  it('are those of their time zone', () => {
    const opens = at('2026-01-12T02:30');
    given(hours({ timeZone: 'Asia/Kolkata' }))
      .when(offer(opens - 1, 'a'), offer(opens + 1, 'b'))
      .thenExpect({
        runs: [
          { at: opens, events: ['a'] },
          { at: opens + 1, events: ['b'] },
        ],
      });
  });

  it('follow daylight saving', () => {
    const berlin = hours({ timeZone: 'Europe/Berlin', allow: ['daily 08:00-20:00'] });
    const before = at('2026-03-28T07:00');
    const after = at('2026-03-29T06:00');
    given(berlin)
      .when(offer(before - 1, 'a'), tick(before), offer(after - 1, 'b'), tick(after))
      .thenExpect({
        runs: [
          { at: before, events: ['a'] },
          { at: after, events: ['b'] },
        ],
      });
  });

  it('drop where that is asked for', () => {
    const night = at('2026-01-12T21:00');
    given(hours({ onExcess: 'drop' }))
      .when(offer(night, 'a'))
      .thenExpect({ suppressed: [{ event: 'a', at: night, stage: 'hours', why: 'outsideHours' }] });
  });

  it('are closed in a freeze, which says until when', () => {
    const first = at('2026-12-24T10:00');
    const over = at('2026-12-28T08:00');
    const { facts } = given(hours({ freeze: ['2026-12-24/2026-12-27'] }))
      .when(offer(first, 'a'), tick(over))
      .thenExpect({ runs: [{ at: over, events: ['a'] }] });
    expect(facts.find((fact) => fact.kind === 'candidateWaits')).toMatchObject({
      reason: { kind: 'frozen', untilAt: T0 + over },
    });
  });

  it('that never open hold until another definition comes', () => {
    const never = hours({ allow: ['Mon 08:00-09:00'] }).hours;
    const closed = never && { hours: { ...never, allow: [] } };
    const changed = load(1, { ...hours({ allow: ['daily 00:00-24:00'] }), generation: 'g2' });
    given(closed)
      .when(offer(0, 'a'), tick(at('2030-01-01T00:00')))
      .thenExpect({ pending: ['a'], waiting: [{ events: ['a'], how: 'hold', stage: 'hours' }] })
      .afterContinueAsNew()
      .when(changed)
      .thenExpect({ runs: [{ at: 0, events: ['a'] }] });
  });

  it('let a person through who insists', () => {
    const night = at('2026-01-12T21:00');
    given(hours())
      .when(fire(night, 'later'), fire(night + 1, 'now', { force: true }))
      .thenExpect({
        runs: [{ at: night + 1, events: [], cause: 'manual' }],
        waiting: [{ events: [], how: 'hold', stage: 'hours', until: at('2026-01-13T08:00'), cause: 'manual' }],
      });
  });

  it('come before the cooldown: what it held is held by hours when they are closed then', () => {
    const evening = at('2026-01-12T19:30');
    const morning = at('2026-01-13T08:00');
    given({ ...hours(), ...quiet(MINUTE), cooldown: { periodMs: 60 * MINUTE, onExcess: 'hold' } })
      .when(offer(evening, 'a'), offer(evening + 5 * MINUTE, 'b'), tick(evening + 6 * MINUTE))
      .thenExpect({
        runs: [{ at: evening + MINUTE, events: ['a'] }],
        pending: ['b'],
        waiting: [{ events: ['b'], how: 'hold', stage: 'cooldown', until: evening + 61 * MINUTE }],
      })
      .afterContinueAsNew()
      .when(tick(evening + 61 * MINUTE))
      .thenExpect({
        pending: ['b'],
        waiting: [{ events: ['b'], how: 'hold', stage: 'hours', until: morning }],
      });
  });
});
