import type { DebounceSettings, Definition, RunSettings } from '../spec/definition.ts';
import type { JsonObject } from '../spec/json.ts';
import type { Item, LastEvent, Offer } from './offer.ts';
import type { Reason, StageName } from './reason.ts';

/** What a run was decided for; `full` when the instance's cap of pending events closed its window early. */
export type Cause = 'events' | 'full';

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
  /** Given by the person who fired it; a member replaces that of the definition's params. */
  readonly params?: JsonObject;
};

/** How the start of a run ended, as the starting activity reports it. */
export type StartReport = { readonly runId: string; readonly outcome: 'started' | 'alreadyStarted' | 'conflict' };

/** How a run ended, as the run reports it. A rejected or skipped one never began. */
export type RunReport = {
  readonly runId: string;
  readonly key: string;
  readonly status: 'succeeded' | 'failed' | 'timedOut' | 'cancelled' | 'deadLettered' | 'rejected' | 'skipped';
  /** When it was decided, epoch milliseconds; absent in reports of older runs. */
  readonly firedAt?: number;
};

/** The catalogue codes an instance itself dead-letters with. */
export type DeadLetterCode = 'event_id_conflict' | 'run_id_conflict';

type What =
  | { readonly kind: 'definitionAdopted'; readonly definition: Definition }
  | { readonly kind: 'eventRecorded'; readonly offer: Offer; readonly by: boolean }
  | {
      readonly kind: 'eventsSuppressed';
      readonly key: string;
      readonly eventIds: readonly string[];
      readonly stage: StageName;
      readonly reason: Reason;
    }
  | {
      readonly kind: 'eventDeadLettered';
      readonly key: string;
      readonly eventId: string;
      readonly code: DeadLetterCode;
      readonly reason: Reason;
    }
  | {
      readonly kind: 'windowOpened';
      readonly key: string;
      readonly mode: 'collecting' | 'suppressing';
      readonly settings: DebounceSettings;
      readonly dueAt: number;
    }
  | { readonly kind: 'windowExtended'; readonly key: string; readonly dueAt: number }
  | {
      readonly kind: 'eventCollected';
      readonly key: string;
      readonly item: Item;
      readonly offer: Offer;
      readonly replaces: boolean;
      /** What the window weighs more than before when carried, in bytes. */
      readonly bytes: number;
    }
  | { readonly kind: 'windowClosed'; readonly key: string }
  | {
      readonly kind: 'candidateHeld';
      readonly key: string;
      readonly stage: StageName;
      readonly untilAt: number;
      readonly items: readonly Item[];
      readonly last: LastEvent;
      readonly receivedAt: number;
      readonly bytes: number;
    }
  | { readonly kind: 'holdReleased'; readonly key: string }
  | { readonly kind: 'runDecided'; readonly run: RunRequest; readonly coolingUntil?: number }
  | { readonly kind: 'startReported'; readonly report: StartReport; readonly key: string }
  | { readonly kind: 'runEnded'; readonly report: RunReport }
  | { readonly kind: 'cooldownEnded'; readonly key: string };

/** Something that happened: the only way state changes. `seq` counts the facts of an instance for good. */
export type Fact = { readonly seq: number; readonly at: number } & What;

/** A fact before it has its number. */
export type Draft = What;
