import type { Json, JsonObject } from '../spec/json.ts';
import type { Conjunction, Constraint } from './conjunction.ts';
import { isObject, member } from './json.ts';

/** Member names on the way to a value, and at each step the dotted names that would lead there too. */
type Way = readonly { readonly name: string; readonly dotted: readonly string[] }[];

/** Tells of an event that it surely does not fit, without saying why; false says nothing. */
export type SurelyNot = (event: JsonObject) => boolean;

/**
 * A quick no for one alternative of a pattern. It looks at single values that lie in plain objects and at members that are
 * not there: nearly every event fails a pattern on one of those, and a full match costs fifty times more. Lists and dotted
 * member names it leaves to the full match.
 */
export function surelyNot(conjunction: Conjunction): SurelyNot {
  const checks = [...conjunction.values()]
    .filter((constraint) => !constraint.allowsAbsent)
    .map((constraint) => ({ constraint, way: wayTo(constraint.path) }))
    .toSorted((a, b) => a.way.length - b.way.length);
  return (event) => checks.some(({ constraint, way }) => fails(event, constraint, way));
}

function wayTo(path: string): Way {
  const names = path.split('.');
  return names.map((name, depth) => ({
    name,
    dotted: names.slice(depth + 1).map((_, more) => names.slice(depth, depth + 2 + more).join('.')),
  }));
}

function fails(event: JsonObject, { tests }: Constraint, way: Way): boolean {
  let value: Json = event;
  for (const { name, dotted } of way) {
    if (!isObject(value)) return value === null || typeof value !== 'object';
    for (const other of dotted) if (Object.hasOwn(value, other)) return false;
    const next = member(value, name);
    if (next === undefined) return true;
    value = next;
  }
  if (typeof value === 'object' && value !== null) return false;
  for (const test of tests) if (test(value)) return false;
  return true;
}
