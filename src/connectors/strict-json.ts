import { isUtf8 } from 'node:buffer';

import type { ErrorCode } from '../errors.ts';
import type { Json } from '../spec/json.ts';
import { findDuplicateMember } from './duplicate-member.ts';
import { type JsonLimits, scanJson } from './json-scan.ts';
import { pointerTo } from './json-pointer.ts';

/** Containers inside one another an event may have, itself included: real ones stay below 10, and recursing 32 deep is safe. */
export const JSON_DEPTH_MAX = 32;
/** Scalars and empty containers an event may have: bounds the work of matching and mapping it. */
export const JSON_LEAVES_MAX = 10_000;

/** What is wrong and where: an RFC 6901 pointer, as near to the place as is known. */
export type JsonFault = { readonly code: ErrorCode; readonly detail: string; readonly pointer: string };

export type StrictJson = { readonly ok: true; readonly value: Json } | ({ readonly ok: false } & JsonFault);

const DEFAULT_LIMITS: JsonLimits = { depthMax: JSON_DEPTH_MAX, leavesMax: JSON_LEAVES_MAX };
const FORBIDDEN_MEMBERS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const LONE_SURROGATE = /\p{Surrogate}/u;
/** Of a parser's message, which quotes the body; enough to find the place. */
const DETAIL_MAX_CHARS = 200;

/**
 * Reads one JSON document, refusing what readers disagree about or what is unsafe later: ill-formed UTF-8, a byte order
 * mark, lone surrogates, duplicate members, members that name a prototype, numbers beyond a double, and documents past
 * the limits. Never throws. Integers past 2^53 lose digits, as in any reader of doubles.
 */
export function parseStrictJson(bytes: Uint8Array, limits: JsonLimits = DEFAULT_LIMITS): StrictJson {
  if (!isUtf8(bytes)) return refuse('invalid_unicode', 'The JSON is not well-formed UTF-8.', '');
  const scan = scanJson(bytes, limits);
  if (!scan.ok) return scan;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (text.startsWith('\uFEFF')) return refuse('malformed_json', 'The JSON begins with a byte order mark.', '');
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : 'not valid JSON';
    return refuse('malformed_json', message.slice(0, DETAIL_MAX_CHARS), '');
  }
  // Only an escape can bring a lone surrogate into a text that came from well-formed UTF-8.
  const census = { members: 0, checkStrings: text.includes('\\u') };
  const fault = inspect(value, census);
  if (fault) return { ok: false, ...fault };
  // Of two members with one name a single one is left: fewer members than colons means that one stood twice.
  if (census.members < scan.members) {
    return refuse('forbidden_member', 'A member stands twice in one object.', findDuplicateMember(text));
  }
  return { ok: true, value };
}

function refuse(code: ErrorCode, detail: string, pointer: string): StrictJson {
  return { ok: false, code, detail, pointer };
}

/** Recursion is bounded: the scan before has refused what is deeper than `depthMax`. */
function inspect(value: Json, census: { members: number; readonly checkStrings: boolean }): JsonFault | undefined {
  if (typeof value === 'string') {
    if (!census.checkStrings || !LONE_SURROGATE.test(value)) return undefined;
    return { code: 'invalid_unicode', detail: 'A string holds a lone surrogate.', pointer: '' };
  }
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return undefined;
    return { code: 'malformed_json', detail: 'A number is beyond the range of a double.', pointer: '' };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (isList(value)) return inspectList(value, census);
  for (const name of Object.keys(value)) {
    census.members += 1;
    if (FORBIDDEN_MEMBERS.has(name)) {
      return { code: 'forbidden_member', detail: `A member is named ${name}.`, pointer: pointerTo('', name) };
    }
    const fault = inspect(name, census) ?? inspect(value[name] ?? null, census);
    if (fault) return { ...fault, pointer: pointerTo('', name) + fault.pointer };
  }
  return undefined;
}

function inspectList(
  list: readonly Json[],
  census: { members: number; readonly checkStrings: boolean },
): JsonFault | undefined {
  for (let i = 0; i < list.length; i += 1) {
    const fault = inspect(list[i] ?? null, census);
    if (fault) return { ...fault, pointer: pointerTo('', i) + fault.pointer };
  }
  return undefined;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
