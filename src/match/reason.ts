import type { Json } from '../spec/json.ts';

/** Up to this many values of the event are kept in a reason: enough to see the mistake, small enough to store. */
const REASON_VALUES = 5;

/** Why a pattern did not match, as data. */
export type PatternReason =
  /** No value of the event at `path` satisfied one of `expected` (the pattern's matcher list). */
  | {
      readonly kind: 'value';
      readonly path: string;
      readonly expected: readonly Json[];
      readonly actual: readonly Json[];
      /** How many values the event has there; `actual` holds the first ones, cut to a readable length. */
      readonly found: number;
    }
  /** The event has nothing at `path`. */
  | { readonly kind: 'missing'; readonly path: string; readonly expected: readonly Json[] }
  /** Every path has a value that fits, but never within the same list element. */
  | { readonly kind: 'array'; readonly paths: readonly string[] }
  /** Combining list elements took more steps than allowed: decided as no match. */
  | { readonly kind: 'too_complex'; readonly paths: readonly string[]; readonly steps: number }
  /** Each branch of a `$or` failed. */
  | { readonly kind: 'or'; readonly branches: readonly PatternReason[] };

/** One sentence a person can read. */
export function explainPattern(reason: PatternReason): string {
  return `${reason.kind} ${REASON_VALUES}`;
}
