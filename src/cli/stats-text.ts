import { spanText } from '../core/explain.ts';
import type { StatsAnswer } from '../explain/stats-answer.ts';
import { moment } from './moment.ts';
import { table } from './output.ts';

/** From nothing to the most runs of any bucket. */
const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
/** Buckets one line shows: the newest. */
const BARS_MAX = 60;
const HOUR_MS = 3_600_000;

/** One line a trigger. */
export function statsTable(triggers: readonly StatsAnswer[], nowMs: number): readonly string[] {
  if (triggers.length === 0) return ['No trigger is defined. Add a file with kind: Trigger to SIGNALBOX_CONFIG.'];
  const head = ['TRIGGER', 'EVENTS', 'SUPPRESSED', 'RUNS', 'FAILED', 'START P50', 'P95', 'LAST SUCCESS'];
  return table([
    head,
    ...triggers.map(({ trigger, events, runs, toStart, lastSuccessAt }) => [
      trigger,
      String(events.taken),
      String(events.suppressed),
      String(runs.decided),
      String(failedRuns(runs.ended)),
      toStart.fromArrival ? spanText(toStart.fromArrival.p50Ms) : '-',
      toStart.fromArrival ? spanText(toStart.fromArrival.p95Ms) : '-',
      lastSuccessAt === undefined ? '-' : moment(lastSuccessAt, nowMs),
    ]),
  ]);
}

/** Everything about one trigger. */
export function statsLines(stats: StatsAnswer, nowMs: number): readonly string[] {
  const { trigger, since, events, runs, suppressed, toStart, withoutRun = [], lastSuccessAt, stalenessMs } = stats;
  const ended = Object.entries(runs.ended).map(([status, count]) => `${count} ${status}`);
  const stale = stalenessMs === undefined ? 'no run has succeeded yet' : `${spanText(stalenessMs)} since a success`;
  const rows = [
    ['trigger', trigger],
    ['since', moment(since, nowMs)],
    ['events', `${events.taken} taken, ${events.inRuns} in runs, ${events.deadLettered} dead-lettered`],
    ...suppressed.map(({ stage, reason, events: count }, index) => [
      index === 0 ? 'suppressed' : '',
      `${count} by ${stage} (${reason})`,
    ]),
    ['runs', `${runs.decided} decided, ${runs.started} started${ended.length === 0 ? '' : `, ${ended.join(', ')}`}`],
    ['fired', firedText(stats)],
    ...withoutRun.map((event, index) => [index === 0 ? 'without a run' : '', withoutRunText(event, nowMs)]),
    ...startRows(toStart),
    ['staleness', lastSuccessAt === undefined ? stale : `${stale}, ${moment(lastSuccessAt, nowMs)}`],
  ];
  return table(rows);
}

function withoutRunText(
  { eventId, receivedAt, outcome, stage, reason }: NonNullable<StatsAnswer['withoutRun']>[number],
  nowMs: number,
): string {
  const by = stage === undefined ? '' : ` ${outcome === 'waiting' ? 'in' : 'by'} ${stage}`;
  const why = reason === undefined ? '' : ` (${reason})`;
  return `${eventId}  ${OUTCOME_TEXT[outcome]}${by}${why}  ${moment(receivedAt, nowMs)}`;
}

const OUTCOME_TEXT = {
  suppressed: 'suppressed',
  deadLettered: 'dead-lettered',
  waiting: 'waits',
  undecided: 'no verdict known yet',
} as const;

function startRows({ fromArrival, fromEvent }: StatsAnswer['toStart']): readonly (readonly string[])[] {
  const text = ({ p50Ms, p95Ms, maxMs }: NonNullable<typeof fromArrival>): string =>
    `p50 ${spanText(p50Ms)}, p95 ${spanText(p95Ms)}, at most ${spanText(maxMs)}`;
  return [
    ...(fromArrival ? [['arrival to start', text(fromArrival)]] : []),
    ...(fromEvent ? [['event to start', text(fromEvent)]] : []),
  ];
}

function firedText({ fired, bucketMs }: StatsAnswer): string {
  const shown = fired.slice(-BARS_MAX);
  const most = Math.max(...shown.map(({ runs }) => runs), 0);
  if (most === 0) return 'no run';
  const bars = shown.map(({ runs }) => BARS[Math.ceil((runs / most) * (BARS.length - 1))]);
  return `${bars.join('')}  at most ${most} ${bucketMs === HOUR_MS ? 'an hour' : 'a day'}`;
}

function failedRuns(ended: StatsAnswer['runs']['ended']): number {
  return (ended['failed'] ?? 0) + (ended['timedOut'] ?? 0) + (ended['deadLettered'] ?? 0);
}
