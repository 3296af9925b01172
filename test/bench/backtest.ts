import { Readable } from 'node:stream';

import { buildReport } from '../../src/backtest/build-report.ts';
import { replay } from '../../src/backtest/replay.ts';
import { parseSchedule } from '../../src/backtest/schedule.ts';
import { eventFromJson } from '../../src/connectors/cloud-event.ts';
import { formatFinding, loadDefinitions } from '../../src/load/load.ts';
import { eventLines } from './backtest/events.ts';

/**
 * A backtest of generated events over 20 triggers: seconds, and memory. Run:
 * node --import tsx test/bench/backtest.ts [events]
 */
const EVENTS = Number(process.argv[2] ?? 1_000_000);
/** For 1,000,000 events; fewer have proportionally less. */
const REACH_SECONDS = 60;
const LINES_PER_CHUNK = 2_000;
const RUN_TAKES_MS = 600_000;

function* chunks(): Generator<Buffer> {
  let lines: string[] = [];
  for (const line of eventLines(EVENTS)) {
    lines.push(line);
    if (lines.length < LINES_PER_CHUNK) continue;
    yield Buffer.from(`${lines.join('\n')}\n`);
    lines = [];
  }
  yield Buffer.from(lines.join('\n'));
}

/** Seconds of processor time that making the events alone takes. */
function generating(): number {
  const before = process.cpuUsage();
  let bytes = 0;
  for (const chunk of chunks()) bytes += chunk.length;
  console.log(`${EVENTS.toLocaleString('en')} events, ${Math.round(bytes / 1_048_576)} MB`);
  return secondsSince(before);
}

function secondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const loaded = await loadDefinitions('test/bench/backtest', { now: () => 1 });
if (!loaded.ok) throw new Error(loaded.findings.map(formatFinding).join('\n'));
const parsed = parseSchedule('every 24h');
if (!parsed.ok) throw new Error(parsed.message);
const triggers = [...loaded.definitions.triggers.values()];
const options = { triggers, readEvent: eventFromJson, runTakesMs: RUN_TAKES_MS, baseline: parsed.schedule };
const own = generating();
const before = process.cpuUsage();
const { input, outcome } = await replay(Readable.from(chunks()), options);
const seconds = secondsSince(before) - own;
if (outcome === undefined) throw new Error('no outcome');
const { totals } = buildReport(outcome, input, { runTakesMs: RUN_TAKES_MS, schedule: 'every 24h' });
const reach = (REACH_SECONDS * EVENTS) / 1_000_000;
const rate = Math.round(EVENTS / seconds).toLocaleString('en');
console.log(`${triggers.length} triggers: ${seconds.toFixed(1)} s of processor time, ${rate} events/s`);
console.log(`reach ${reach} s: ${seconds <= reach ? 'reached' : 'MISSED'}`);
console.log(`peak memory ${Math.round(process.resourceUsage().maxRSS / 1_024)} MB`);
console.log(
  `${totals.matched} matched, ${totals.runs} runs, ${totals.suppressed} suppressed, ${totals.pending} pending`,
);
