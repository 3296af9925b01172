import type { CarriedState } from '../core/carried.ts';
import type { DeadLetterInput } from './messages.ts';
import type { CarriedSpill } from './spill.ts';

/** What an ended run of an instance still tells: the answer of `recoveryQuery`. */
export type LastState = {
  /** Absent where the run ended before it had a state: while it was itself looking for an earlier one. */
  readonly carried?: CarriedState;
  /** The history event up to which its signals are decided; later ones are not in the state. */
  readonly decidedUpTo: number;
  /** Dead letters that were not confirmed as written. */
  readonly letters: readonly DeadLetterInput[];
  readonly spill?: CarriedSpill;
};

/** A run of an instance that ended otherwise than by continue-as-new. */
export type EndedRun = {
  readonly runId: string;
  /** As Temporal names it: TERMINATED, FAILED, CANCELED, TIMED_OUT, COMPLETED. */
  readonly status: string;
  /** Signals after this history event are not decided. */
  readonly decidedUpTo: number;
};

/** What the first run of an instance takes over. */
export type Recovery = {
  /** Whose undecided signals are to be taken over, oldest first; empty where there was no earlier run. */
  readonly ended: readonly EndedRun[];
  readonly carried?: CarriedState;
  readonly letters: readonly DeadLetterInput[];
  readonly spill?: CarriedSpill;
  /** Why the state could not be taken over though there was one. */
  readonly lost?: string;
};

/** Signals of an ended run that it did not decide, a page of them. */
export type UndecidedSignals = {
  readonly batches: readonly unknown[];
  /** The history event up to which they were read; absent on the last page. */
  readonly next?: number;
};
