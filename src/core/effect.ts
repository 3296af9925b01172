import type { JsonObject } from '../spec/json.ts';
import type { DeadLetterCode, RunRequest } from './fact.ts';
import type { Reason, StageName } from './reason.ts';

/** What a shell does because of a decision, after the decision is durable. */
export type Effect =
  | {
      readonly kind: 'startRun';
      readonly run: RunRequest;
      /** Its id and content depend on one offer alone. Instances of before decision 0024 start it within the task. */
      readonly sole: boolean;
    }
  | {
      readonly kind: 'deadLetter';
      readonly key: string;
      readonly eventId: string;
      readonly receivedAt: number;
      readonly event?: JsonObject;
      readonly stage: StageName;
      readonly code: DeadLetterCode;
      readonly reason: Reason;
    }
  /** The run makes room for one that waits; `again` once it is there, for it may have been told before. */
  | { readonly kind: 'cancelRun'; readonly runId: string; readonly again?: true }
  /** A breaker has closed: dead letters of runs from the time of its trouble are replayed; of one key, where it has one. */
  | { readonly kind: 'replayLetters'; readonly key?: string; readonly fromAt: number; readonly untilAt: number }
  /** Something has waited long for these runs to end: do they still exist? */
  | { readonly kind: 'checkRuns'; readonly key: string; readonly runIds: readonly string[] };
