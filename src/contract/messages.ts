import type { CarriedState } from '../core/carried.ts';
import type { RunReport, RunRequest } from '../core/fact.ts';
import type { Offer } from '../core/offer.ts';
import type { Reason } from '../core/reason.ts';
import type { Counts, Pressure } from '../core/state.ts';
import type { Definition } from '../spec/definition.ts';
import type { Json, JsonObject } from '../spec/json.ts';

/** An offer whose sender may ask for its verdict by this delivery id. */
export type Delivery = Offer & { readonly wait?: string };

/** What a sender commits to an instance in one signal. */
export type Batch = {
  readonly version: 1;
  readonly offers: readonly Delivery[];
  readonly reports: readonly RunReport[];
  /** The sender's current definition, with the first batch it sends under a generation. */
  readonly definition?: Definition;
  /** The sender stays silent for a moment after this one: a good time to continue as new. */
  readonly pause?: true;
};

/** Start input of an instance; `carried` after continue-as-new. */
export type TriggerInput = { readonly version: 1; readonly definition: Definition; readonly carried?: CarriedState };

/** Start input of a run. */
export type RunInput = { readonly version: 1; readonly trigger: string; readonly run: RunRequest };

/** What became of a delivered event, as far as the instance knows. */
export type InstanceVerdict =
  | { readonly kind: 'suppressed'; readonly stage: string; readonly reason: Reason }
  | { readonly kind: 'started'; readonly runId: string; readonly cause: string }
  | { readonly kind: 'deadLettered'; readonly code: 'event_id_conflict' | 'run_id_conflict' }
  | { readonly kind: 'pending' };

/** One open window, hold or cooldown, for people. Times are epoch milliseconds. */
export type KeyView = {
  readonly key: string;
  readonly window?: {
    readonly mode: 'collecting' | 'suppressing';
    readonly events: number;
    readonly openedAt: number;
    readonly dueAt: number;
  };
  readonly hold?: { readonly stage: string; readonly events: number; readonly untilAt: number };
  readonly coolingUntil?: number;
};

/** What an instance shows of itself. */
export type InstanceView = {
  readonly definition: Definition;
  readonly clock: number;
  readonly nextDeadline?: { readonly at: number; readonly key: string };
  /** The keys with the earliest deadlines, at most 100. */
  readonly keys: readonly KeyView[];
  readonly liveKeys: number;
  readonly pressure: Pressure;
  readonly counts: Counts;
  readonly starting: readonly string[];
  readonly dedupeReachesBackTo?: number;
  readonly history: {
    readonly events: number;
    readonly bytes: number;
    readonly signals: number;
    readonly tasks: number;
  };
};

/** One event or run that needs a person. */
export type DeadLetterEntry = {
  readonly at: number;
  /** Event id or run id. */
  readonly id: string;
  readonly key?: string;
  readonly detail: string;
  /** What a person needs to repair and replay it; left out where the dead letter holds too much already. */
  readonly event?: JsonObject;
};

/** Start input of a dead letter. */
export type DeadLetterInput = {
  readonly version: 1;
  readonly of: 'events' | 'run';
  readonly trigger: string;
  readonly generation: string;
  readonly code: string;
  /** Pointer into the trigger's spec, or the run's step. */
  readonly place: string;
  readonly entries: readonly DeadLetterEntry[];
  /** Entries that came when it was full: counted, not kept. */
  readonly beyond?: number;
};

/** Entries for an open dead letter, in one signal. */
export type DeadLetterBatch = { readonly version: 1; readonly entries: readonly DeadLetterEntry[] };

/** How one attempt to start a target ended; the wire form of what a target answers. */
export type Attempt =
  | {
      readonly kind: 'finished';
      readonly status: 'succeeded' | 'failed' | 'timedOut' | 'cancelled';
      readonly result?: Json;
      readonly detail?: string;
    }
  | {
      readonly kind: 'notStarted';
      readonly code: string;
      readonly detail: string;
      readonly permanent: boolean;
      readonly retryAfterMs?: number;
    }
  | { readonly kind: 'unknown'; readonly detail: string; readonly restart: boolean };

/** A run's parameters, resolved once; or the place and the expression that failed. */
export type ResolvedParams =
  | { readonly ok: true; readonly params: Json }
  | {
      readonly ok: false;
      readonly code: 'mapping_error' | 'target_missing';
      readonly pointer: string;
      readonly detail: string;
    };
