import type { Counts, Pressure } from '../core/state.ts';
import type { Refusal } from '../errors.ts';
import type { Json, JsonObject } from '../spec/json.ts';

/**
 * What the `/v1` readers answer with. What is not there is a `not_found` refusal; Temporal being away is
 * `temporal_unavailable`. Times are RFC 3339 in UTC.
 */
export type ReadResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal };

export type TriggerSummary = {
  readonly name: string;
  readonly mode: 'live' | 'shadow';
  readonly generation: string;
  readonly loadedAt: string;
  readonly description?: string;
  readonly labels?: { readonly [name: string]: string };
  /** The instance that holds its state. */
  readonly workflowId: string;
  /** Absent where the instance has not started yet. */
  readonly openWindows?: number;
  readonly nextDeadline?: string;
};

export type TriggerDetail = TriggerSummary & {
  /** The trigger file's `spec`, as written. */
  readonly definition: JsonObject;
  /** Keys with something open, soonest deadline first; bounded, `keyCount` says how many there are. */
  readonly keys: readonly KeySummary[];
  readonly keyCount: number;
  /** Running totals of the instance; absent where it has not started or does not answer. */
  readonly counts?: Counts;
  /** How full it is, next to its caps. */
  readonly pressure?: Pressure;
  /** What the current execution of the instance has used up of Temporal's limits. */
  readonly history?: {
    readonly events: number;
    readonly bytes: number;
    readonly signals: number;
    readonly tasks: number;
  };
  /** How far back dedup reaches. */
  readonly dedupeReachesBackTo?: string;
};

/** What one key of a trigger waits for. */
export type KeySummary = {
  readonly key: string;
  readonly window?: { readonly openedAt: string; readonly firesAt: string; readonly eventCount: number };
  readonly cooldownUntil?: string;
  readonly heldEvents?: number;
};

export type RunDetail = {
  readonly runId: string;
  readonly trigger: string;
  readonly key: string;
  readonly kind: string;
  readonly target: string;
  readonly cause: string;
  /** For people and scripts: `running`, `succeeded`, `failed`, `timedOut`, `cancelled` or `held`. */
  readonly status: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly eventCount: number;
  readonly params?: JsonObject;
  readonly result?: Json;
  readonly reason?: string;
};

/** The events a run covers: each one's id, and what its window kept of it. */
export type RunEvents = {
  readonly runId: string;
  readonly count: number;
  readonly events: readonly { readonly eventId: string; readonly value?: Json }[];
};

export type DeadLetterSummary = {
  readonly deadLetterId: string;
  readonly kind: 'events' | 'run';
  readonly trigger: string;
  readonly code: string;
  readonly detail: string;
  readonly count: number;
  readonly openedAt: string;
};

/** Reads of what Temporal and the loaded definitions hold; implemented outside the HTTP layer. */
export type ReadApi = {
  triggers(): Promise<ReadResult<readonly TriggerSummary[]>>;
  trigger(name: string): Promise<ReadResult<TriggerDetail>>;
  run(runId: string): Promise<ReadResult<RunDetail>>;
  runEvents(runId: string): Promise<ReadResult<RunEvents>>;
  deadLetters(): Promise<ReadResult<readonly DeadLetterSummary[]>>;
};
