import type { ApprovalDecision } from '../core/approval.ts';
import type { CarriedState } from '../core/carried.ts';
import type { DeadLetterEntry } from '../core/dead-letters.ts';
import type { ApprovalReport, RunReport, RunRequest } from '../core/fact.ts';
import type { BranchValue } from '../core/fan-out.ts';
import type { Order } from '../core/input.ts';
import type { LedgerEntry } from '../core/ledger.ts';
import type { Delivery } from '../core/verdicts.ts';
import type { StateView } from '../core/view.ts';
import type { Definition } from '../spec/definition.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import type { CarriedSpill, Segment, SpillPressure } from './spill.ts';

/** What a sender commits to an instance in one signal. */
export type Batch = {
  readonly version: 1;
  readonly offers: readonly Delivery[];
  readonly reports: readonly RunReport[];
  /** Runs that asked because a limit was closed, and were approved. */
  readonly approvals?: readonly ApprovalReport[];
  /** Segments that hold offers for the instance. */
  readonly segments?: readonly Segment[];
  /** The sender's current definition, with the first batch it sends under a generation. */
  readonly definition?: Definition;
  /** The sender stays silent for a moment after this one: a good time to continue as new. */
  readonly pause?: true;
};

/** An order, and the definition that whoever gives it has loaded. */
export type OrderMessage = { readonly version: 1; readonly order: Order; readonly definition: Definition };

/** What an order came to: the facts of its step, and how many more there are. None: it was so already. */
export type OrderAnswer = { readonly entries: readonly LedgerEntry[]; readonly more: number };

/** A person's answer to a run that asks. */
export type ApprovalAnswer = { readonly by?: string; readonly reason?: string };

/** How a pipeline ended, told by a callback. */
export type FinishAnswer = {
  readonly status: 'succeeded' | 'failed' | 'timedOut' | 'cancelled';
  readonly result?: Json;
  readonly detail?: string;
};

/** What a run keeps of its approval in its memo, under `approval`. Times are epoch milliseconds. */
export type ApprovalMemo =
  | { readonly waiting: true; readonly untilAt: number; readonly why: string; readonly onTimeout: 'reject' | 'approve' }
  | ({ readonly waiting: false } & ApprovalDecision);

/** Start input of an instance; `carried` after continue-as-new. */
export type TriggerInput = {
  readonly version: 1;
  readonly definition: Definition;
  readonly carried?: CarriedState;
  readonly spill?: CarriedSpill;
};

/** Start input of a run. */
export type RunInput = { readonly version: 1; readonly trigger: string; readonly run: RunRequest };

/** A run without its events: what its calls are told of it. */
export type AboutRun = {
  readonly trigger: string;
  readonly run: Omit<RunRequest, 'items'>;
  readonly eventCount: number;
  /** What templates see as `items`. */
  readonly items: Json;
  /** Of a branch: the id of the fan-out it belongs to. */
  readonly branchOf?: string;
};

/** Start input of a branch of a fan-out: `run` has the id, the target and the settings of the branch. */
export type BranchInput = AboutRun & {
  readonly version: 1;
  readonly branchOf: string;
  readonly branch: BranchValue;
};

/** What an instance shows of itself. */
export type InstanceView = StateView & {
  /** Segments it has not read to the end. */
  readonly spill: SpillPressure;
  /** What the current run has used up. */
  readonly history: {
    readonly events: number;
    readonly bytes: number;
    readonly signals: number;
    readonly tasks: number;
    /** Signals of which a part could not be used. */
    readonly refused: number;
  };
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
  /** What its run, or runs of its trigger, call. */
  readonly target?: string;
  readonly handling?: LetterHandling;
};

/** What people have done with an open dead letter. Times are epoch milliseconds. */
export type LetterHandling = {
  /** Replays that were begun. */
  readonly attempts: number;
  readonly edited?: { readonly params: JsonObject; readonly by: string; readonly at: number };
  /** Why the last replay was not taken. */
  readonly refused?: { readonly code: string; readonly detail: string; readonly by: string; readonly at: number };
};

/** A dead letter in a line. */
export type LetterBrief = LetterHandling & {
  readonly count: number;
  /** Of the latest entry. */
  readonly detail: string;
  /** When the first of what it holds came, epoch milliseconds. */
  readonly sinceAt: number;
};

/** Who wants something of a dead letter, and why. */
export type LetterOrder = {
  readonly by: string;
  readonly reason?: string;
  /**
   * The bulk replay that wants it, by its id. It is refused while another replay is under way, and where somebody edited
   * the dead letter since `since`, epoch milliseconds: that person is at work on it.
   */
  readonly bulk?: { readonly id: string; readonly since: number };
};

export type LetterEdit = LetterOrder & { readonly params: JsonObject };

/** What the instance made of a replayed run; without `ok` nothing was taken. */
export type HandedOver =
  | { readonly ok: true; readonly runId: string; readonly fate: 'started' | 'waiting'; readonly why?: string }
  | {
      readonly ok: false;
      /** Of the catalogue. */
      readonly code: 'replay_refused' | 'not_replayable' | 'saturated';
      readonly detail: string;
    };

/** What a replay of a dead letter came to: it stays open where something of it was not taken. */
export type LetterReplay = (HandedOver | EventsReplayed | CalledAgain) & { readonly open: boolean };

/** A call that was made again and succeeded: its target. */
type CalledAgain = { readonly ok: true; readonly called: string };

/** Events of a dead letter that went through the door again; `why` says it of the first that did not. */
type EventsReplayed = {
  readonly ok: true;
  readonly taken: number;
  readonly left: number;
  readonly why?: string;
};

/** What became of one event that was offered again. */
export type ReplayedEvent = { readonly id: string; readonly taken: boolean; readonly detail?: string };

/** How a dead letter was closed. */
export type LetterEnd =
  | { readonly discarded: string; readonly by?: string }
  | (ReplayEnd & { readonly replayed: string })
  | (ReplayEnd & { readonly taken: number })
  /** The target that took the call. */
  | (ReplayEnd & { readonly called: string });

/** Who replayed it; `bulk` is the id of the bulk replay that did. */
export type ReplayEnd = { readonly by: string; readonly reason?: string; readonly bulk?: string };

/** Entries for an open dead letter, in one signal. */
export type DeadLetterBatch = { readonly version: 1; readonly entries: readonly DeadLetterEntry[] };

/** A run's parameters, resolved once; or the place and the expression that failed. */
export type ResolvedParams =
  | {
      readonly ok: true;
      readonly params: Json;
      /** What a deployment deploys. */
      readonly version?: string;
      /** What `approval.when` gave; absent where there is none. */
      readonly needsApproval?: boolean;
      /** The name of its lane, where it has one. */
      readonly lane?: string;
    }
  | {
      readonly ok: false;
      readonly code: 'mapping_error' | 'target_missing' | 'filter_error';
      readonly pointer: string;
      readonly detail: string;
    };
