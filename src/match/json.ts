import type { Json, JsonObject } from '../spec/json.ts';

/** Whether a JSON value is a list (Array.isArray does not narrow readonly arrays). */
export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** Whether a JSON value is an object, neither list nor null. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** RFC 6901 pointer of a child: `~` and `/` in the token are escaped. */
export function pointerTo(parent: string, token: string | number): string {
  return `${parent}/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The object's own member, or undefined: names such as `constructor` never reach the prototype. */
export function member(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

const encoder = new TextEncoder();

/** Length of a text in bytes of UTF-8. */
export function utf8Bytes(text: string): number {
  return encoder.encode(text).length;
}

/**
 * Whether a value's JSON text fits in `limitBytes` of UTF-8. Works on any nesting: it keeps its own stack, and stops at
 * the first byte too many.
 */
export function fitsBytes(value: Json, limitBytes: number): boolean {
  // No character takes more than the six bytes of an escape.
  if (typeof value === 'string' && 6 * value.length + 2 <= limitBytes) return true;
  const pending: Json[] = [value];
  let bytes = 0;
  while (pending.length > 0 && bytes <= limitBytes) {
    const next = pending.pop() ?? null;
    if (isList(next)) {
      bytes += Math.max(2, next.length + 1);
      for (const item of next) pending.push(item);
    } else if (isObject(next)) {
      const names = Object.keys(next);
      bytes += Math.max(2, names.length + 1);
      for (const name of names) {
        bytes += utf8Bytes(JSON.stringify(name)) + 1;
        pending.push(next[name] ?? null);
      }
    } else {
      bytes += utf8Bytes(JSON.stringify(next));
    }
  }
  return bytes <= limitBytes;
}

/** Whether lists and objects nest at most `limit` deep; a scalar has depth 0. Works on any nesting. */
export function fitsDepth(value: Json, limit: number): boolean {
  let level: Json[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    const below: Json[] = [];
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue;
      if (depth >= limit) return false;
      for (const child of isList(item) ? item : Object.values(item)) below.push(child);
    }
    level = below;
  }
  return true;
}

/** A JSON object in which every name, `__proto__` too, is an own member and nothing else. The last of equal names wins. */
export function objectOf(entries: Iterable<readonly [string, Json]>): JsonObject {
  return Object.fromEntries(entries);
}
