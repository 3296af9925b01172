import { Ages, type Spans } from './ages.ts';
import type { BacktestOutcome, TriggerOutcome } from './backtest.ts';
import type { Differences, Differing } from './differences.ts';
import type { InputSummary } from './replay.ts';
import type {
  BaselineResult,
  DifferingRun,
  LiveTrigger,
  Report,
  Result,
  Spread,
  TriggerReport,
  TriggerTimeline,
} from './report.ts';
import type { Scheduled } from './scheduled.ts';
import type { Tally } from './tally.ts';

const DAY_MS = 86_400_000;

export type ReportOptions = { readonly runTakesMs: number; readonly costPerRun?: number; readonly schedule?: string };

type OneSide = NonNullable<TriggerOutcome['now']>;

/** Makes the report of a backtest. */
export function buildReport(outcome: BacktestOutcome, input: InputSummary, options: ReportOptions): Report {
  const { fromAt, untilAt } = outcome;
  const { runTakesMs, costPerRun, schedule } = options;
  const of = new Pricing(costPerRun);
  const triggers = outcome.triggers.map((trigger) => triggerReport(trigger, of));
  return {
    span: {
      from: rfc3339(fromAt),
      until: rfc3339(untilAt),
      days: Math.round((untilAt - fromAt) / (DAY_MS / 100)) / 100,
    },
    input,
    runTakesMs,
    ...(costPerRun !== undefined && { costPerRun }),
    ...(schedule !== undefined && { schedule }),
    totals: totalsOf(outcome, of),
    triggers,
  };
}

/** What is drawn of each trigger. */
export function timelinesOf({ triggers, untilAt }: BacktestOutcome): readonly TriggerTimeline[] {
  return triggers.map(({ name, now, live }) => {
    const tally = (now ?? live)?.tally;
    const bars = tally?.timeline.bars(untilAt) ?? { fromAt: untilAt, widthMs: 1, events: [], runs: [], held: [] };
    return { name, bars };
  });
}

/** Puts a price to runs, where there is one. */
class Pricing {
  readonly #costPerRun: number | undefined;

  constructor(costPerRun: number | undefined) {
    this.#costPerRun = costPerRun;
  }

  of(runs: number): { readonly cost?: number } {
    return this.#costPerRun === undefined ? {} : { cost: Math.round(runs * this.#costPerRun * 100) / 100 };
  }
}

function totalsOf({ triggers }: BacktestOutcome, pricing: Pricing): Report['totals'] {
  const now = triggers.flatMap((trigger) => trigger.now ?? []);
  const live = triggers.flatMap((trigger) => trigger.live ?? []);
  const scheduled = triggers.flatMap((trigger) => trigger.scheduled ?? []);
  const differences = triggers.flatMap((trigger) => trigger.differences ?? []);
  const result = resultOf(now, pricing);
  return {
    matched: sum(now, ({ tally }) => tally.matched),
    ...result,
    ...(scheduled.length > 0 && { baseline: baselineOf(scheduled, result.runs, pricing) }),
    ...(differences.length > 0 && {
      live: {
        ...resultOf(live, pricing),
        gained: sum(differences, ({ gained }) => gained),
        lost: sum(differences, ({ lost }) => lost),
      },
    }),
  };
}

function triggerReport({ name, now, live, differences, scheduled }: TriggerOutcome, pricing: Pricing): TriggerReport {
  const result = resultOf(now ? [now] : [], pricing);
  const only = differences === undefined || (now && live) ? undefined : now ? 'here' : 'live';
  return {
    name,
    ...(only && { only }),
    ...(now && { generation: now.trigger.generation, mode: now.trigger.spec.mode }),
    matched: now?.tally.matched ?? 0,
    ...result,
    ...detailsOf(now?.tally),
    ...(scheduled && { baseline: baselineOf([scheduled], result.runs, pricing) }),
    ...(differences && { live: liveOf(live, differences, pricing) }),
  };
}

type Details = Omit<TriggerReport, 'name' | 'matched' | keyof Result>;

function detailsOf(tally: Tally | undefined): Details {
  const suppressedBy = [...(tally?.suppressed.values() ?? [])].toSorted((a, b) => b.events - a.events);
  const heldBy = [...(tally?.held.values() ?? [])].toSorted((a, b) => b.events - a.events);
  const oldestAt = tally?.waiting.oldestAt;
  const eventsPerRun = tally && sizesOf(tally.runSizes);
  return {
    failed: [...(tally?.failed.values() ?? [])],
    failedElsewhere: tally?.failedElsewhere ?? 0,
    runsByCause: Object.fromEntries(tally?.runsByCause ?? []),
    ...(eventsPerRun && { eventsPerRun }),
    suppressedBy,
    deadLettersBy: tally ? deadLettersOf(tally) : [],
    held: { events: sum(heldBy, ({ events }) => events), by: heldBy, ...spreadOf(tally?.heldFor) },
    startedAfter: spreadOf(tally?.startedAfter),
    ...(oldestAt !== undefined && { oldestPendingAt: rfc3339(oldestAt) }),
    ...(tally?.firstRunAt !== undefined && { firstRunAt: rfc3339(tally.firstRunAt) }),
    ...(tally?.lastRunAt !== undefined && { lastRunAt: rfc3339(tally.lastRunAt) }),
  };
}

function deadLettersOf(tally: Tally): TriggerReport['deadLettersBy'] {
  const counts = new Map(tally.deadLettered);
  for (const { code, events } of tally.failed.values()) counts.set(code, (counts.get(code) ?? 0) + events);
  return [...counts].map(([code, events]) => ({ code, events }));
}

function failuresOf(tally: Tally): number {
  return tally.failedElsewhere + sum([...tally.failed.values()], ({ events }) => events);
}

function resultOf(sides: readonly OneSide[], pricing: Pricing): Result {
  const tallies = sides.map(({ tally }) => tally);
  const runs = sum(tallies, (tally) => tally.runs);
  return {
    runs,
    ...pricing.of(runs),
    eventsInRuns: sum(tallies, ({ eventsInRuns }) => eventsInRuns),
    suppressed: sum(tallies, ({ suppressed }) => sum([...suppressed.values()], ({ events }) => events)),
    deadLetters: sum(tallies, (tally) => failuresOf(tally) + sum([...tally.deadLettered.values()], (count) => count)),
    pending: sum(sides, ({ pendingEvents }) => pendingEvents),
    staleness: agesOf(tallies.map(({ staleness }) => staleness)),
  };
}

function baselineOf(scheduled: readonly Scheduled[], ownRuns: number, pricing: Pricing): BaselineResult {
  const runs = sum(scheduled, (one) => one.runs);
  const saved = runs - ownRuns;
  return {
    runs,
    emptyRuns: sum(scheduled, ({ emptyRuns }) => emptyRuns),
    ...pricing.of(runs),
    staleness: agesOf(scheduled.map(({ ages }) => ages)),
    saved: { runs: saved, ...pricing.of(saved), percent: runs === 0 ? 0 : Math.round((1_000 * saved) / runs) / 10 },
  };
}

function liveOf(live: OneSide | undefined, differences: Differences, pricing: Pricing): LiveTrigger {
  const { gained, lost, byDay, examples } = differences;
  const days = [...byDay].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...(live && { generation: live.trigger.generation }),
    ...resultOf(live ? [live] : [], pricing),
    gained,
    lost,
    byDay: days.map(([day, counts]) => ({ day, ...counts })),
    examples: { gained: examples.gained.map(shown), lost: examples.lost.map(shown) },
  };
}

function shown({ firedAt, ...run }: Differing): DifferingRun {
  return { ...run, firedAt: rfc3339(firedAt) };
}

function agesOf(all: readonly Ages[]): Spread {
  const merged = new Ages();
  for (const ages of all) merged.addAll(ages);
  return { p50Ms: Math.round(merged.quantile(0.5)), p95Ms: Math.round(merged.quantile(0.95)) };
}

function spreadOf(spans: Spans | undefined): Spread {
  return { p50Ms: Math.round(spans?.quantile(0.5) ?? 0), p95Ms: Math.round(spans?.quantile(0.95) ?? 0) };
}

function sizesOf(sizes: ReadonlyMap<number, number>): TriggerReport['eventsPerRun'] {
  const sorted = [...sizes].toSorted(([a], [b]) => a - b);
  const runs = sum(sorted, ([, count]) => count);
  const at = (share: number): number => {
    let left = Math.max(1, Math.ceil(share * runs));
    for (const [size, count] of sorted) {
      left -= count;
      if (left <= 0) return size;
    }
    return 0;
  };
  return runs === 0 ? undefined : { p50: at(0.5), p95: at(0.95), max: at(1) };
}

function sum<T>(all: readonly T[], amount: (one: T) => number): number {
  return all.reduce((total, one) => total + amount(one), 0);
}

function rfc3339(at: number): string {
  return new Date(at).toISOString();
}
