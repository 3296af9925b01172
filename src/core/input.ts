import type { Definition } from '../spec/definition.ts';
import type { RunReport, StartReport } from './fact.ts';
import type { Offer } from './offer.ts';

/** What can happen to an instance. */
export type Input =
  | { readonly kind: 'definition'; readonly definition: Definition }
  | { readonly kind: 'offer'; readonly offer: Offer }
  | { readonly kind: 'tick' }
  | { readonly kind: 'startReported'; readonly report: StartReport }
  | { readonly kind: 'runEnded'; readonly report: RunReport };
