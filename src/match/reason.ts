import type { Json } from '../spec/json.ts';
import { unfitText, wantedText } from './clause-text.ts';
import type { Scalar } from './matcher.ts';

/** Values of the event a reason keeps: enough to see the mistake, small enough to store with every verdict. */
const REASON_VALUES_MAX = 5;

/** Characters a reason keeps of one text value. */
const REASON_TEXT_CHARS_MAX = 200;

/** Branches of a `$or` a reason lists. */
export const REASON_BRANCHES_MAX = 8;

/** Why a pattern did not match, as data. Paths are dotted; `expected` is the pattern's list at that path. */
export type PatternReason =
  /** The event has values at `path`, `found` in all; `actual` holds the first of them, long texts cut. None fits. */
  | {
      readonly kind: 'value';
      readonly path: string;
      readonly expected: readonly Json[];
      readonly actual: readonly Scalar[];
      readonly found: number;
    }
  /** The event has no value at `path`: it is missing, an empty list, or an object. */
  | { readonly kind: 'missing'; readonly path: string; readonly expected: readonly Json[] }
  /** Each path has a value that fits, but no single list element has them all. */
  | { readonly kind: 'array'; readonly paths: readonly string[] }
  /** Looking for list elements that fit took more than `steps` steps: decided as no match. */
  | { readonly kind: 'too_complex'; readonly paths: readonly string[]; readonly steps: number }
  /** No alternative of the pattern's `$or` matched: why each of them did not, the first ones; `branches` in all. */
  | { readonly kind: 'or'; readonly reasons: readonly PatternReason[]; readonly branches: number };

/** The values a reason shows of those the event has. */
export function shown(values: readonly Scalar[]): readonly Scalar[] {
  return values
    .slice(0, REASON_VALUES_MAX)
    .map((value) =>
      typeof value === 'string' && value.length > REASON_TEXT_CHARS_MAX
        ? `${value.slice(0, REASON_TEXT_CHARS_MAX)}…`
        : value,
    );
}

/** One sentence a person can read. */
export function explainPattern(reason: PatternReason): string {
  return `${clause(reason)}.`;
}

function clause(reason: PatternReason): string {
  switch (reason.kind) {
    case 'value':
      return `${valuesText(reason)} ${unfitText(reason.expected, reason.actual)}`;
    case 'missing':
      return `${reason.path} is missing, the pattern wants ${wantedText(reason.expected)}`;
    case 'array':
      return `no single list element fits ${reason.paths.join(', ')} together`;
    case 'too_complex':
      return `comparing the list elements at ${reason.paths.join(', ')} took more than ${reason.steps} steps`;
    case 'or': {
      const more = reason.branches - reason.reasons.length;
      const reasons = reason.reasons.map(clause).join('; or ');
      return `no alternative of $or fits: ${reasons}${more > 0 ? `; or ${more} more` : ''}`;
    }
  }
}

function valuesText({ path, actual, found }: Extract<PatternReason, { readonly kind: 'value' }>): string {
  const values = actual.map((value) => JSON.stringify(value)).join(', ');
  if (found === 1) return `${path} ${values}`;
  const more = found - actual.length;
  return `each of ${path} (${values}${more > 0 ? ` and ${more} more` : ''})`;
}
