import type { DeadLetterInput, ResolvedParams, RunInput } from '../src/contract/messages.ts';
import type { EndedRun, Recovery, UndecidedSignals } from '../src/contract/recovery.ts';
import type { Segment, SegmentCursor, SegmentPage } from '../src/contract/spill.ts';
import type { ApprovalReport, RunReport, RunRequest, StartReport } from '../src/core/fact.ts';
import type { Attempt } from '../src/core/retry.ts';
import type { Json } from '../src/spec/json.ts';

/** One attempt to start a run's target. */
export type StartTargetInput = {
  readonly trigger: string;
  readonly run: Omit<RunRequest, 'items'>;
  readonly eventCount: number;
  /** What the target's own templates see as `items`. */
  readonly items: Json;
  readonly params: Json;
  /** 1 for the first. */
  readonly attempt: number;
  /** The attempt before this one may have started the target. */
  readonly lost: boolean;
  /** It waited for a person, so how long it took tells nothing about the machinery. */
  readonly approved?: true;
};

/** One notification that a run waits; `params` is a template still. */
export type NotifyInput = Omit<StartTargetInput, 'attempt' | 'lost' | 'approved'> & {
  readonly target: string;
  /** What makes this notification this one at its target, whatever the attempt. */
  readonly token: string;
};

/** Everything workflows have done outside of them. */
export type Activities = {
  /** Starts run workflows by their ids; safe to repeat. */
  startRuns(input: { readonly trigger: string; readonly runs: readonly RunRequest[] }): Promise<readonly StartReport[]>;
  /** Evaluates the run's parameters under the definition the run carries. */
  resolveParams(input: RunInput): Promise<ResolvedParams>;
  /** Calls the target once. Answers every expected outcome as a value. */
  startTarget(input: StartTargetInput): Promise<Attempt>;
  /** Tells a target that a run waits for approval. */
  notifyTarget(input: NotifyInput): Promise<{ readonly ok: true } | { readonly ok: false; readonly detail: string }>;
  /** Tells the instance that an asking run was approved; resolves when Temporal has it. */
  reportApproval(input: { readonly trigger: string; readonly approval: ApprovalReport }): Promise<void>;
  /** Tells the instance how a run ended; resolves when Temporal has it. */
  reportRun(input: { readonly trigger: string; readonly report: RunReport }): Promise<void>;
  /** Asks a run to end, to make room for another; safe to repeat. */
  cancelRun(input: { readonly runId: string }): Promise<void>;
  /** Which of these runs have ended; `key` is that of a run which is not there any more. */
  findEndedRuns(input: { readonly runIds: readonly string[]; readonly key: string }): Promise<readonly RunReport[]>;
  /** Accepts the event of one time of a schedule (epoch milliseconds); safe to repeat. */
  tick(input: { readonly source: string; readonly scheduledAt: number }): Promise<{ readonly outcome: string }>;
  /** Opens dead letters, or adds to open ones; resolves when Temporal has them. */
  openDeadLetters(letters: readonly DeadLetterInput[]): Promise<void>;
  /** Looks for a run before `runId` that ended otherwise than by continue-as-new, and for the state it left. */
  recoverState(input: { readonly trigger: string; readonly runId: string }): Promise<Recovery>;
  /** Tells an instance of a segment; resolves when Temporal has it. */
  announceSegment(input: Segment & { readonly trigger: string }): Promise<void>;
  /** Reads on in a segment. */
  readSegment(input: { readonly trigger: string; readonly segment: SegmentCursor }): Promise<SegmentPage>;
  /** Ends a segment that was read to its end; false where more came meanwhile. */
  endSegment(input: { readonly trigger: string; readonly segment: SegmentCursor }): Promise<boolean>;
  /** A page of the signals that an ended run did not decide. */
  readUndecided(input: { readonly trigger: string; readonly run: EndedRun }): Promise<UndecidedSignals>;
};
