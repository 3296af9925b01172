import type { DeadLetterCode, RunRequest } from './fact.ts';
import type { Offer } from './offer.ts';
import type { Reason } from './reason.ts';

/** What a shell does because of a decision, after the decision is durable. */
export type Effect =
  | {
      readonly kind: 'startRun';
      readonly run: RunRequest;
      /** Its id and content depend on one offer alone, so deciding again gives the same run. */
      readonly sole: boolean;
    }
  | { readonly kind: 'deadLetter'; readonly offer: Offer; readonly code: DeadLetterCode; readonly reason: Reason };
