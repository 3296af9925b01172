import type { Json } from '../spec/json.ts';
import { endsWithFolded, equalsFolded, foldText, startsWithFolded } from './fold.ts';
import { inBlock, parseCidr, parseIp } from './ip.ts';
import { isList, isObject } from './json.ts';
import { matchesWildcard, parseWildcard } from './wildcard.ts';

/** A value of the event a matcher looks at. */
export type Scalar = string | number | boolean | null;

/** One entry of a pattern's list, compiled. `absent` is `exists: false`; `invalid` says what is wrong with the entry. */
export type Matcher =
  | { readonly kind: 'test'; readonly test: (value: Scalar) => boolean }
  | { readonly kind: 'absent' }
  | { readonly kind: 'invalid'; readonly message: string };

type Compile = (operand: Json) => Matcher;

/** Compiles one entry of an EventBridge value list. */
export function compileMatcher(entry: Json): Matcher {
  if (typeof entry === 'string') return literalText(entry);
  if (isList(entry)) return invalid('a value must be a string, number, true, false, null or a match object');
  if (!isObject(entry)) return when((value) => value === entry);
  const [name, ...more] = Object.keys(entry);
  if (name === undefined || more.length > 0) return invalid('a match object has exactly one member');
  const compile = operators.get(name);
  if (compile === undefined) {
    return invalid(`unknown operator ${JSON.stringify(name)}: use one of ${[...operators.keys()].join(', ')}`);
  }
  return compile(entry[name] ?? null);
}

const operators: ReadonlyMap<string, Compile> = new Map<string, Compile>([
  ['exactly', (operand) => withText(operand, 'exactly', (text) => when((value) => value === text))],
  ['prefix', (operand) => affix(operand, 'prefix')],
  ['suffix', (operand) => affix(operand, 'suffix')],
  ['equals-ignore-case', ignoreCase],
  ['wildcard', wildcard],
  ['anything-but', anythingBut],
  ['numeric', numeric],
  ['exists', exists],
  ['cidr', cidr],
]);

function invalid(message: string): Matcher {
  return { kind: 'invalid', message };
}

function when(test: (value: Scalar) => boolean): Matcher {
  return { kind: 'test', test };
}

function whenText(test: (text: string) => boolean): Matcher {
  return when((value) => typeof value === 'string' && test(value));
}

function withText(operand: Json, name: string, compile: (text: string) => Matcher): Matcher {
  return typeof operand === 'string' ? compile(operand) : invalid(`${name} takes a string`);
}

/** A literal that is an IP address is compared as one: `10.0.0.1` matches `010.0.0.01`. */
function literalText(literal: string): Matcher {
  const ip = parseIp(literal);
  if (ip === undefined) return when((value) => value === literal);
  return whenText((text) => {
    const other = parseIp(text);
    return other?.bits === ip.bits && other.value === ip.value;
  });
}

function affix(operand: Json, name: 'prefix' | 'suffix'): Matcher {
  if (isObject(operand)) {
    const [inner, ...more] = Object.keys(operand);
    const text = operand['equals-ignore-case'];
    if (inner !== 'equals-ignore-case' || more.length > 0 || typeof text !== 'string') {
      return invalid(`${name} takes a string or { "equals-ignore-case": string }`);
    }
    const folded = foldText(text);
    return whenText((value) => (name === 'prefix' ? startsWithFolded(value, folded) : endsWithFolded(value, folded)));
  }
  return withText(operand, name, (affixed) =>
    whenText((text) => (name === 'prefix' ? text.startsWith(affixed) : text.endsWith(affixed))),
  );
}

function ignoreCase(operand: Json): Matcher {
  return withText(operand, 'equals-ignore-case', (text) => {
    const folded = foldText(text);
    return whenText((value) => equalsFolded(value, folded));
  });
}

function wildcard(operand: Json): Matcher {
  return withText(operand, 'wildcard', (source) => {
    const pieces = parseWildcard(source);
    return 'message' in pieces ? invalid(pieces.message) : whenText((text) => matchesWildcard(text, pieces));
  });
}

function anythingBut(operand: Json): Matcher {
  if (isObject(operand)) return anythingButText(operand);
  const list = isList(operand) ? operand : [operand];
  const type = typeof list[0];
  if ((type !== 'string' && type !== 'number') || list.some((item) => typeof item !== type)) {
    return invalid('anything-but takes a string, a number, or a list of only one of them');
  }
  const excluded = new Set<Json>(list);
  return when((value) => !excluded.has(value));
}

/** `anything-but` around a text operator: a value that is not text is never the excluded text, so it matches. */
function anythingButText(operand: { readonly [member: string]: Json }): Matcher {
  const [name = '', ...more] = Object.keys(operand);
  const compile = excludable.get(name);
  if (compile === undefined || more.length > 0) {
    return invalid(`anything-but takes one of ${[...excludable.keys()].join(', ')}`);
  }
  const inner = operand[name] ?? null;
  const list = isList(inner) ? inner : [inner];
  if (list.length === 0) return invalid(`anything-but ${name} takes a string or a list of strings`);
  const tests: ((value: Scalar) => boolean)[] = [];
  for (const item of list) {
    if (isObject(item)) return invalid(`anything-but ${name} takes a string or a list of strings`);
    if (item === '' && name.endsWith('fix')) return invalid(`an empty ${name} would exclude every text`);
    const matcher = compile(item);
    if (matcher.kind !== 'test') return matcher;
    tests.push(matcher.test);
  }
  return when((value) => !tests.some((test) => test(value)));
}

const excludable: ReadonlyMap<string, Compile> = new Map<string, Compile>([
  ['prefix', (operand) => affix(operand, 'prefix')],
  ['suffix', (operand) => affix(operand, 'suffix')],
  ['equals-ignore-case', ignoreCase],
  ['wildcard', wildcard],
]);

const NUMERIC_FORMS = 'numeric takes ["=", n], ["<", n], [">", n] or [">", low, "<", high], also with <= and >=';

function numeric(operand: Json): Matcher {
  if (!isList(operand)) return invalid(NUMERIC_FORMS);
  const [operator, bound, upperOperator, upper, ...more] = operand;
  if (typeof bound !== 'number' || more.length > 0) return invalid(NUMERIC_FORMS);
  const lower = comparisons.get(operator);
  if (lower === undefined) return invalid(NUMERIC_FORMS);
  if (upperOperator === undefined) return whenNumber((value) => lower(value, bound));
  const below = comparisons.get(upperOperator);
  if (typeof upper !== 'number' || below === undefined || !isOneOf(operator, '>') || !isOneOf(upperOperator, '<')) {
    return invalid(NUMERIC_FORMS);
  }
  if (bound >= upper) return invalid('the lower bound must be less than the upper one');
  return whenNumber((value) => lower(value, bound) && below(value, upper));
}

function isOneOf(operator: Json | undefined, sign: '<' | '>'): boolean {
  return operator === sign || operator === `${sign}=`;
}

function whenNumber(test: (value: number) => boolean): Matcher {
  return when((value) => typeof value === 'number' && test(value));
}

const comparisons: ReadonlyMap<Json | undefined, (value: number, bound: number) => boolean> = new Map([
  ['=', (value: number, bound: number) => value === bound],
  ['<', (value: number, bound: number) => value < bound],
  ['<=', (value: number, bound: number) => value <= bound],
  ['>', (value: number, bound: number) => value > bound],
  ['>=', (value: number, bound: number) => value >= bound],
]);

function exists(operand: Json): Matcher {
  if (typeof operand !== 'boolean') return invalid('exists takes true or false');
  return operand ? when(() => true) : { kind: 'absent' };
}

function cidr(operand: Json): Matcher {
  return withText(operand, 'cidr', (source) => {
    const block = parseCidr(source);
    if ('message' in block) return invalid(block.message);
    return whenText((text) => {
      const ip = parseIp(text);
      return ip !== undefined && inBlock(ip, block);
    });
  });
}
