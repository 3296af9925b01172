import { eventFromJson } from '../../src/connectors/cloud-event.ts';
import { buildReport, type ReportOptions } from '../../src/backtest/build-report.ts';
import { replay, type ReplayOptions, type Replayed } from '../../src/backtest/replay.ts';
import type { Report, TriggerReport } from '../../src/backtest/report.ts';
import { parseSchedule, type Schedule } from '../../src/backtest/schedule.ts';
import type { LoadedTrigger } from '../../src/load/definitions.ts';
import { definitionsOf } from '../accept/given.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** Virtual time 0: every moment a test names is relative to it. */
export const T0 = Date.parse('2026-08-01T00:00:00.000Z');

/** An event line of type `t`; its id is its moment unless it is named. */
export function line(atMs: number, data: object = {}, more: object = {}): string {
  const time = new Date(T0 + atMs).toISOString();
  return JSON.stringify({ specversion: '1.0', id: `e${atMs}`, source: '/s', type: 't', time, data, ...more });
}

/** Triggers from the members of their specs; each takes events of type `t` unless it says otherwise. */
export async function triggers(specs: {
  readonly [name: string]: readonly string[];
}): Promise<readonly LoadedTrigger[]> {
  const documents = Object.entries(specs).map(([name, spec]) => {
    const events = spec.some((member) => member.startsWith('events:')) ? [] : ['events: { pattern: { type: [t] } }'];
    const members = [...events, ...spec, 'run: { target: train }'].map((member) => `  ${member}`);
    return `---\napiVersion: signalbox/v1\nkind: Trigger\nmetadata: { name: ${name} }\nspec:\n${members.join('\n')}\n`;
  });
  const target =
    '---\napiVersion: signalbox/v1\nkind: Target\nmetadata: { name: train }\nspec: { http: { url: "https://p.example/" } }\n';
  return [...(await definitionsOf(documents.join('') + target)).triggers.values()];
}

export function schedule(text: string): Schedule {
  const parsed = parseSchedule(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.schedule;
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

export type Options = Partial<Omit<ReplayOptions, 'triggers' | 'readEvent'>> & Omit<Partial<ReportOptions>, 'schedule'>;

/** Runs lines through triggers. */
export async function replayed(
  given: readonly LoadedTrigger[],
  lines: readonly string[],
  options: Options = {},
): Promise<Replayed> {
  return replay(bytesOf(lines.join('\n')), { triggers: given, readEvent: eventFromJson, runTakesMs: 0, ...options });
}

/** The report of a backtest that has events. */
export async function reportOf(
  given: readonly LoadedTrigger[],
  lines: readonly string[],
  options: Options = {},
): Promise<Report> {
  const { input, outcome } = await replayed(given, lines, options);
  if (outcome === undefined) throw new Error('no event could be used');
  const { runTakesMs = 0, costPerRun, baseline } = options;
  return buildReport(outcome, input, {
    runTakesMs,
    ...(costPerRun !== undefined && { costPerRun }),
    ...(baseline && { schedule: baseline.text }),
  });
}

/** The report of one trigger, from the members of its spec. */
export async function reportOfOne(
  spec: readonly string[],
  lines: readonly string[],
  options: Options = {},
): Promise<TriggerReport> {
  const [only] = (await reportOf(await triggers({ retrain: spec }), lines, options)).triggers;
  if (only === undefined) throw new Error('no trigger');
  return only;
}
