import { ERROR_CATALOGUE } from '../errors.ts';

/** Seconds; from what an answer on one machine takes to what a stalled server does. */
const SHORT_SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
/** Seconds; windows hold events for minutes or hours, so the scale goes on to a day. */
const LONG_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120, 600, 3_600, 21_600, 86_400] as const;
/** Offers in one commit; 256 is the most a signal carries. */
const OFFERS = [1, 2, 4, 8, 16, 32, 64, 128, 256] as const;

const codes = (...more: string[]): ReadonlySet<string> => new Set([...Object.keys(ERROR_CATALOGUE), ...more]);

/** Every value that a label with a fixed vocabulary may have. */
export const CLOSED_LABELS = {
  /** What became of a received event: accepted, deadLettered, or the code of the refusal. */
  receiveOutcome: codes('accepted', 'deadLettered'),
  code: codes(),
  filterResult: new Set(['match', 'nomatch', 'error']),
  /** The stage that suppressed. */
  stage: new Set([
    'dedupe',
    'freshness',
    'order',
    'correlate',
    'threshold',
    'debounce',
    'batch',
    'hours',
    'cooldown',
    'rate',
    'concurrency',
    'breaker',
    'fallback',
  ]),
  storedKind: new Set(['event', 'page', 'action']),
  dropReason: new Set(['full', 'rejected']),
  dispatchOutcome: new Set(['started', 'alreadyStarted', 'failed', 'unknown']),
  probeOutcome: new Set(['fine', 'missed']),
  closedHow: new Set(['replayed', 'discarded']),
  recoveryOutcome: new Set(['recovered', 'lost']),
  runOutcome: new Set(['succeeded', 'failed', 'timedOut', 'cancelled', 'skipped', 'rejected', 'deadLettered']),
} as const satisfies Record<string, ReadonlySet<string>>;

type Common = {
  readonly name: `signalbox_${string}`;
  readonly labels: readonly string[];
  readonly help: string;
  /** Labels with a fixed vocabulary; all others take their values from definitions. */
  readonly closed?: Readonly<Record<string, keyof typeof CLOSED_LABELS>>;
};

/** One metric: what it is called, its type, its labels, and what it says. */
export type MetricDefinition =
  | (Common & { readonly type: 'counter' | 'gauge' })
  | (Common & { readonly type: 'histogram'; readonly buckets: readonly number[] });

/** Every metric of the service; `docs` and `GET /metrics` both come from here. */
export const METRICS = [
  {
    name: 'signalbox_events_received_total',
    type: 'counter',
    labels: ['source', 'outcome'],
    closed: { outcome: 'receiveOutcome' },
    help: 'Events that arrived, by what became of them: accepted, deadLettered, or the code of the refusal.',
  },
  {
    name: 'signalbox_ingest_duration_seconds',
    type: 'histogram',
    labels: [],
    buckets: SHORT_SECONDS,
    help: 'From the first byte of a request with events to its answer.',
  },
  {
    name: 'signalbox_events_unmatched_total',
    type: 'counter',
    labels: ['source'],
    help: 'Accepted events that no trigger wanted.',
  },
  {
    name: 'signalbox_filter_evaluations_total',
    type: 'counter',
    labels: ['trigger', 'result'],
    closed: { result: 'filterResult' },
    help: 'Evaluations of pattern and condition: match, nomatch, error.',
  },
  {
    name: 'signalbox_commit_batch_offers',
    type: 'histogram',
    labels: [],
    buckets: OFFERS,
    help: 'Offers that one commit to Temporal carried.',
  },
  {
    name: 'signalbox_commit_duration_seconds',
    type: 'histogram',
    labels: [],
    buckets: SHORT_SECONDS,
    help: 'From sending a commit to its acknowledgement by Temporal.',
  },
  {
    name: 'signalbox_commit_refused_total',
    type: 'counter',
    labels: ['reason'],
    closed: { reason: 'code' },
    help: 'Offers that could not be committed and were answered with 503, by code.',
  },
  {
    name: 'signalbox_pending_events',
    type: 'gauge',
    labels: ['trigger'],
    help: 'Events held in open windows.',
  },
  {
    name: 'signalbox_events_spilled_total',
    type: 'counter',
    labels: ['trigger'],
    help: 'Accepted events that were kept in segments, because the instance had no room for them.',
  },
  {
    name: 'signalbox_spilled_events',
    type: 'gauge',
    labels: ['trigger'],
    help: 'Events in segments that the instance has not taken in whole, as the worker that runs them knows.',
  },
  {
    name: 'signalbox_suppressed_total',
    type: 'counter',
    labels: ['trigger', 'reason'],
    closed: { reason: 'stage' },
    help: 'Events that a stage suppressed; the reason is the stage.',
  },
  {
    name: 'signalbox_dispatch_total',
    type: 'counter',
    labels: ['trigger', 'target', 'outcome'],
    closed: { outcome: 'dispatchOutcome' },
    help: 'Calls of a target: started, alreadyStarted, failed (did not start), unknown (the reply was lost).',
  },
  {
    name: 'signalbox_accept_to_dispatch_seconds',
    type: 'histogram',
    labels: ['trigger'],
    buckets: LONG_SECONDS,
    help: 'From the arrival of the last event of a run to the call of its target.',
  },
  {
    name: 'signalbox_trigger_latency_seconds',
    type: 'histogram',
    labels: ['trigger'],
    buckets: LONG_SECONDS,
    help: 'From the time in the last event of a run to the acceptance by its target.',
  },
  {
    name: 'signalbox_dead_letters_total',
    type: 'counter',
    labels: ['trigger', 'code'],
    closed: { code: 'code' },
    help: 'Events and runs that became dead letters, by code.',
  },
  {
    name: 'signalbox_dead_letters_open',
    type: 'gauge',
    labels: ['trigger', 'code'],
    closed: { code: 'code' },
    help: 'Dead letters that wait for a person, by code; counted every 15 seconds by each worker, up to 10,000 of them.',
  },
  {
    name: 'signalbox_dead_letters_oldest_age_seconds',
    type: 'gauge',
    labels: ['trigger'],
    help: 'How long the oldest open dead letter of a trigger has been there; 0 where there is none.',
  },
  {
    name: 'signalbox_dead_letters_closed_total',
    type: 'counter',
    labels: ['trigger', 'how'],
    closed: { how: 'closedHow' },
    help: 'Dead letters that were closed: replayed, discarded.',
  },
  {
    name: 'signalbox_run_outcomes_total',
    type: 'counter',
    labels: ['trigger', 'outcome'],
    closed: { outcome: 'runOutcome' },
    help: 'Runs that ended: succeeded, failed, timedOut, cancelled, skipped, rejected, deadLettered.',
  },
  {
    name: 'signalbox_recoveries_total',
    type: 'counter',
    labels: ['trigger', 'outcome'],
    closed: { outcome: 'recoveryOutcome' },
    help: 'Instances that were ended and began again: recovered with their state, or lost it.',
  },
  {
    name: 'signalbox_probes_total',
    type: 'counter',
    labels: ['trigger', 'outcome'],
    closed: { outcome: 'probeOutcome' },
    help: 'Probes of a trigger, asked for or regular: fine, or missed where something on the way said no.',
  },
  {
    name: 'signalbox_probe_consecutive_misses',
    type: 'gauge',
    labels: ['trigger'],
    help: 'Misses in a row of a trigger that is probed regularly; read from Temporal by each worker every 15 seconds.',
  },
  {
    name: 'signalbox_probe_last_success_timestamp_seconds',
    type: 'gauge',
    labels: ['trigger'],
    help: 'When the last probe began that missed nothing.',
  },
  {
    name: 'signalbox_probe_duration_seconds',
    type: 'gauge',
    labels: ['trigger'],
    help: 'How long the last probe took, from its start to the last answer.',
  },
  {
    name: 'signalbox_probe_overdue_seconds',
    type: 'gauge',
    labels: ['trigger'],
    help: 'How long the next probe has been due; 0 where it is not yet.',
  },
  {
    name: 'signalbox_config_last_reload_success',
    type: 'gauge',
    labels: [],
    help: '1 when the last load of the definitions succeeded, 0 when the old ones are still in use.',
  },
  {
    name: 'signalbox_config_generation',
    type: 'gauge',
    labels: [],
    help: 'How many times definitions were loaded and taken into use since the start.',
  },
  {
    name: 'signalbox_config_loaded_timestamp_seconds',
    type: 'gauge',
    labels: [],
    help: 'When the definitions in use were loaded.',
  },
  {
    name: 'signalbox_schedules_last_reconcile_success',
    type: 'gauge',
    labels: [],
    help: "1 when Temporal's schedules are those of the definitions, 0 when that could not be made so and is tried again.",
  },
  {
    name: 'signalbox_store_up',
    type: 'gauge',
    labels: [],
    help: '1 while the store answers, 0 while it is off, opening or away; events are accepted all the same.',
  },
  {
    name: 'signalbox_store_rows_written_total',
    type: 'counter',
    labels: ['kind'],
    closed: { kind: 'storedKind' },
    help: 'Rows written to the store: events, ledger entries (page), actions of people.',
  },
  {
    name: 'signalbox_store_rows_dropped_total',
    type: 'counter',
    labels: ['kind', 'why'],
    closed: { kind: 'storedKind', why: 'dropReason' },
    help: 'Rows the store does not have: no room in its backlog (full), or refused by the database (rejected).',
  },
  {
    name: 'signalbox_store_errors_total',
    type: 'counter',
    labels: [],
    help: 'Statements of the store that failed; what they wrote is tried again.',
  },
  {
    name: 'signalbox_store_backlog_rows',
    type: 'gauge',
    labels: [],
    help: 'Rows that wait to be written.',
  },
  {
    name: 'signalbox_store_backlog_bytes',
    type: 'gauge',
    labels: [],
    help: 'What the waiting rows take in memory.',
  },
  {
    name: 'signalbox_store_lag_seconds',
    type: 'gauge',
    labels: [],
    help: 'How long the oldest waiting row has waited.',
  },
  {
    name: 'signalbox_store_missing_facts',
    type: 'gauge',
    labels: [],
    help: 'Facts that instances decided and the store was not told of, at the last look; they are restored from history.',
  },
  {
    name: 'signalbox_store_restored_facts_total',
    type: 'counter',
    labels: [],
    help: 'Facts restored to the store from Temporal history, after a gap or by rebuild.',
  },
  {
    name: 'signalbox_build_info',
    type: 'gauge',
    labels: ['version'],
    help: 'Always 1; the version is the label.',
  },
  {
    name: 'signalbox_dedupe_horizon_seconds',
    type: 'gauge',
    labels: ['trigger'],
    help: 'How far back the durable window of identities reaches.',
  },
  {
    name: 'signalbox_last_event_timestamp_seconds',
    type: 'gauge',
    labels: ['source'],
    help: 'When the last event of a source was accepted.',
  },
  {
    name: 'signalbox_last_dispatch_timestamp_seconds',
    type: 'gauge',
    labels: ['trigger'],
    help: 'When a trigger last called its target.',
  },
] as const satisfies readonly MetricDefinition[];
