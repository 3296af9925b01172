import type { Definition } from '../../spec/definition.ts';
import type { DeadLetterCode, Draft } from '../fact.ts';
import type { Item, LastEvent, Offer } from '../offer.ts';
import type { Reason, StageName } from '../reason.ts';
import type { KeyState, TriggerState } from '../state.ts';

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

/** A stage that looks at one arriving event alone. */
export type Gate = { readonly name: StageName; readonly judge: (view: View, offer: Offer) => GateVerdict };

/** Events that are ready to become one run, if every admission stage is open. */
export type Candidate = {
  readonly key: string;
  readonly cause: 'events' | 'full';
  readonly items: readonly Item[];
  readonly last: LastEvent;
  readonly receivedAt: number;
  readonly bytes: number;
};

/** What a window stage does with an event or a deadline: facts about its window, and what leaves it, if anything. */
export type Windowed = { readonly drafts: readonly Draft[]; readonly candidate?: Candidate };

/** A stage that gathers events of a key over time. */
export type WindowStage = {
  readonly name: StageName;
  /** Whether the definition, or an open window, sends events of the key through this stage. */
  readonly applies: (view: View, key: KeyState | undefined) => boolean;
  readonly enter: (view: View, key: KeyState | undefined, offer: Offer) => Windowed;
  /** Called when the window's deadline is reached. */
  readonly end: (view: View, key: string, state: KeyState) => Windowed;
};

/** What an admission stage says about a candidate. */
type Admission =
  | { readonly kind: 'open' }
  | { readonly kind: 'hold'; readonly untilAt: number; readonly reason: Reason }
  | { readonly kind: 'drop'; readonly reason: Reason };

/** A stage that decides whether a candidate may start now. All must be open in the same step. */
export type AdmissionStage = {
  readonly name: StageName;
  readonly admit: (view: View, key: KeyState | undefined) => Admission;
};
