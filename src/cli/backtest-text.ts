import type { LiveTrigger, Report, Result, TriggerReport } from '../backtest/report.ts';
import { clip, counted, number, shortTime, spread } from '../backtest/wording.ts';
import { spanText } from '../core/explain.ts';
import { table } from './output.ts';

/** Columns of a terminal that the table fits; names of triggers are cut for it, down to so many characters. */
const COLUMNS = 80;
const NAME_CHARS_MIN = 12;
/** Characters of an expression's failure on its line. */
const DETAIL_CHARS_MAX = 100;

/** A report for people: a table, what is behind its numbers, and what event-driven saves. */
export function reportLines(report: Report): readonly string[] {
  const { triggers } = report;
  return [
    spanLine(report),
    ...inputLines(report),
    '',
    ...figures(report),
    ...triggers.flatMap((trigger) => detailLines(trigger)),
    ...baselineLines(report),
    ...liveLines(report),
  ];
}

function spanLine({ span, input }: Report): string {
  const days = span.days >= 1 ? counted(Math.round(span.days * 10) / 10, 'day') : spanText(span.days * 86_400_000);
  return `${shortTime(span.from)} to ${shortTime(span.until)} UTC, ${days}: ${number(input.events)} events`;
}

function inputLines({ input, runTakesMs }: Report): readonly string[] {
  const { broken, unordered, late, outside } = input;
  const more = broken.lines - broken.shown.length;
  return [
    ...(runTakesMs > 0 ? [`every run takes ${spanText(runTakesMs)} and succeeds`] : []),
    ...broken.shown.map(({ line, reason }) => `line ${line} is left out: ${reason}`),
    ...(more > 0 ? [`and ${counted(more, 'more line')} left out`] : []),
    ...(unordered > 0 ? [`${counted(unordered, 'line')} out of order, put in the order of their times`] : []),
    ...(late.events > 0
      ? [`${counted(late.events, 'event')} up to ${spanText(late.byMs)} too late for that, counted where they stand`]
      : []),
    ...(outside > 0 ? [`${counted(outside, 'event')} outside the span left out`] : []),
  ];
}

function figures({ triggers, totals }: Report): readonly string[] {
  const withBaseline = totals.baseline !== undefined;
  const withLive = totals.live !== undefined;
  const head = ['TRIGGER', 'EVENTS', 'RUNS', 'EACH', 'SUPPR.', 'PENDING', 'WAITS'];
  const rows = triggers.map((trigger) => [
    trigger.name,
    number(trigger.matched),
    number(trigger.runs),
    trigger.eventsPerRun ? `${trigger.eventsPerRun.p50}/${trigger.eventsPerRun.p95}` : '-',
    number(trigger.suppressed),
    number(trigger.pending),
    spread(trigger.staleness),
    ...(withBaseline ? [trigger.baseline ? number(trigger.baseline.runs) : '-'] : []),
    ...(withLive ? [trigger.live ? number(trigger.live.runs) : '-'] : []),
  ]);
  const total = [
    'all',
    number(totals.matched),
    number(totals.runs),
    '',
    number(totals.suppressed),
    number(totals.pending),
    spread(totals.staleness),
    ...(totals.baseline ? [number(totals.baseline.runs)] : []),
    ...(totals.live ? [number(totals.live.runs)] : []),
  ];
  const more = [...(withBaseline ? ['BASELINE'] : []), ...(withLive ? ['LIVE'] : [])];
  return [
    ...table(fitted([[...head, ...more], ...rows, ...(triggers.length > 1 ? [total] : [])])),
    'EACH: events a run; WAITS: how long data waits for a run; both p50/p95',
  ];
}

/** Everything but the first column ends at the right of its column; the first is cut to what the others leave. */
function fitted(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)));
  const others = widths.slice(1).reduce((sum, width) => sum + width + 2, 0);
  const first = Math.max(NAME_CHARS_MIN, COLUMNS - others);
  return rows.map((row) => row.map((cell, at) => (at === 0 ? clip(cell, first) : cell.padStart(widths[at] ?? 0))));
}

function detailLines(trigger: TriggerReport): readonly string[] {
  const { suppressedBy, held, failed, failedElsewhere, deadLettersBy, pending, oldestPendingAt, runsByCause } = trigger;
  const causes = Object.entries(runsByCause).filter(([cause]) => cause !== 'events');
  const instance = deadLettersBy.filter(({ code }) => !failed.some((place) => place.code === code));
  const facts: (readonly [string, string])[] = [
    ...(trigger.mode === 'shadow' ? [['mode', 'shadow: its runs would call nothing'] as const] : []),
    ...(trigger.only === 'here' ? [['live', 'the service does not have this trigger'] as const] : []),
    ...(trigger.only === 'live' ? [['live', 'only the service has this trigger'] as const] : []),
    ...(causes.length > 0 ? [['runs', causes.map(([cause, runs]) => `${runs} by ${cause}`).join(', ')] as const] : []),
    ...(trigger.runs > 0
      ? [['starts', `${spread(trigger.startedAfter)} (p50/p95) after the first event of a run`] as const]
      : []),
    ...(suppressedBy.length > 0 ? [['suppressed', stopped(suppressedBy)] as const] : []),
    ...(held.events > 0 ? [['held', `${stopped(held.by)}; for ${spread(held)} (p50/p95)`] as const] : []),
    ...(pending > 0 && oldestPendingAt !== undefined
      ? [['pending', `${counted(pending, 'event')}, the oldest since ${shortTime(oldestPendingAt)}`] as const]
      : []),
    ...failed.map(
      ({ code, pointer, detail, events, firstLine }) =>
        [
          'failed',
          `${code} at ${pointer} on ${counted(events, 'event')}, first in line ${firstLine}: ${clip(detail, DETAIL_CHARS_MAX)}`,
        ] as const,
    ),
    ...(failedElsewhere > 0 ? [['failed', `${counted(failedElsewhere, 'event')} at further places`] as const] : []),
    ...instance.map(({ code, events }) => ['dead letter', `${code}: ${counted(events, 'event')}`] as const),
    ...(trigger.live ? differenceLines(trigger.live) : []),
  ];
  return facts.length === 0 ? [] : ['', trigger.name, ...facts.map(([name, text]) => `  ${name.padEnd(11)} ${text}`)];
}

function differenceLines({ gained, lost, examples }: LiveTrigger): readonly (readonly [string, string])[] {
  if (gained === 0 && lost === 0) return [];
  const example = (sign: string) => (run: LiveTrigger['examples']['gained'][number]) => {
    const more = run.eventCount - run.eventIds.length;
    const ids = `${run.eventIds.join(' ')}${more > 0 ? ` and ${more} more` : ''}`;
    return ['', `${sign} ${shortTime(run.firedAt)} (${run.key}) ${run.cause}: ${ids}`] as const;
  };
  return [
    ['changes', `${counted(gained, 'run')} gained, ${counted(lost, 'run')} lost against live`],
    ...examples.gained.slice(0, 2).map(example('+')),
    ...examples.lost.slice(0, 2).map(example('-')),
  ];
}

function stopped(all: TriggerReport['suppressedBy']): string {
  return all.map(({ stage, reason, events }) => `${number(events)} by ${stage} (${reason})`).join(', ');
}

function baselineLines({ totals, schedule, costPerRun }: Report): readonly string[] {
  const { baseline } = totals;
  if (baseline === undefined || schedule === undefined) return [];
  const { runs, emptyRuns, saved } = baseline;
  const [few, many] = saved.runs >= 0 ? [saved.runs, 'fewer'] : [-saved.runs, 'more'];
  const cost =
    saved.cost === undefined
      ? ''
      : `, ${saved.cost >= 0 ? 'saves' : 'costs'} ${number(Math.abs(saved.cost))} at ${costPerRun} a run`;
  return [
    '',
    `baseline    ${schedule}: ${counted(runs, 'run')}, ${number(emptyRuns)} of them with nothing new`,
    `here        ${counted(totals.runs, 'run')}: ${number(few)} ${many} (${Math.abs(saved.percent)} %)${cost}`,
    `data waits  ${spread(totals.staleness)} (p50/p95) instead of ${spread(baseline.staleness)}`,
  ];
}

function liveLines({ totals }: Report): readonly string[] {
  const { live } = totals;
  if (live === undefined) return [];
  const change = (own: number, other: number): string => `${number(other)} → ${number(own)}`;
  const row = (name: string, of: (result: Result) => number): string =>
    `  ${name.padEnd(11)} ${change(of(totals), of(live))}`;
  return [
    '',
    `live → here: ${counted(live.gained, 'run')} gained, ${counted(live.lost, 'run')} lost`,
    row('runs', ({ runs }) => runs),
    row('suppressed', ({ suppressed }) => suppressed),
    `  ${'data waits'.padEnd(11)} ${spread(live.staleness)} → ${spread(totals.staleness)} (p50/p95)`,
  ];
}
