import type {
  BatchSettings,
  CorrelateSettings,
  DebounceSettings,
  Definition,
  RunSettings,
  ThresholdSettings,
} from '../spec/definition.ts';
import type { JsonObject } from '../spec/json.ts';
import type { Item, LastEvent, Offer } from './offer.ts';
import type { OrderValue, Reason, StageName } from './reason.ts';
import type { Breaker } from './limit-state.ts';
import type { Unit } from './unit.ts';

/**
 * What a run was decided for; `full` when the instance's cap of pending events closed its window early, `deadline` when
 * parts of `events.all` were missing, `fallback` and `manual` without events.
 */
export type Cause = 'events' | 'full' | 'deadline' | 'fallback' | 'manual' | 'replay';

/** Which run a run does again: `root` is where the line of replays begins, `ordinal` its number in it, from 1. */
export type ReplayOf = { readonly runId: string; readonly root: string; readonly ordinal: number };

/** A decided run, complete: starting it twice from the same request starts one. */
export type RunRequest = {
  readonly runId: string;
  readonly key: string;
  readonly cause: Cause;
  /** The instance's clock when it was decided, epoch milliseconds. */
  readonly firedAt: number;
  readonly generation: string;
  readonly settings: RunSettings;
  /** What its events weigh when carried, in bytes. */
  readonly bytes: number;
  readonly mode: Definition['mode'];
  /** Hash over what makes the run this run; tells a repeated start from another run with the same id. */
  readonly members: string;
  readonly items: readonly Item[];
  readonly last: LastEvent;
  /** The earliest arrival among its events, epoch milliseconds: what latency is measured from. */
  readonly receivedAt: number;
  /** A limit with `onExcess: ask` is closed: a person is asked before it starts, and only then does it count. */
  readonly asks?: { readonly stage: 'cooldown' | 'rate' };
  /** Given by the person who fired or edited it; a member replaces that of the definition's params. */
  readonly params?: JsonObject;
  /** Its cause is `replay`. */
  readonly replays?: ReplayOf;
};

/** How the start of a run ended, as the starting activity reports it. */
export type StartReport = {
  readonly runId: string;
  readonly outcome: 'started' | 'alreadyStarted' | 'conflict';
  /** When the instance heard of it, epoch milliseconds: its clock does not move for it. Only people look at it. */
  readonly heardAt?: number;
};

/** How a run ended, as the run reports it. A rejected or skipped one never began. */
export type RunReport = {
  readonly runId: string;
  readonly key: string;
  readonly status: 'succeeded' | 'failed' | 'timedOut' | 'cancelled' | 'deadLettered' | 'rejected' | 'skipped';
  /** When its start was counted, epoch milliseconds; absent of a run that had to ask, and in reports of older runs. */
  readonly firedAt?: number;
  /** When it ended, epoch milliseconds; absent in reports of older runs. */
  readonly endedAt?: number;
  /** It was cancelled while it waited for a person: it never began either. */
  readonly began?: false;
};

/** A person let an asking run start: now it counts. */
export type ApprovalReport = {
  readonly runId: string;
  readonly key: string;
  readonly firedAt: number;
  /** When it was approved, epoch milliseconds. */
  readonly approvedAt?: number;
};

/** What an instance took over from a run of it that was ended from outside. */
export type TakenOver = {
  /** How that run ended, as Temporal names it: TERMINATED, FAILED and so on. */
  readonly status: string;
  /** Why its state could not be had: the instance began empty. */
  readonly lost?: string;
  /** When, epoch milliseconds: the clock does not move for it. Only people look at it. */
  readonly heardAt: number;
};

/** The catalogue codes an instance itself dead-letters with. */
export type DeadLetterCode = 'event_id_conflict' | 'run_id_conflict' | 'event_late' | 'part_missing';

/** What a candidate that may not start becomes: one run with all that is held, one of its own in order, or parked. */
export type Waits = 'hold' | 'queue' | 'park';

type About = { readonly key: string };
type What =
  | { readonly kind: 'definitionAdopted'; readonly definition: Definition }
  /** `seenAt` where it was kept during a pause: dedup goes by its arrival. */
  | { readonly kind: 'eventRecorded'; readonly offer: Offer; readonly by: boolean; readonly seenAt?: number }
  | (About & {
      readonly kind: 'eventsSuppressed';
      readonly eventIds: readonly string[];
      readonly stage: StageName;
      readonly reason: Reason;
    })
  | (About & {
      readonly kind: 'eventDeadLettered';
      readonly eventId: string;
      readonly stage: StageName;
      readonly code: DeadLetterCode;
      readonly reason: Reason;
    })
  | (About & { readonly kind: 'orderAdvanced'; readonly to: OrderValue })
  | (About & { readonly kind: 'unitSorted'; readonly by: OrderValue; readonly dueAt: number; readonly unit: Unit })
  /** The first `count` of what is being sorted went on. */
  | (About & { readonly kind: 'sortedReleased'; readonly count: number })
  | (About & {
      readonly kind: 'partFilled';
      readonly part: string;
      readonly settings: CorrelateSettings;
      readonly expiresAt: number;
      readonly unit: Unit;
    })
  | (About & { readonly kind: 'partsTaken'; readonly parts: readonly string[] })
  | (About & {
      readonly kind: 'unitTallied';
      readonly settings: ThresholdSettings;
      readonly amount: number;
      readonly unit: Unit;
    })
  /** The oldest `count` left the tally: they fired or aged out. */
  | (About & { readonly kind: 'tallyTaken'; readonly count: number })
  | (About & {
      readonly kind: 'windowOpened';
      readonly mode: 'collecting' | 'suppressing';
      readonly settings: DebounceSettings | BatchSettings;
      /** Absent where only its events end it. */
      readonly dueAt?: number;
    })
  | (About & { readonly kind: 'windowExtended'; readonly dueAt: number })
  | (About & {
      readonly kind: 'unitCollected';
      readonly stage: 'debounce' | 'batch';
      readonly unit: Unit;
      /** It takes the place of what the window held. */
      readonly replaces: boolean;
      /** What the window weighs more than before when carried, in bytes. */
      readonly bytes: number;
    })
  | (About & { readonly kind: 'windowClosed' })
  | (About & {
      readonly kind: 'candidateWaits';
      readonly how: Waits;
      readonly stage: StageName;
      /** When it is looked at again by itself. */
      readonly untilAt?: number;
      readonly reason: Reason;
      readonly cause: Cause;
      /** Joins what its key holds already. */
      readonly joins: boolean;
      readonly unit: Unit;
      readonly params?: JsonObject;
      readonly force?: true;
      readonly replays?: ReplayOf;
    })
  /** The first that waits of the key still waits, for something else. */
  | (About & {
      readonly kind: 'waitMoved';
      readonly how: Waits;
      readonly stage: StageName;
      readonly untilAt?: number;
      readonly reason: Reason;
      /** What waits: the ids of its oldest events, and how many there are in all. */
      readonly eventIds: readonly string[];
      readonly eventCount: number;
    })
  /** The first that waited of the key waits no longer. */
  | (About & { readonly kind: 'waitEnded' })
  | {
      readonly kind: 'runDecided';
      readonly run: RunRequest;
      readonly coolingUntil?: number;
      /** The breaker after it, where it goes through as a probe or from what was parked. */
      readonly breaker?: Breaker;
    }
  | (About & { readonly kind: 'startReported'; readonly report: StartReport })
  | { readonly kind: 'runApproved'; readonly report: ApprovalReport; readonly coolingUntil?: number }
  | { readonly kind: 'runEnded'; readonly report: RunReport }
  | { readonly kind: 'runCancelling'; readonly key: string; readonly runId: string }
  /** `key` where it guards one key; `by` where a person moved it. */
  | { readonly kind: 'breakerMoved'; readonly key?: string; readonly breaker: Breaker; readonly by?: string }
  | (About & { readonly kind: 'fallbackDue'; readonly dueAt: number })
  | { readonly kind: 'runsChecked'; readonly key?: string }
  | { readonly kind: 'paused'; readonly key?: string; readonly by: string }
  | { readonly kind: 'resumed'; readonly key?: string; readonly by: string; readonly sinceAt: number }
  | ({ readonly kind: 'recovered' } & TakenOver)
  | (About & { readonly kind: 'eventKept'; readonly offer: Offer })
  | (About & { readonly kind: 'fired'; readonly id: string; readonly force: boolean; readonly by: string })
  /** Events that were part of another run come in once more. */
  | (About & {
      readonly kind: 'replayed';
      readonly replays: ReplayOf;
      readonly eventCount: number;
      readonly by: string;
    })
  /** What the key no longer needs is let go: a cooldown that is over, starts and failures out of their span. */
  | (About & { readonly kind: 'keyExpired' });

/** Something that happened: the only way state changes. `seq` counts the facts of an instance, and never goes back. */
export type Fact = { readonly seq: number; readonly at: number } & What;

/** A fact before it has its number. */
export type Draft = What;

/** The facts of one kind. */
export type FactOf<K extends What['kind']> = Extract<Fact, { kind: K }>;
