import type { Definition } from '../spec/definition.ts';
import type { JsonObject } from '../spec/json.ts';
import type { ApprovalReport, ReplayOf, RunReport, StartReport, TakenOver } from './fact.ts';
import type { Item, LastEvent, Offer } from './offer.ts';

/** What a person asks of an instance. A `key` limits it to that key. */
export type Order =
  | { readonly kind: 'pause'; readonly key?: string; readonly by: string }
  | { readonly kind: 'resume'; readonly key?: string; readonly by: string }
  /** `id` makes it the same order when it comes again. */
  | {
      readonly kind: 'fire';
      readonly key: string;
      readonly id: string;
      readonly params?: JsonObject;
      readonly force: boolean;
      readonly by: string;
    }
  /** What a run was made of becomes a run again, from admission on. The same `replays` again is the same order. */
  | {
      readonly kind: 'replay';
      readonly key: string;
      readonly replays: ReplayOf;
      readonly items: readonly Item[];
      readonly last: LastEvent;
      readonly params?: JsonObject;
      readonly by: string;
    }
  | { readonly kind: 'breaker'; readonly key?: string; readonly to: 'open' | 'closed'; readonly by: string };

/** What can happen to an instance. */
export type Input =
  | { readonly kind: 'definition'; readonly definition: Definition }
  | { readonly kind: 'offer'; readonly offer: Offer }
  | { readonly kind: 'tick' }
  | { readonly kind: 'startReported'; readonly report: StartReport }
  | { readonly kind: 'runApproved'; readonly report: ApprovalReport }
  | { readonly kind: 'runEnded'; readonly report: RunReport }
  | { readonly kind: 'recovered'; readonly taken: TakenOver }
  | Order;
