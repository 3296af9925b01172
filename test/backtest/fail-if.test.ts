import { describe, expect, test } from 'vitest';

import { compileFailIf, holdsOf } from '../../src/backtest/fail-if.ts';
import { DAY, HOUR, line, MINUTE, reportOf, schedule, T0, triggers } from './given.ts';

async function held(source: string, options: { readonly against?: true; readonly baseline?: false } = {}) {
  const compiled = compileFailIf(source);
  if (!compiled.ok) throw new Error(compiled.message);
  const some = await triggers({ retrain: ['debounce: { quiet: 2h }'], 'at-once': [] });
  const lines = [line(0), line(HOUR), line(DAY + MINUTE)];
  const report = await reportOf(some, lines, {
    ...(options.baseline !== false && { baseline: schedule('every 24h') }),
    ...(options.against && { against: await triggers({ retrain: [] }) }),
    costPerRun: 10,
    untilAt: T0 + 2 * DAY,
  });
  return holdsOf(compiled.condition, report);
}

describe('a condition over a backtest', () => {
  test.each([
    ['runs == 5', true],
    ['runs > 2 * baseline.runs', false],
    ['cost == 50.0 && baseline.cost == 40', true],
    ['triggers["at-once"].runs == 3 && triggers.retrain.baseline.saved.runs == 0', true],
    ['triggers.retrain.staleness.p95 > 3600', true],
    ['baseline.staleness.p50 > staleness.p50', true],
    ['suppressed + deadLetters + pending > 0', false],
    ['triggers.exists(name, triggers[name].runs > 10)', false],
  ])('%s is %s', async (source, expected) => {
    expect(await held(source)).toEqual({ ok: true, holds: expected });
  });

  test('sees the live definitions where they were compared', async () => {
    expect(await held('live.runs == 3 && live.gained == 4 && live.lost == 2', { against: true })).toEqual({
      ok: true,
      holds: true,
    });
  });

  test('cannot be told where what it reads is not there, or gives no answer', async () => {
    expect(await held('runs > 2 * baseline.runs', { baseline: false })).toMatchObject({
      ok: false,
      message: 'there is no baseline here',
    });
    expect(await held('runs')).toMatchObject({ ok: false, message: 'it gave 5, expected true or false' });
  });

  test('is refused where it names what there is not', () => {
    expect(compileFailIf('run > 2')).toMatchObject({ ok: false });
  });
});
