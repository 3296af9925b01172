import type { Json } from '../spec/json.ts';
import { isList, isObject } from './json.ts';
import type { Scalar } from './matcher.ts';

/** Entries of a pattern's list a sentence writes out. */
const ENTRIES_SHOWN_MAX = 5;

/** What the values of a field are not, as the rest of a sentence: `is not > 1048576`. Takes the pattern's list. */
export function unfitText(expected: readonly Json[], actual: readonly Scalar[]): string {
  const literals = expected.filter((entry) => !isObject(entry));
  const [literal] = literals;
  const numbers = actual.every((value) => typeof value === 'number');
  const phrases = [
    ...(literal === undefined
      ? []
      : [literals.length === 1 ? `is not ${JSON.stringify(literal)}` : `is none of ${shortList(literals, ', ')}`]),
    ...expected.filter(isObject).map((entry) => negated(entry, numbers)),
  ];
  return joined(phrases, ' and ');
}

/** What a field is to be, as the rest of a sentence: `a number > 1048576`. Takes the pattern's list. */
export function wantedText(expected: readonly Json[]): string {
  return joined(
    expected.map((entry) => (isObject(entry) ? positive(entry) : JSON.stringify(entry))),
    ' or ',
  );
}

function negated(entry: { readonly [name: string]: Json }, numbers: boolean): string {
  const [operator, operand] = Object.entries(entry)[0] ?? ['', null];
  const { text, anyCase } = operandText(operand);
  switch (operator) {
    case 'numeric':
      return `${numbers ? 'is not' : 'is not a number'} ${rangeText(operand)}`;
    case 'prefix':
      return `does not begin with ${text}${anyCase}`;
    case 'suffix':
      return `does not end with ${text}${anyCase}`;
    case 'equals-ignore-case':
      return `is not ${text} in any case`;
    case 'wildcard':
      return `does not fit ${text}`;
    case 'anything-but':
      return `is what anything-but ${text} excludes`;
    case 'exists':
      return 'is there and must not be';
    case 'cidr':
      return `is not an address in ${text}`;
    default:
      return `is not ${operator} ${text}`;
  }
}

function positive(entry: { readonly [name: string]: Json }): string {
  const [operator, operand] = Object.entries(entry)[0] ?? ['', null];
  const { text, anyCase } = operandText(operand);
  switch (operator) {
    case 'numeric':
      return `a number ${rangeText(operand)}`;
    case 'prefix':
      return `text that begins with ${text}${anyCase}`;
    case 'suffix':
      return `text that ends with ${text}${anyCase}`;
    case 'equals-ignore-case':
      return `${text} in any case`;
    case 'wildcard':
      return `text that fits ${text}`;
    case 'anything-but':
      return `anything but ${text}`;
    case 'exists':
      return operand === true ? 'any value' : 'nothing';
    case 'cidr':
      return `an address in ${text}`;
    default:
      return `${operator} ${text}`;
  }
}

function operandText(operand: Json): { readonly text: string; readonly anyCase: string } {
  if (isObject(operand)) {
    const folded = operand['equals-ignore-case'];
    return folded === undefined
      ? { text: JSON.stringify(operand), anyCase: '' }
      : { text: JSON.stringify(folded), anyCase: ' in any case' };
  }
  return { text: isList(operand) ? shortList(operand, ', ') : JSON.stringify(operand), anyCase: '' };
}

/** `[">", 1, "<=", 5]` as `> 1 and <= 5`. */
function rangeText(operand: Json): string {
  const parts = (isList(operand) ? operand : []).map((part) =>
    typeof part === 'string' ? part : JSON.stringify(part),
  );
  return [parts.slice(0, 2), parts.slice(2)]
    .filter((bound) => bound.length > 0)
    .map((bound) => bound.join(' '))
    .join(' and ');
}

function shortList(entries: readonly Json[], separator: string): string {
  return joined(
    entries.map((entry) => JSON.stringify(entry)),
    separator,
  );
}

function joined(texts: readonly string[], separator: string): string {
  const more = texts.length - ENTRIES_SHOWN_MAX;
  return `${texts.slice(0, ENTRIES_SHOWN_MAX).join(separator)}${more > 0 ? `${separator}${more} more` : ''}`;
}
