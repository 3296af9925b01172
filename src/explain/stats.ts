import type { EntryCount, StoredRun } from '../store/store.ts';
import { rfc3339 } from './answer.ts';
import type { StatsAnswer } from './stats-answer.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Spans up to this long are told by the hour, longer ones by the day. */
const BY_HOUR_UP_TO_MS = 2 * DAY_MS;
/** Buckets of one answer: a year of days. */
const BUCKETS_MAX = 366;

/** What is known of a trigger over a span. Times are epoch milliseconds. */
export type StatsEvidence = {
  readonly trigger: string;
  readonly sinceAt: number;
  readonly untilAt: number;
  /** Of this trigger, in the span. */
  readonly counts: readonly EntryCount[];
  /** Events it took in the span. */
  readonly taken: number;
  /** Runs decided in the span, by the start of their bucket. */
  readonly fired: ReadonlyMap<number, number>;
  readonly toStart: StatsAnswer['toStart'];
  readonly lastSuccess?: StoredRun;
};

/** Length of the buckets a span is told in. */
export function bucketOf(sinceAt: number, untilAt: number): number {
  return untilAt - sinceAt <= BY_HOUR_UP_TO_MS ? HOUR_MS : DAY_MS;
}

/** The statistics of one trigger. */
export function statsOf(evidence: StatsEvidence): StatsAnswer {
  const { trigger, sinceAt, untilAt, counts, taken, fired, toStart, lastSuccess } = evidence;
  const bucketMs = bucketOf(sinceAt, untilAt);
  const lastSuccessAt = lastSuccess?.endedAt;
  return {
    trigger,
    since: rfc3339(sinceAt),
    until: rfc3339(untilAt),
    events: {
      taken,
      inRuns: sum(counts, 'runDecided', 'events'),
      suppressed: sum(counts, 'suppressed', 'events'),
      deadLettered: sum(counts, 'deadLettered', 'events'),
    },
    runs: runCounts(counts),
    fired: buckets(sinceAt, untilAt, bucketMs).map((at) => ({ at: rfc3339(at), runs: fired.get(at) ?? 0 })),
    bucketMs,
    suppressed: counts
      .filter(({ kind }) => kind === 'suppressed')
      .map(({ stage = 'run', reason = '', events }) => ({ stage, reason, events }))
      .toSorted((one, other) => other.events - one.events),
    toStart,
    ...(lastSuccessAt !== undefined && {
      lastSuccessAt: rfc3339(lastSuccessAt),
      stalenessMs: Math.max(0, untilAt - lastSuccessAt),
    }),
  };
}

/** How many runs were decided, were started, and ended how. */
export function runCounts(counts: readonly EntryCount[]): StatsAnswer['runs'] {
  const ended: { [status: string]: number } = {};
  for (const { kind, detail = 'ended', entries } of counts) {
    if (kind === 'runEnded') ended[detail] = (ended[detail] ?? 0) + entries;
  }
  const started = counts.filter(({ kind, detail }) => kind === 'startReported' && detail === 'started');
  return {
    decided: sum(counts, 'runDecided', 'entries'),
    started: sum(started, 'startReported', 'entries'),
    ended,
  };
}

function sum(counts: readonly EntryCount[], kind: EntryCount['kind'], of: 'entries' | 'events'): number {
  return counts.filter((row) => row.kind === kind).reduce((all, row) => all + row[of], 0);
}

/** Starts of the buckets a span touches, in UTC; the newest ones where there are too many. */
function buckets(sinceAt: number, untilAt: number, bucketMs: number): readonly number[] {
  const first = Math.floor(sinceAt / bucketMs);
  const last = Math.floor(Math.max(sinceAt, untilAt - 1) / bucketMs);
  const from = Math.max(first, last - BUCKETS_MAX + 1);
  return Array.from({ length: last - from + 1 }, (_, index) => (from + index) * bucketMs);
}
