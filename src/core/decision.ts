import type { Effect } from './effect.ts';
import type { Draft } from './fact.ts';
import type { Offer } from './offer.ts';
import type { Candidate } from './stages/stage.ts';
import type { LineName } from './state.ts';
import type { Unit } from './unit.ts';

/** What follows from a decision once its facts are folded: decided in turn, within the same step. */
export type Move =
  /** `seenAt` where it was kept during a pause. */
  | { readonly kind: 'offer'; readonly offer: Offer; readonly seenAt?: number }
  /** A unit enters the first window from place `from` on. `sole`: it depends on one offer alone. */
  | { readonly kind: 'enter'; readonly key: string; readonly unit: Unit; readonly from: number; readonly sole: boolean }
  | { readonly kind: 'admit'; readonly candidate: Candidate; readonly sole: boolean }
  /** What waits first of a key is looked at again. */
  | { readonly kind: 'recheck'; readonly key: string }
  /** What is first in a line is looked at again, as long as it gets through. */
  | { readonly kind: 'serve'; readonly stage: LineName };

/** One decision: what happened, what to do about it, and what follows from it. */
export type Decision = {
  readonly drafts: readonly Draft[];
  readonly effects: readonly Effect[];
  readonly moves: readonly Move[];
};

export const NOTHING: Decision = { drafts: [], effects: [], moves: [] };
