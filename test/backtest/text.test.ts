import { describe, expect, test } from 'vitest';

import { reportLines } from '../../src/cli/backtest-text.ts';
import { DAY, HOUR, line, MINUTE, type Options, reportOf, schedule, T0, triggers } from './given.ts';

const LONG = 'retrain-the-fraud-model-of-every-region-in-the-world';
const lines = Array.from({ length: 200 }, (_, index) => line(index * 20 * MINUTE, { k: index % 3 }));

async function text(options: Options = {}, more: readonly string[] = []): Promise<readonly string[]> {
  const some = await triggers({
    [LONG]: ['cooldown: { period: 2h, onExcess: hold }', 'debounce: { quiet: 1m }'],
    hourly: ['cooldown: { period: 1h, onExcess: drop }', 'mode: shadow', 'key: "${{ event.data.k }}"'],
  });
  return reportLines(await reportOf(some, [...lines, ...more], options));
}

describe('the report for people', () => {
  test('has a table that fits 80 columns, with a baseline too', async () => {
    const shown = await text({ baseline: schedule('every 24h') });
    const table = shown.slice(shown.findIndex((it) => it.startsWith('TRIGGER')));
    const until = table.indexOf('');
    expect(until).toBe(5);
    expect(table[4]).toBe('EACH: events a run; WAITS: how long data waits for a run; both p50/p95');
    for (const row of table.slice(0, until)) expect(row.length).toBeLessThanOrEqual(80);
  });

  test('says what event-driven saves', async () => {
    const shown = (await text({ baseline: schedule('every 10m'), costPerRun: 2, untilAt: T0 + 3 * DAY })).join('\n');
    expect(shown).toMatch(/baseline {4}every 10m: 864 runs, \d+ of them with nothing new/);
    expect(shown).toMatch(/here {8}\d+ runs: \d+ fewer \(\d+(\.\d)? %\), saves [\d,.]+ at 2 a run/);
    expect(shown).toMatch(/data waits {2}\S+ \(p50\/p95\) instead of \S+/);
  });

  test('says what is behind the numbers of each trigger', async () => {
    const shown = (await text({ untilAt: T0 + 3 * DAY }, ['{', line(0, { k: 1 }, { id: 'late' })])).join('\n');
    expect(shown).toMatch(/held {8}\d+ by cooldown \(coolingDown\); for \S+ \(p50\/p95\)/);
    expect(shown).toMatch(/suppressed {2}\d+ by cooldown \(coolingDown\)/);
    expect(shown).toMatch(/shadow: its runs would call nothing/);
    expect(shown).toMatch(/line 201 is left out: it is not JSON/);
    expect(shown).toMatch(/1 line out of order/);
  });

  test('shows runs that differ from those of the live definitions', async () => {
    const against = await triggers({ hourly: ['cooldown: { period: 1h, onExcess: drop }'] });
    const shown = (await text({ against, untilAt: T0 + 12 * HOUR })).join('\n');
    expect(shown).toMatch(/live → here: \d+ runs gained, \d+ runs? lost/);
    expect(shown).toMatch(/\+ 2026-08-01 \d\d:\d\d \(\w+\) events: evt_/);
    expect(shown).toMatch(/the service does not have this trigger/);
  });
});
