import type { JsonObject } from '../../spec/json.ts';
import type { Definition } from '../../spec/definition.ts';
import type { Effect } from '../effect.ts';
import type { Cause, DeadLetterCode, Draft, ReplayOf, Waits } from '../fact.ts';
import type { Offer } from '../offer.ts';
import type { Reason, StageName } from '../reason.ts';
import type { KeyState, TriggerState } from '../state.ts';
import type { Unit } from '../unit.ts';

/** What a stage may look at: never changed by it. */
export type View = {
  readonly definition: Definition;
  readonly state: TriggerState;
  /** The instance's clock, epoch milliseconds. */
  readonly at: number;
};

/** What a gate says about an arriving event. */
type GateVerdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'suppress'; readonly reason: Reason }
  | { readonly kind: 'deadLetter'; readonly code: DeadLetterCode; readonly reason: Reason };

/** A stage that looks at one arriving event alone; `seenAt` is the moment dedup goes by. */
export type Gate = {
  readonly name: StageName;
  readonly judge: (view: View, offer: Offer, seenAt: number) => GateVerdict;
};

/** Events, or none, that are ready to become one run if every admission stage is open. */
export type Candidate = Unit & {
  readonly key: string;
  readonly cause: Cause;
  /** Given by a person who fired it. */
  readonly params?: JsonObject;
  /** A person said so: stages that may be forced are open to it. */
  readonly force?: true;
  readonly replays?: ReplayOf;
  /** Its place in line, where it waited already. */
  readonly turn?: number;
};

/** What a window lets go of. With a cause other than `events` it goes straight to admission. */
type Leaving = { readonly unit: Unit; readonly cause: Cause };

/** What a window stage does with a unit or a deadline: facts about its window, and what leaves it, in order. */
export type Windowed = {
  readonly drafts: readonly Draft[];
  readonly effects?: readonly Effect[];
  readonly out?: readonly Leaving[];
};

/** A stage that gathers events of a key over time. */
export type WindowStage = {
  readonly name: StageName;
  /** Whether the definition, or an open window, sends this unit of the key through this stage. */
  readonly applies: (view: View, key: KeyState | undefined, unit: Unit) => boolean;
  readonly enter: (view: View, key: string, state: KeyState | undefined, unit: Unit) => Windowed;
  /** Bytes of what it keeps of the events of a key. */
  readonly heldBytes: (state: KeyState | undefined) => number;
  /** When its window ends by itself, epoch milliseconds. */
  readonly dueAt: (state: KeyState) => number | undefined;
  /** Called when that moment is reached. */
  readonly end: (view: View, key: string, state: KeyState) => Windowed;
};

/** What an admission stage says about a candidate. */
export type Admission =
  | { readonly kind: 'open' }
  | {
      readonly kind: 'closed';
      readonly onExcess: Waits | 'drop' | 'ask';
      /** When to look again; without it, when what closed it changes. */
      readonly untilAt?: number;
      readonly reason: Reason;
      readonly effects?: readonly Effect[];
      readonly drafts?: readonly Draft[];
    };

/** A stage that decides whether a candidate may start now. All must be open in the same step. */
export type AdmissionStage = {
  readonly name: StageName;
  /** A person who forces a run skips it. */
  readonly forced: boolean;
  readonly admit: (view: View, candidate: Candidate) => Admission;
};

/** Nothing stands in the way. */
export const OPEN: Admission = { kind: 'open' };
