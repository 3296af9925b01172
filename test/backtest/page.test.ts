import { describe, expect, test } from 'vitest';

import { buildReport, timelinesOf } from '../../src/backtest/build-report.ts';
import { html } from '../../src/backtest/page/markup.ts';
import { pageOf } from '../../src/backtest/page/page.ts';
import { DAY, HOUR, line, MINUTE, replayed, schedule, T0, triggers } from './given.ts';

const EVIL = '<script>alert(1)</script>"\'&';

async function page(
  names: readonly string[],
  lines: readonly string[],
  ticks: readonly number[] = [],
): Promise<string> {
  const spec = ['key: "${{ event.data.k }}"', 'cooldown: { period: 2h, onExcess: hold }'];
  const some = await triggers(Object.fromEntries(names.map((name) => [name, spec])));
  const against = await triggers({ [names[0] ?? 'retrain']: ['key: "${{ event.data.k }}"'] });
  const { input, outcome } = await replayed(some, lines, { baseline: schedule('every 24h'), against });
  if (outcome === undefined) throw new Error('no event');
  const report = buildReport(outcome, input, { runTakesMs: 0, costPerRun: 3, schedule: 'every 24h' });
  const verdict = { expression: `runs > 1 && "${EVIL}" != ""`, failed: true };
  return pageOf(report, { timelines: timelinesOf(outcome), ticks, verdict });
}

describe('the page', () => {
  test('escapes every text that came from events, definitions and arguments', async () => {
    const lines = [line(0, { k: EVIL }), line(MINUTE, { k: EVIL }), line(HOUR, { nothing: EVIL })];
    const text = await page(['retrain'], lines);
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;');
    expect(text).not.toMatch(/<script/);
  });

  test('needs nothing else: no script, no address to load from, and says so to the browser', async () => {
    const text = await page(['retrain'], [line(0, { k: 'a' })]);
    expect(text).not.toMatch(/\b(src|href)=|url\(|@import|https?:/);
    expect(text).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  });

  test('draws events, holds, runs and the times of the schedule', async () => {
    const lines = Array.from({ length: 100 }, (_, index) => line(index * HOUR, { k: 'a' }));
    const text = await page(['retrain'], lines, [T0 + DAY, T0 + 2 * DAY]);
    for (const drawn of ['events', 'held', 'runs', 'baseline']) {
      expect(text).toMatch(new RegExp(`<path class="${drawn}" d="M[\\d.]+ [\\d.hvzMV -]+"`));
    }
    expect(text.match(/<path class="baseline" d="([^"]*)"/)?.[1]?.match(/M/g)).toHaveLength(2);
    expect(text).toMatch(/aria-label="retrain: 100 events, \d\d runs"/);
  });

  test('stays small, however long the span and however many the triggers', async () => {
    const names = Array.from({ length: 51 }, (_, index) => `trigger-${index}`);
    const lines = Array.from({ length: 10 }, (_, index) => line(index * 60 * DAY, { k: index % 5 }));
    const text = await page(names, lines);
    expect(text.length).toBeLessThan(1_000_000);
    expect(text.match(/<svg/g)).toHaveLength(50);
    expect(text).toContain('1 trigger with fewer events is not drawn.');
  });
});

test('only what the tag made itself is left as it is', () => {
  expect(html`<b>${'<i>'}${html`<i>${1}</i>`}${undefined}${[html`&`, undefined]}</b>`.text).toBe(
    '<b>&lt;i&gt;<i>1</i>&</b>',
  );
});
