import { createReadStream } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';

import type { ReadEvent } from '../backtest/arrival.ts';
import type { BacktestOutcome } from '../backtest/backtest.ts';
import { buildReport, timelinesOf } from '../backtest/build-report.ts';
import { compileFailIf, holdsOf } from '../backtest/fail-if.ts';
import { pageOf, type Verdict } from '../backtest/page/page.ts';
import { replay } from '../backtest/replay.ts';
import type { Report } from '../backtest/report.ts';
import { parseSchedule, type Schedule } from '../backtest/schedule.ts';
import type { LoadedTrigger } from '../load/definitions.ts';
import { formatFinding, loadDefinitions } from '../load/load.ts';
import type { Expression } from '../match/expression.ts';
import { parseDurationMs } from '../spec/units.ts';
import { type Service, streamFrom } from './api.ts';
import { reportLines } from './backtest-text.ts';
import { type CouldNotRun, couldNotRun, EXIT, type ExitCode, messageOf } from './exit.ts';
import { liveDefinitions } from './live.ts';
import { answer, type Format, giveUp, tell } from './output.ts';

/** Times of a schedule that can be told apart in a drawing. */
const TICKS_MAX = 150;
/** Bytes read of a file at a time. */
const READ_BYTES = 1_024 * 1_024;

/** The options as they were written. */
export type BacktestArguments = {
  readonly events?: string;
  readonly since?: string;
  readonly against?: string;
  readonly html?: string;
  readonly until?: string;
  readonly baseline?: string;
  readonly costPerRun?: string;
  readonly runTakes?: string;
  readonly failIf?: string;
  readonly trigger?: string;
};

/** The options, checked. */
type Asked = {
  readonly runTakesMs: number;
  readonly costPerRun?: number;
  readonly schedule?: Schedule;
  readonly condition?: Expression;
  readonly sinceAt?: number;
  readonly untilAt?: number;
};

/** Says what the triggers of a directory would have made of past events. A condition that holds is a no. */
export async function backtest(
  directory: string,
  given: BacktestArguments,
  format: Format,
  { readEvent, service }: { readonly readEvent: ReadEvent; readonly service: Service },
): Promise<ExitCode> {
  const asked = askedOf(given, Date.now());
  if ('ok' in asked) return giveUp(asked);
  const triggers = await triggersOf(directory, given.trigger);
  if ('ok' in triggers) return giveUp(triggers);
  const live = given.against === undefined ? undefined : await liveTriggers(service, given.trigger);
  if (live && 'ok' in live) return giveUp(live);
  const chunks = await chunksOf(given.events, asked, service);
  if ('ok' in chunks) return giveUp(chunks);
  const { schedule: baseline, ...rest } = asked;
  const options = { ...rest, triggers, readEvent, ...(baseline && { baseline }), ...(live && { against: live }) };
  const replayed = await replay(chunks, options).catch((error: unknown) =>
    couldNotRun(`The events cannot be read: ${messageOf(error)}`, 'Try again; a part of them is no answer.'),
  );
  if ('ok' in replayed) return giveUp(replayed);
  const { input, outcome } = replayed;
  if (outcome === undefined) {
    for (const { line, reason } of input.broken.shown) tell(`line ${line}: ${reason}`);
    return giveUp(
      couldNotRun('There is no event to run', 'Give CloudEvents with a time, one a line, or a longer span.'),
    );
  }
  const report = buildReport(outcome, input, { ...rest, ...(baseline && { schedule: baseline.text }) });
  const verdict = verdictOf(report, given.failIf, asked.condition);
  if (verdict && 'ok' in verdict) return giveUp(verdict);
  const written =
    given.html === undefined ? undefined : await writePage(given.html, report, outcome, baseline, verdict);
  if (written) return giveUp(written);
  answer(format, { ...report, ...(verdict && { failIf: verdict }) }, () => [
    ...reportLines(report),
    ...(verdict ? ['', `${verdict.failed ? 'FAILED' : 'passed'}: --fail-if ${verdict.expression}`] : []),
  ]);
  return verdict?.failed === true ? EXIT.no : EXIT.fine;
}

function verdictOf(
  report: Report,
  expression: string | undefined,
  condition: Expression | undefined,
): Verdict | CouldNotRun | undefined {
  if (expression === undefined || condition === undefined) return undefined;
  const held = holdsOf(condition, report);
  if (held.ok) return { expression, failed: held.holds };
  return couldNotRun(`--fail-if ${expression}: ${held.message}`, 'docs/commands.md lists what it sees.');
}

async function writePage(
  file: string,
  report: Report,
  outcome: BacktestOutcome,
  baseline: Schedule | undefined,
  verdict: Verdict | undefined,
): Promise<CouldNotRun | undefined> {
  const ticks = baseline === undefined ? [] : ticksOf(baseline, outcome);
  const page = pageOf(report, { timelines: timelinesOf(outcome), ticks, ...(verdict && { verdict }) });
  try {
    await writeFile(file, page);
    return undefined;
  } catch (error) {
    return couldNotRun(`${file} cannot be written: ${messageOf(error)}`, 'Name a file that can be.');
  }
}

/** The times of a schedule in the span; none where they would not be told apart. */
function ticksOf({ from }: Schedule, { fromAt, untilAt }: BacktestOutcome): readonly number[] {
  const next = from(fromAt);
  const ticks: number[] = [];
  for (let at = next(fromAt); at !== undefined && at <= untilAt; at = next(at)) {
    if (ticks.push(at) > TICKS_MAX) return [];
  }
  return ticks;
}

function askedOf(given: BacktestArguments, nowMs: number): Asked | CouldNotRun {
  if ((given.events === undefined) === (given.since === undefined)) {
    return couldNotRun('Name the events', 'Give either --events FILE, or --since 14d to take them from the service.');
  }
  if (given.against !== undefined && given.against !== 'live') {
    return couldNotRun(`--against ${given.against} is not known`, 'Write --against live.');
  }
  const runTakesMs = given.runTakes === undefined ? 0 : parseDurationMs(given.runTakes);
  if (runTakesMs === undefined) return couldNotRun(`--run-takes ${given.runTakes} is no duration`, 'Write it as 10m.');
  const costPerRun = given.costPerRun === undefined ? undefined : Number(given.costPerRun);
  if (costPerRun !== undefined && !(Number.isFinite(costPerRun) && costPerRun >= 0)) {
    return couldNotRun(`--cost-per-run ${given.costPerRun} is no number`, 'Write it as 12.50.');
  }
  const parsed = given.baseline === undefined ? undefined : parseSchedule(given.baseline);
  if (parsed && !parsed.ok) return couldNotRun(`--baseline: ${parsed.message}`, 'docs/commands.md shows how.');
  const compiled = given.failIf === undefined ? undefined : compileFailIf(given.failIf);
  if (compiled && !compiled.ok) {
    return couldNotRun(`--fail-if ${given.failIf}: ${compiled.message}`, 'docs/commands.md lists what it sees.');
  }
  // What the service kept ends now: a window that is open is open.
  const end = given.until ?? (given.since === undefined ? undefined : '0s');
  const [sinceAt, untilAt] = [given.since, end].map((text) => momentOf(text, nowMs));
  if (Number.isNaN(sinceAt) || Number.isNaN(untilAt)) {
    return couldNotRun('--since or --until is no moment', 'Write 14d for 14 days ago, or 2026-11-21T00:00:00Z.');
  }
  return {
    runTakesMs,
    ...(costPerRun !== undefined && { costPerRun }),
    ...(parsed && { schedule: parsed.schedule }),
    ...(compiled && { condition: compiled.condition }),
    ...(sinceAt !== undefined && { sinceAt }),
    ...(untilAt !== undefined && { untilAt }),
  };
}

/** A moment as RFC 3339, or how long ago it was; NaN where the text is neither. */
function momentOf(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const agoMs = parseDurationMs(text);
  return agoMs === undefined ? Date.parse(text) : nowMs - agoMs;
}

async function triggersOf(
  directory: string,
  name: string | undefined,
): Promise<readonly LoadedTrigger[] | CouldNotRun> {
  const loaded = await loadDefinitions(directory, { now: Date.now });
  if (!loaded.ok) {
    for (const finding of loaded.findings) tell(formatFinding(finding));
    return couldNotRun(`The definitions in ${directory} cannot be used`, `signalbox lint ${directory} says why.`);
  }
  const all = [...loaded.definitions.triggers.values()];
  const triggers = name === undefined ? all : all.filter((trigger) => trigger.name === name);
  if (triggers.length > 0) return triggers;
  const names = all.map((trigger) => trigger.name).join(', ');
  return name === undefined
    ? couldNotRun(`${directory} defines no trigger`, 'Name a directory with kind: Trigger in it.')
    : couldNotRun(`${directory} defines no trigger ${name}`, `It defines ${names}.`);
}

async function liveTriggers(
  service: Service,
  name: string | undefined,
): Promise<readonly LoadedTrigger[] | CouldNotRun> {
  const live = await liveDefinitions(service);
  if (!live.ok) return live;
  const all = [...live.definitions.triggers.values()];
  return name === undefined ? all : all.filter((trigger) => trigger.name === name);
}

/** The events of a file, or those the service kept of the span. */
async function chunksOf(
  file: string | undefined,
  { sinceAt, untilAt }: Asked,
  service: Service,
): Promise<AsyncIterable<Uint8Array> | CouldNotRun> {
  if (file === undefined) {
    const span = new URLSearchParams();
    if (sinceAt !== undefined) span.set('since', new Date(sinceAt).toISOString());
    if (untilAt !== undefined) span.set('until', new Date(untilAt).toISOString());
    const stream = await streamFrom(service, `/v1/events/export?${span.toString()}`);
    return stream.ok ? stream.chunks : stream;
  }
  if (file === '-') return process.stdin;
  const found = await stat(file).catch(() => undefined);
  if (found === undefined || found.isDirectory()) {
    const remedy = 'Name a file of CloudEvents, one a line, or - for standard input.';
    return couldNotRun(`${file} is no file that can be read`, remedy);
  }
  return createReadStream(file, { highWaterMark: READ_BYTES });
}
