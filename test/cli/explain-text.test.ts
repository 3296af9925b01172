import { describe, expect, test } from 'vitest';

import { explainLines } from '../../src/cli/explain-text.ts';
import { statsLines, statsTable } from '../../src/cli/stats-text.ts';
import { tailLine } from '../../src/cli/tail.ts';
import { whyLines } from '../../src/cli/why-text.ts';
import { readable, wrapped } from '../../src/cli/wrap.ts';
import { feedItemOf } from '../../src/explain/feed-answer.ts';
import { AT, EVENT, HOUR } from '../explain/given.ts';
import { EXPLAINED, STATS, STORED, WHY } from '../http/explained.ts';

const NOW = AT + 60_000;
const page = (columns: number) => ({ nowMs: NOW, columns, serviceUrl: 'http://127.0.0.1:8080' });

describe('an explanation for people', () => {
  const lines = explainLines(EXPLAINED, page(80));
  const text = lines.join('\n');

  test('marks what each stage made of the event, in one column', () => {
    expect(text).toMatch(/ {2}✓ match {6}It fits/);
    expect(text).toMatch(/ {2}… cooldown {3}Held by cooldown until \d\d:\d\d:\d\d \(in 59m\), will join 3 other$/m);
    expect(lines.filter((line) => line.startsWith('    run '))).toEqual(['    run        -']);
  });

  test('shows the run with its links, repeats, what to do, the nearest triggers and what limits it', () => {
    for (const part of [
      'run sb1-1',
      'http://127.0.0.1:8080/v1/runs/sb1-1',
      'http://ui/sb1-1',
      'Again at',
      'Not taken by',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).toContain('fits 1 of 2, not /events/pattern/data/size:');
    expect(text).toContain('Note: The store lags for retrain');
  });

  test.each([80, 120])('fits %i columns, but for addresses and ids', (columns) => {
    const long = explainLines(EXPLAINED, page(columns)).filter((line) => line.length > columns);
    expect(long.filter((line) => !/http|evt_/.test(line))).toEqual([]);
  });

  test('says until when a run waits for approval', () => {
    const approval = { until: new Date(NOW + HOUR).toISOString(), onTimeout: 'reject' } as const;
    const triggers = EXPLAINED.triggers.map((one) => (one.run ? { ...one, run: { ...one.run, approval } } : one));
    expect(explainLines({ ...EXPLAINED, triggers }, page(80)).join('\n')).toMatch(
      /^ {4}waits for approval until \d\d:\d\d:\d\d \(in 1h\)/m,
    );
  });

  test('cannot command the terminal, whatever an event holds', () => {
    const evil = { ...EXPLAINED, subject: 'a\u001b[2J' };
    expect(explainLines(evil, page(80)).join('\n')).not.toContain('\u001b');
  });
});

describe('a why for people', () => {
  test('begins with the conclusion and names every section that has something', () => {
    const lines = whyLines(WHY, NOW, 80);
    expect(lines[0]).toMatch(/^retrain: Nothing fired since/);
    for (const name of ['events', 'not taken', 'suppressed', 'dead letters', 'waiting', 'breaker', 'runs', 'note']) {
      expect(lines.some((line) => line.startsWith(name.padEnd(15)))).toBe(true);
    }
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  test('shows only the first of very many that wait', () => {
    const [one] = WHY.open;
    const many = whyLines({ ...WHY, open: Array.from({ length: 25 }, () => one ?? fail()) }, NOW, 120);
    expect(many.join('\n')).toContain('and 15 more');
  });
});

describe('statistics for people', () => {
  test('are one line a trigger', () => {
    const lines = statsTable([STATS], NOW);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/^retrain {2}11 {6}2 {11}3 {5}1 {7}40ms {7}120ms {2}\d\d:\d\d:\d\d \(1h 1m ago\)$/);
    expect(statsTable([], NOW)).toHaveLength(1);
  });

  test('of one trigger show when it fired, and how stale it is', () => {
    const text = statsLines(STATS, NOW).join('\n');
    expect(text).toContain('▁█▁  at most 3 an hour');
    expect(text).toContain('1h since a success');
    expect(text).toContain('event to start    p50 2s, p95 9s, at most 9.5s');
    expect(text).toMatch(/without a run {5}evt_\S+ {2}suppressed by freshness \(tooOld\) {2}\d\d:\d\d:\d\d/);
    expect(text).toMatch(/^ +evt_\S+ {2}waits in debounce {2}/m);
    const { lastSuccessAt: _, stalenessMs: __, ...never } = STATS;
    const quiet = statsLines({ ...never, fired: [], toStart: {}, bucketMs: 24 * HOUR }, NOW).join('\n');
    expect(quiet).toContain('no run');
    expect(quiet).toContain('no run has succeeded yet');
  });
});

test('one event of the feed is one line: who took it, or nobody', () => {
  const item = feedItemOf(STORED);
  expect(tailLine(item)).toMatch(
    /^\d\d:\d\d:\d\d {2}evt_\S+ {2}com\.acme\.file\.created \/landing {2}→ retrain \(a\), audit: filter_error$/,
  );
  expect(tailLine({ ...item, triggers: [], failed: [] })).toMatch(/→ no trigger$/);
  expect(item.eventId).toBe(EVENT);
});

describe('sentences on a terminal', () => {
  test('are broken at spaces, the rest indented to where they begin', () => {
    expect(wrapped('  x  ', 'aaaa bbbb cccc dddd eeee ffff gggg', 30)).toEqual([
      '  x  aaaa bbbb cccc dddd eeee',
      '     ffff gggg',
    ]);
    expect(wrapped('', 'one', 10)).toEqual(['one']);
  });

  test('name moments as people read them', () => {
    expect(readable('until 2026-09-01T14:05:00.000Z, then', AT)).toMatch(/^until \d\d:\d\d:\d\d \(in 5m\), then$/);
  });
});

function fail(): never {
  throw new Error('nothing waits');
}
