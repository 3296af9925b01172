import { celEnv, celList, celMap, isCelError, isCelList, isCelMap, isCelType, isCelUint } from '@bufbuild/cel';
import type { CelList, CelMap, CelValue } from '@bufbuild/cel';
import type { Json } from '../spec/json.ts';
import { isList, objectOf, utf8Bytes } from './json.ts';

/** Characters, list items and map entries in a value, counted once for each list and map. */
const weights = new WeakMap<CelList | CelMap, number>();

/** Writes timestamps and durations as text. */
const textOf = celEnv().funcs.find('string');

/** A JSON value as CEL sees it: numbers are doubles, objects are maps. Nothing of the prototype is visible. */
export function celOf(value: Json): CelValue {
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return celList(value.map(celOf));
  const map = celMap(new Map(Object.entries(value).map(([name, item]) => [name, celOf(item)])));
  // The engine's own `has` takes a member that is null for a missing one.
  return Object.assign(map, { has: (key: Parameters<CelMap['get']>[0]) => map.get(key) !== undefined });
}

/**
 * A CEL value as JSON: integers up to 2^53, timestamps as RFC 3339, durations as seconds (`90s`), map keys as text. Throws
 * an Error for what JSON cannot hold, and for a result of more than `limitBytes` of JSON.
 */
export function jsonOf(value: CelValue, limitBytes: number): Json {
  let left = limitBytes;
  const take = (bytes: number): void => {
    left -= bytes;
    if (left < 0) throw new Error(`the result is larger than ${limitBytes / 1024} KB`);
  };
  const scalar = (json: string | number | boolean | null): Json => {
    take(utf8Bytes(JSON.stringify(json)));
    return json;
  };
  const convert = (item: CelValue): Json => {
    if (item === null || typeof item === 'boolean') return scalar(item);
    if (typeof item === 'string') return scalar(item);
    if (typeof item === 'number') return scalar(finite(item));
    if (typeof item === 'bigint') return scalar(exact(item));
    if (isCelUint(item)) return scalar(exact(item.value));
    take(2);
    if (isCelList(item)) return Array.from(item, (element) => (take(1), convert(element)));
    if (isCelMap(item)) {
      return objectOf(
        Array.from(item, ([key, member]) => (take(2), [keyText(convert(key)), convert(member)] as const)),
      );
    }
    return scalar(special(item));
  };
  return convert(value);
}

function keyText(key: Json): string {
  return typeof key === 'string' ? key : JSON.stringify(key);
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new Error(`the result is ${value}, which JSON cannot hold`);
  return value;
}

function exact(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new Error(`the integer ${value} is beyond 2^53: make it text with string()`);
  return number;
}

function special(value: CelValue): string {
  if (!(value instanceof Uint8Array) && !isCelType(value)) {
    const text = textOf?.call(0, undefined, [value]);
    if (typeof text === 'string' && !isCelError(text)) return text;
  }
  throw new Error('the result is a type or bytes, which JSON cannot hold');
}

/** How much a function that looks at all of a value has to touch. Values that occur twice count twice. */
export function weightOf(value: CelValue): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  if (!isCelList(value) && !isCelMap(value)) return 1;
  const known = weights.get(value);
  if (known !== undefined) return known;
  let weight = 1;
  if (isCelList(value)) for (const item of value) weight += weightOf(item);
  else for (const [key, item] of value) weight += weightOf(key) + weightOf(item);
  weights.set(value, weight);
  return weight;
}
