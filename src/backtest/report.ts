import type { Differing } from './differences.ts';
import type { InputSummary } from './replay.ts';
import type { FailedPlace, Stopped } from './tally.ts';
import type { Bars } from './timeline.ts';

/** The value that was not exceeded in half, and in 95 %, of the runs or of the time; milliseconds. */
export type Spread = { readonly p50Ms: number; readonly p95Ms: number };

/** What one set of definitions makes of the events. */
export type Result = {
  readonly runs: number;
  /** Runs times the cost of one, where that was given. */
  readonly cost?: number;
  readonly eventsInRuns: number;
  readonly suppressed: number;
  readonly deadLetters: number;
  /** Events in windows and holds when the span ended. */
  readonly pending: number;
  /**
   * How long the oldest data waited for a run, over all of the time: at a moment t it is t - a, where a is the arrival of the
   * oldest event that is data and in no run yet, or 0 where there is none. An event is data unless dedupe, freshness or
   * order suppressed it, or it is a dead letter; one that another stage dropped waits for the next run of its key.
   */
  readonly staleness: Spread;
};

/** What a fixed schedule would have run, over the same data. */
export type BaselineResult = {
  readonly runs: number;
  /** Runs among them without anything new. */
  readonly emptyRuns: number;
  readonly cost?: number;
  /** As above; each run takes all data that had come by then. */
  readonly staleness: Spread;
  /** What the definitions run less than the schedule; negative where they run more. */
  readonly saved: { readonly runs: number; readonly cost?: number; readonly percent: number };
};

/** What the live definitions make of the events, and how many runs only one side has. */
export type LiveResult = Result & { readonly gained: number; readonly lost: number };

/** A run that one side makes and the other does not. */
export type DifferingRun = Omit<Differing, 'firedAt'> & { readonly firedAt: string };

/** What changes for one trigger. */
export type LiveTrigger = LiveResult & {
  readonly generation?: string;
  readonly byDay: readonly { readonly day: string; readonly gained: number; readonly lost: number }[];
  readonly examples: { readonly gained: readonly DifferingRun[]; readonly lost: readonly DifferingRun[] };
};

/** One trigger. */
export type TriggerReport = Result & {
  readonly name: string;
  /** Where only one side has it. */
  readonly only?: 'here' | 'live';
  readonly generation?: string;
  readonly mode?: 'live' | 'shadow';
  readonly matched: number;
  readonly failed: readonly FailedPlace[];
  /** Events of failures at further places. */
  readonly failedElsewhere: number;
  readonly runsByCause: { readonly [cause: string]: number };
  readonly eventsPerRun?: { readonly p50: number; readonly p95: number; readonly max: number };
  readonly suppressedBy: readonly Stopped[];
  readonly deadLettersBy: readonly { readonly code: string; readonly events: number }[];
  /** Kept back by an admission stage, and from then to the run. */
  readonly held: { readonly events: number; readonly by: readonly Stopped[] } & Spread;
  /** From the first event of a run to its start. */
  readonly startedAfter: Spread;
  readonly oldestPendingAt?: string;
  readonly firstRunAt?: string;
  readonly lastRunAt?: string;
  readonly baseline?: BaselineResult;
  readonly live?: LiveTrigger;
};

/** All of a backtest. Moments are RFC 3339 in UTC. */
export type Report = {
  readonly span: { readonly from: string; readonly until: string; readonly days: number };
  readonly input: InputSummary;
  readonly runTakesMs: number;
  readonly costPerRun?: number;
  readonly schedule?: string;
  readonly totals: Result & {
    readonly matched: number;
    readonly baseline?: BaselineResult;
    readonly live?: LiveResult;
  };
  readonly triggers: readonly TriggerReport[];
};

/** What is drawn of one trigger. */
export type TriggerTimeline = { readonly name: string; readonly bars: Bars };
