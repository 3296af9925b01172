import type { LetterFilter } from '../src/contract/bulk-replay.ts';
import type {
  AboutRun,
  DeadLetterInput,
  HandedOver,
  LetterOrder,
  ReplayedEvent,
  ResolvedParams,
  RunInput,
} from '../src/contract/messages.ts';
import type { ReplayStepInput, ReplayStepped } from '../src/contract/replays.ts';
import type { ProbedDoor, ProbeSees } from '../src/contract/probes.ts';
import type { EndedRun, Recovery, UndecidedSignals } from '../src/contract/recovery.ts';
import type { Segment, SegmentCursor, SegmentPage } from '../src/contract/spill.ts';
import type { LetterOutcome } from '../src/core/bulk.ts';
import type { DeadLetterEntry } from '../src/core/dead-letters.ts';
import type { ApprovalReport, RunReport, RunRequest, StartReport } from '../src/core/fact.ts';
import type { CancelOutcome } from '../src/connectors/target.ts';
import type { CarriedLane, LaneRun } from '../src/core/lane-state.ts';
import type { Lineage } from '../src/core/lineage.ts';
import type { PlaceName } from '../src/core/place.ts';
import type { ProbedTarget } from '../src/core/probe.ts';
import type { Attempt, Finished, Started } from '../src/core/retry.ts';
import type { EmissionSettings } from '../src/spec/definition.ts';
import type { Json, JsonObject } from '../src/spec/json.ts';

/** One call of a run beside or instead of its own start: a guard, a stage of a deployment, a branch. */
export type Step = {
  /** Its name within the run, and what is shown of it: `guard`, `smoke/0`. */
  readonly name: string;
  readonly target: string;
  /** JSON with `${{ }}` templates, filled in where the step is called. */
  readonly params: JsonObject;
  /** What makes this call this one at its target, whatever the attempt. */
  readonly token: string;
  /** Bare CEL that has to hold for `result`, what the target answered. */
  readonly expect?: string;
  /** What its templates see besides what params of the run see, such as `version` or `item`. */
  readonly seen?: JsonObject;
};

/** One attempt to start a run's target. */
export type StartTargetInput = AboutRun & {
  /** Already filled in; of a step not used. */
  readonly params: Json;
  /** Absent: the run's own start. */
  readonly step?: Step;
  /** 1 for the first. */
  readonly attempt: number;
  /** The attempt before this one may have started the target. */
  readonly lost: boolean;
  /** It waited for a person, so how long it took tells nothing about the machinery. */
  readonly approved?: true;
};

/** Whether what a step expects of its target's answer holds; `detail` quotes the condition and what it saw. */
export type Expectation = { readonly holds: boolean; readonly detail: string };

/** An attempt, and of a step that has ended and expects something, whether that holds. */
export type StepAttempt = Attempt & { readonly expectation?: Expectation };

/** A started call that is looked at until it has ended, or that is to be ended. */
export type FollowInput = AboutRun & {
  readonly params: Json;
  readonly step?: Step;
  readonly started: Started;
};

/** What following a started call came to. */
export type Followed =
  | (Finished & { readonly expectation?: Expectation })
  | { readonly kind: 'gone'; readonly detail: string };

/** An HTTP address that is asked, and what has to hold for its `status` and `body`. */
type AddressCheck = AboutRun & {
  /** Template. */
  readonly url: string;
  /** Texts are templates, secrets are references. */
  readonly headers: JsonObject;
  readonly expect: string;
  readonly timeoutMs: number;
  readonly seen: JsonObject;
};

/** One notification that a run waits; `params` is a template still. */
type NotifyInput = AboutRun & {
  readonly params: JsonObject;
  readonly target: string;
  /** What makes this notification this one at its target, whatever the attempt. */
  readonly token: string;
};

/** A run to start once more; `params` is what a person gave for it. */
type ReplayInput = {
  readonly trigger: string;
  readonly run: RunRequest;
  /** Counts the replays wanted of its dead letter, from 1. */
  readonly attempt: number;
  readonly params?: JsonObject;
  readonly by: string;
};

/** An event that a run emits; what it says is a template still. */
export type EmitInput = AboutRun & {
  /** Its name within the run: `succeeded`, or `held/2` for the second of one name. */
  readonly name: string;
  readonly emission: EmissionSettings;
  /** What its templates see besides what params of the run see. */
  readonly seen: JsonObject;
  readonly lineage: Lineage;
  /** When, epoch milliseconds. */
  readonly at: number;
};

/** An emitted event that Temporal has, whole where a Target is given it too; or why there is none. */
type Emitted =
  | { readonly ok: true; readonly eventId: string; readonly event?: JsonObject }
  | { readonly ok: false; readonly detail: string };

/** How a run ended. */
type RunEnding = { readonly runId: string; readonly status: RunReport['status'] };

/** Everything workflows have done outside of them. */
export type Activities = {
  /** Starts run workflows by their ids; safe to repeat. */
  startRuns(input: { readonly trigger: string; readonly runs: readonly RunRequest[] }): Promise<readonly StartReport[]>;
  /** Evaluates the run's parameters under the definition the run carries. */
  resolveParams(input: RunInput): Promise<ResolvedParams>;
  /** Calls the target once. Answers every expected outcome as a value. */
  startTarget(input: StartTargetInput): Promise<StepAttempt>;
  /** Looks at what was started. Fails, to be tried again after `everyMs`, while it goes on. */
  watchTarget(input: FollowInput): Promise<Followed>;
  /** Asks the target to end what was started. */
  cancelTarget(input: FollowInput): Promise<CancelOutcome>;
  /** Asks an HTTP address once. An address that does not answer does not hold. */
  checkAddress(input: AddressCheck): Promise<Expectation>;
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
  /** Hands an event of a run to the accepting side, as any door does; safe to repeat. */
  emitEvent(input: EmitInput): Promise<Emitted>;
  /** Takes a probe that began at a moment (epoch milliseconds) through match and commit to the instance's decision. */
  probeDoor(input: { readonly trigger: string; readonly at: number }): Promise<ProbedDoor>;
  /** Asks a target whether it is there and takes our credentials; nothing is started. `at` as it was given out. */
  probeTarget(input: {
    readonly trigger: string;
    readonly target: string;
    readonly at: number;
    readonly sees: ProbeSees;
  }): Promise<Omit<ProbedTarget, 'target' | 'at'>>;
  /** Of each branch the first of its earlier runs that succeeded, or null; in the order asked. */
  findBranches(input: {
    readonly earlier: readonly (readonly string[])[];
  }): Promise<readonly ({ readonly runId: string; readonly result?: Json } | null)[]>;
  /** Opens dead letters, or adds to open ones; resolves when Temporal has them. */
  openDeadLetters(letters: readonly DeadLetterInput[]): Promise<void>;
  /** Hands a run that was given up over to the instance once more; safe to repeat with the same `attempt`. */
  replayRun(input: ReplayInput): Promise<HandedOver>;
  /** Offers events of a dead letter to its trigger once more, under the loaded definition; safe to repeat. */
  replayEvents(input: {
    readonly trigger: string;
    readonly entries: readonly DeadLetterEntry[];
  }): Promise<readonly ReplayedEvent[]>;
  /** Brings the next stored events of a replay to its trigger; safe to repeat. Not ok: there is no going on. */
  stepReplay(input: ReplayStepInput): Promise<ReplayStepped>;
  /** The open dead letters that fit, by name, the oldest first; `beyond` is how many fit too and are left out. */
  selectLetters(filter: LetterFilter): Promise<{ readonly names: readonly string[]; readonly beyond: number }>;
  /** Replays dead letters, each once whoever repeats this: a number is that of one dead letter in one bulk replay. */
  replayLetters(input: {
    readonly order: LetterOrder & Required<Pick<LetterOrder, 'bulk'>>;
    readonly letters: readonly { readonly named: string; readonly ordinal: number }[];
  }): Promise<readonly LetterOutcome[]>;
  /** Begins a bulk replay of the dead letters of runs that were opened in a time of trouble; safe to repeat. */
  replayAfterTrouble(input: {
    readonly trigger: string;
    readonly key?: string;
    /** Epoch milliseconds. */
    readonly fromAt: number;
    readonly untilAt: number;
  }): Promise<void>;
  /** How runs ended. Fails, to be tried again, while one of them goes on or has not begun. */
  endOfRuns(input: { readonly runIds: readonly string[] }): Promise<readonly RunEnding[]>;
  /** Looks for a run before `runId` that ended otherwise than by continue-as-new, and for the state it left. */
  recoverState(input: { readonly trigger: string; readonly runId: string }): Promise<Recovery>;
  /** Tells an instance of a segment; resolves when Temporal has it. */
  announceSegment(input: Segment & { readonly trigger: string }): Promise<void>;
  /** Reads on in a segment. */
  readSegment(input: { readonly trigger: string; readonly segment: SegmentCursor }): Promise<SegmentPage>;
  /** Ends a segment that was read to its end; false where more came meanwhile. */
  endSegment(input: { readonly trigger: string; readonly segment: SegmentCursor }): Promise<boolean>;
  /** Asks a lane or pool of this workflow id for a place; safe to repeat. Not ok: the pool is not defined. */
  requestPlace(input: {
    readonly id: string;
    readonly place: PlaceName;
    readonly run: LaneRun;
  }): Promise<{ readonly ok: true } | { readonly ok: false; readonly detail: string }>;
  /** What a run of the lane before `runId` held that did not end by itself. */
  recoverLane(input: { readonly id: string; readonly runId: string }): Promise<{ readonly carried?: CarriedLane }>;
  /** A page of the signals that an ended run did not decide. */
  readUndecided(input: { readonly trigger: string; readonly run: EndedRun }): Promise<UndecidedSignals>;
};
