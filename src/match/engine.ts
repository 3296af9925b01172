import {
  celEnv,
  celFunc,
  celList,
  celMethod,
  CelScalar,
  isCelError,
  listType,
  parse,
  plan,
  type CelFunc,
  type CelInput,
  type CelList,
  type CelResult,
  type CelType,
  type CelValue,
} from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { canonicalJson, sha256Hex } from './canonical.ts';
import { dateFormat, jsonParse, uriParse } from './library.ts';
import { charge, chargeTouching } from './meter.ts';
import { regexExtract, regexExtractAll, regexReplace, regexTest } from './regex.ts';
import { celOf, jsonOf, weightOf } from './values.ts';

/** A parsed expression: its syntax tree, and where in the source each node starts. */
export type ParsedExpression = ReturnType<typeof parse>;

/** Characters of a text made by `+`, `replace`, `join` or `format`: as much as a result may have. */
export const TEXT_CHARS_MAX = 65_536;

/** Copying a list item takes as long as touching so many characters. */
const ITEM_CHARS = 8;

/** Bytes of canonical JSON that `hash.sha256` takes: the largest event. */
const HASHED_BYTES_MAX = 262_144;

const { BOOL, BYTES, DOUBLE, DYN, INT, STRING, UINT } = CelScalar;
const LIST = listType(DYN);

/** Parses CEL. Throws what the engine throws: an Error with a `location`, or a RangeError for source that nests too deep. */
export function parseCel(source: string): ParsedExpression {
  return parse(source);
}

/** Makes an expression runnable. The result of a run is a value or the engine's error. */
export function planCel(parsed: ParsedExpression): (variables: Record<string, CelInput>) => CelResult {
  return plan(environment, parsed.expr);
}

/** Whether CEL here has a function or method of that name. */
export function hasFunction(name: string): boolean {
  return environment.funcs.find(name) !== undefined;
}

/** Numbers of JSON are doubles, literals without a point are integers: either side may be either. */
function mixedArithmetic(): CelFunc[] {
  const operations = [
    ['_+_', (left: number, right: number) => left + right],
    ['_-_', (left: number, right: number) => left - right],
    ['_*_', (left: number, right: number) => left * right],
    ['_/_', (left: number, right: number) => left / right],
    ['_%_', (left: number, right: number) => left % right],
  ] as const;
  const pairs = [
    [DOUBLE, DOUBLE],
    [DOUBLE, INT],
    [INT, DOUBLE],
    [DOUBLE, UINT],
    [UINT, DOUBLE],
  ] as const;
  return operations.flatMap(([name, operate]) =>
    pairs.map(([left, right]) => celFunc(name, [left, right], DOUBLE, (a, b) => operate(double(a), double(b)))),
  );
}

function double(value: number | bigint | { readonly value: bigint }): number {
  return Number(typeof value === 'object' ? value.value : value);
}

/** Lists under construction by a macro, with the array behind them. */
const growing = new WeakMap<CelList, CelValue[]>();

/** Functions only the instrumented syntax tree calls: their names cannot be written. */
const internal = [
  celFunc('@tick', [DYN], DYN, (condition) => {
    charge(1);
    return condition;
  }),
  celFunc('@list', [], LIST, () => {
    const items: CelValue[] = [];
    const list = celList(items);
    growing.set(list, items);
    return list;
  }),
  celFunc('@append', [LIST, LIST], LIST, (list, added) => {
    growing.get(list)?.push(...added);
    return list;
  }),
];

/** Functions whose result can be larger than what they were given. */
const bounded = [
  celFunc('_+_', [STRING, STRING], STRING, (left, right) => {
    bound(left.length + right.length);
    return left + right;
  }),
  celFunc('_+_', [LIST, LIST], LIST, (left, right) => {
    chargeTouching(ITEM_CHARS * (left.size + right.size));
    return celList([...left, ...right]);
  }),
  celMethod('replace', STRING, [STRING, STRING], STRING, function (from, to) {
    return replace(this, from, to, -1);
  }),
  celMethod('replace', STRING, [STRING, STRING, INT], STRING, function (from, to, count) {
    return replace(this, from, to, Number(count));
  }),
  celMethod('join', LIST, [], STRING, function () {
    return join(this, '');
  }),
  celMethod('join', LIST, [STRING], STRING, function (separator) {
    return join(this, separator);
  }),
];

function bound(chars: number): void {
  if (chars > TEXT_CHARS_MAX)
    throw new Error(`the text would be longer than ${TEXT_CHARS_MAX.toLocaleString('en')} characters`);
  chargeTouching(chars);
}

/** An empty `from` stands before every character and at the end, as in Go. A negative `count` replaces all. */
function replace(text: string, from: string, to: string, count: number): string {
  chargeTouching(text.length);
  const pieces = from === '' ? ['', ...Array.from(text), ''] : text.split(from);
  const replaced = count < 0 ? pieces.length - 1 : Math.min(count, pieces.length - 1);
  bound(text.length + replaced * (to.length - from.length));
  const head = pieces.slice(0, replaced + 1).join(to);
  return [head, ...pieces.slice(replaced + 1)].join(from);
}

function join(list: CelList, separator: string): string {
  const items = Array.from(list, (item) => {
    if (typeof item !== 'string')
      throw new Error('join takes a list of strings: turn its items into text with string()');
    return item;
  });
  bound(items.reduce((chars, item) => chars + item.length + separator.length, 0));
  return items.join(separator);
}

/** The functions of docs/expressions.md, bound to CEL. */
const library = [
  celMethod('matches', STRING, [STRING], BOOL, function (source) {
    return regexTest(this, source);
  }),
  celFunc('matches', [STRING, STRING], BOOL, regexTest),
  celFunc('regex.extract', [STRING, STRING], STRING, regexExtract),
  celFunc('regex.extractAll', [STRING, STRING], LIST, regexExtractAll),
  celFunc('regex.replace', [STRING, STRING, STRING], STRING, (text, source, to) =>
    bounding(regexReplace(text, source, to)),
  ),
  celFunc('regex.replace', [STRING, STRING, STRING, INT], STRING, (text, source, to, count) =>
    bounding(regexReplace(text, source, to, Number(count))),
  ),
  celFunc('hash.sha256', [DYN], STRING, (value) => {
    chargeTouching(weightOf(value));
    return sha256Hex(canonicalJson(jsonOf(value, HASHED_BYTES_MAX)));
  }),
  celFunc('date.format', [DYN, STRING], STRING, (time, format) => {
    const text = jsonOf(time, TEXT_CHARS_MAX);
    if (typeof text !== 'string') throw new Error('date.format takes a timestamp or RFC 3339 text');
    return bounding(dateFormat(text, format));
  }),
  celFunc('uri.parse', [STRING], DYN, (text) => {
    chargeTouching(text.length);
    return celOf(uriParse(text));
  }),
  celFunc('json.parse', [STRING], DYN, (text) => {
    chargeTouching(text.length);
    return celOf(jsonParse(text));
  }),
];

function bounding(text: string): string {
  bound(text.length);
  return text;
}

/** Functions that take lists, maps or anything, and look at none of it. */
const CONSTANT_TIME: ReadonlySet<string> = new Set(
  `size(list) size(map) list.size() map.size() dyn(dyn) type(dyn)
   @in(string,map) @in(double,map) @in(int,map) @in(bool,map) @in(uint,map)`.split(/\s+/),
);

const COSTLY_SCALARS: ReadonlySet<CelType> = new Set<CelType>([STRING, BYTES, DYN]);

/** The engine's functions that may look at a whole text, list or map, with the ticks that takes. */
function charged(funcs: Iterable<CelFunc>): CelFunc[] {
  return [...funcs].filter(isCostly).map((func) => {
    const call = (target: CelValue | undefined, args: CelValue[]): CelValue => {
      chargeTouching([target ?? null, ...args].reduce((sum: number, value) => sum + weightOf(value), 0));
      const result = func.call(0, target, args);
      if (result === undefined || isCelError(result))
        throw new Error(result?.message ?? `${func.name} takes other types`);
      if (typeof result === 'string') bound(result.length);
      return result;
    };
    return func.target === undefined
      ? celFunc(func.name, func.arguments, func.result, (...args: CelValue[]) => call(undefined, args))
      : celMethod(func.name, func.target, func.arguments, func.result, function (this: CelValue, ...args: CelValue[]) {
          return call(this, args);
        });
  });
}

function isCostly(func: CelFunc): boolean {
  if (CONSTANT_TIME.has(func.id)) return false;
  const types: readonly (CelType | undefined)[] = [func.target, ...func.arguments];
  return types.some((type) => type !== undefined && (COSTLY_SCALARS.has(type) || type.kind !== 'scalar'));
}

const stringFunctions: readonly CelFunc[] = strings;

/** Later functions replace earlier ones of the same signature. */
const environment = celEnv({
  funcs: [
    ...charged([...celEnv().funcs, ...stringFunctions]),
    ...mixedArithmetic(),
    ...bounded,
    ...library,
    ...internal,
  ],
});
