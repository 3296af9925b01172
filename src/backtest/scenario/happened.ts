import type { LedgerEntry } from '../../core/ledger.ts';
import type { StageName } from '../../core/reason.ts';
import type { CloudEvent } from '../../spec/event.ts';
import type { Json } from '../../spec/json.ts';
import type { ExpectedRun } from '../../spec/scenario.ts';

/** What the accepting side made of one event. `atMs` counts from the start of the scenario. */
export type Arrival = {
  readonly atMs: number;
  readonly event: CloudEvent;
  readonly eventId: string;
  readonly became:
    | { readonly kind: 'offer'; readonly key: string }
    | { readonly kind: 'noMatch'; readonly why: string }
    | { readonly kind: 'failed'; readonly code: string; readonly pointer: string; readonly detail: string };
};

/** An action that had nothing to act on. */
export type IdleAction = { readonly index: number; readonly atMs: number; readonly what: string };

/** Everything an engine tells of a scenario it has run. */
export type Happened = {
  readonly arrivals: readonly Arrival[];
  /** In the order of their facts. */
  readonly entries: readonly LedgerEntry[];
  /** By run id; a run whose parameters could not be evaluated has none. */
  readonly params: ReadonlyMap<string, Json>;
  /** Runs that wait for a person, by run id. */
  readonly waiting: ReadonlySet<string>;
  readonly idle: readonly IdleAction[];
  /** What the engine's clock said at 0s, epoch milliseconds. */
  readonly startAt: number;
  /** How far moments may be from what is expected: an engine with real work in it is not exact. */
  readonly toleranceMs: number;
};

/** One run as it went. `atMs` counts from the start of the scenario. */
export type ScenarioRun = {
  readonly runId: string;
  readonly atMs: number;
  readonly key: string;
  readonly cause: string;
  readonly eventCount: number;
  readonly params?: Json;
  readonly status: NonNullable<ExpectedRun['status']>;
};

/** What `expect` is compared with. */
export type Totals = {
  readonly runs: readonly ScenarioRun[];
  readonly suppressed: ReadonlyMap<StageName, number>;
  readonly deadLetters: number;
};

const ENDS: ReadonlySet<string> = new Set<RunStatus>([
  'succeeded',
  'failed',
  'timedOut',
  'cancelled',
  'deadLettered',
  'rejected',
  'skipped',
]);
type RunStatus = ScenarioRun['status'];

function isEnd(status: string | undefined): status is RunStatus {
  return status !== undefined && ENDS.has(status);
}

/** Counts what happened. A run whose id another run has had never was one. */
export function totalsOf({ arrivals, entries, params, waiting, startAt }: Happened): Totals {
  const runs = new Map<string, ScenarioRun>();
  const suppressed = new Map<StageName, number>();
  let deadLetters = arrivals.filter(({ became }) => became.kind === 'failed').length;
  for (const entry of entries) {
    const { at, kind, key = '', eventCount = 0, stage, runId = '', detail } = entry;
    const known = runs.get(runId);
    if (kind === 'suppressed' && stage) suppressed.set(stage, (suppressed.get(stage) ?? 0) + eventCount);
    if (kind === 'deadLettered') deadLetters += eventCount;
    if (kind === 'runDecided' && !known) {
      const status = waiting.has(runId) ? 'waiting' : 'running';
      const resolved = params.get(runId);
      const run = { runId, atMs: at - startAt, key, cause: detail ?? '', eventCount, status } as const;
      runs.set(runId, { ...run, ...(resolved !== undefined && { params: resolved }) });
    }
    if (kind === 'startReported' && detail === 'conflict' && known) {
      deadLetters += known.eventCount;
      runs.delete(runId);
    }
    if (kind === 'runEnded' && isEnd(detail)) {
      if (detail === 'deadLettered') deadLetters += 1;
      if (known) runs.set(runId, { ...known, status: detail });
    }
  }
  return { runs: [...runs.values()], suppressed, deadLetters };
}
