import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';

import { backtest, type BacktestArguments } from '../../src/cli/backtest.ts';
import type { Format } from '../../src/cli/output.ts';
import { eventFromJson } from '../../src/connectors/cloud-event.ts';
import { line, MINUTE } from '../backtest/given.ts';

const DEFINITIONS = `
apiVersion: signalbox/v1
kind: Target
metadata: { name: train }
spec: { http: { url: 'https://pipelines.example/runs' } }
---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: retrain }
spec: { events: { pattern: { type: [t] } }, debounce: { quiet: 10m }, run: { target: train } }
`;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'signalbox-backtest-'));
  writeFileSync(join(directory, 'a.yaml'), DEFINITIONS);
  writeFileSync(join(directory, 'events.ndjson'), [0, 1, 60].map((minute) => line(minute * MINUTE)).join('\n'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the command and takes what it writes. */
async function run(given: BacktestArguments, format: Format = 'text', url = 'http://127.0.0.1:9') {
  let [out, err] = ['', ''];
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true)),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true)),
  ];
  onTestFinished(() => spies.forEach((spy) => spy.mockRestore()));
  const code = await backtest(directory, { events: join(directory, 'events.ndjson'), ...given }, format, {
    readEvent: eventFromJson,
    service: { url, from: 'environment' },
  });
  spies.forEach((spy) => spy.mockRestore());
  return { code, out, err };
}

describe('signalbox backtest', () => {
  test('answers a table, and ends with 0', async () => {
    const { code, out } = await run({ baseline: 'every 30m' });
    expect(code).toBe(0);
    expect(out).toMatch(/^retrain +3 +2 /m);
    expect(out).toMatch(/^baseline +every 30m: 2 runs, 0 of them with nothing new$/m);
  });

  test('answers JSON with the same figures', async () => {
    const { out } = await run({ baseline: 'every 30m', costPerRun: '1.5' }, 'json');
    expect(JSON.parse(out)).toMatchObject({
      input: { events: 3 },
      totals: { runs: 2, cost: 3, baseline: { runs: 2, cost: 3 } },
      triggers: [{ name: 'retrain', matched: 3, runs: 2, eventsPerRun: { p50: 1, p95: 2, max: 2 } }],
    });
  });

  test('writes a page where it is asked to', async () => {
    const html = join(directory, 'report.html');
    expect((await run({ html, baseline: 'every 30m' })).code).toBe(0);
    expect(readFileSync(html, 'utf8')).toMatch(/^<!doctype html>[^]*retrain[^]*<\/html>\s*$/);
    expect((await run({ html: join(directory, 'no/where.html') })).code).toBe(2);
  });

  test('ends with 1 where the condition holds, with 0 where it does not', async () => {
    expect(await run({ failIf: 'runs > 1' })).toMatchObject({
      code: 1,
      out: expect.stringContaining('FAILED: --fail-if runs > 1'),
    });
    expect(await run({ failIf: 'runs > 2' })).toMatchObject({ code: 0, out: expect.stringContaining('passed') });
  });

  test.each<[string, BacktestArguments, RegExp]>([
    ['a condition that cannot be told', { failIf: 'runs > baseline.runs' }, /there is no baseline here/],
    ['a condition that does not compile', { failIf: 'runs >' }, /--fail-if runs >/],
    ['a schedule that is none', { baseline: 'nightly' }, /"nightly" is no schedule/],
    ['a cost that is no number', { costPerRun: 'much' }, /is no number/],
    ['a duration that is none', { runTakes: 'long' }, /is no duration/],
    ['an end that is no moment', { until: 'later' }, /is no moment/],
    ['a trigger that is not there', { trigger: 'other' }, /no trigger other[^]*It defines retrain/],
    ['events that are not there', { events: '/nowhere.ndjson' }, /no file that can be read/],
  ])('cannot run with %s', async (_, given, message) => {
    const { code, err, out } = await run(given);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
  });

  test('cannot run with definitions that are wrong, or without any event', async () => {
    writeFileSync(join(directory, 'events.ndjson'), '{}\n');
    expect(await run({})).toMatchObject({ code: 2, err: expect.stringMatching(/line 1: .*is missing/) });
    writeFileSync(join(directory, 'b.yaml'), 'kind: Trigger');
    expect(await run({})).toMatchObject({ code: 2, err: expect.stringMatching(/b\.yaml/) });
  });
});
