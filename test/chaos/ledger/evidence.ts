import type { Counts } from '../../../src/core/state.ts';

/** An event that was acknowledged for a trigger. */
export type Acked = { readonly trigger: string; readonly eventId: string };

/** One delivery of an event to an instance, as its history has it. */
export type Delivered = { readonly eventId: string; readonly body: string };

/** What an instance was sent, in order, and what it says it made of it. */
export type InstanceEvidence = {
  readonly trigger: string;
  readonly deliveries: readonly Delivered[];
  readonly counts: Counts;
  /** Events in windows, holds and unstarted runs. */
  readonly pending: number;
  readonly suppresses?: 'debounce' | 'cooldown';
  readonly cooldownMs?: number;
};

/** A run workflow by its start input. */
export type RunEvidence = {
  readonly runId: string;
  readonly trigger: string;
  readonly key: string;
  readonly firedAt: number;
  readonly eventIds: readonly string[];
};

/** One call at the target; `eventIds` is undefined where the run's events are only referred to. */
export type CallEvidence = { readonly runId: string; readonly text: string; readonly eventIds?: readonly string[] };

/** Events a dead letter holds. */
export type DeadLetterEvidence = {
  readonly trigger: string;
  readonly code: string;
  readonly eventIds: readonly string[];
};

/** A workflow that ended in a way in which none should. */
export type BrokenEvidence = { readonly workflowId: string; readonly status: string };

/** Everything that is known when nothing moves any more. */
export type Evidence = {
  readonly acked: readonly Acked[];
  /** Events acknowledged as dead-lettered: an expression of the trigger failed on them. */
  readonly ackedDead: readonly Acked[];
  readonly instances: readonly InstanceEvidence[];
  readonly runs: readonly RunEvidence[];
  readonly calls: readonly CallEvidence[];
  readonly deadLetters: readonly DeadLetterEvidence[];
  readonly broken: readonly BrokenEvidence[];
};
