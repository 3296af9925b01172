import type { Violation } from '../errors.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import { isList, isObject, pointerTo } from './json.ts';
import { compileMatcher, type Scalar } from './matcher.ts';
import { mistakesIn } from './mistakes.ts';

/** Sub-rules a pattern's `$or` may multiply to: each is tried on an event that none before it matched. */
export const SUB_RULES_MAX = 128;

/** Entries of one value list. */
export const VALUES_PER_PATH_MAX = 256;

/** What one path of a pattern asks for. */
export type Constraint = {
  readonly path: string;
  /** Where the pattern has it, as an RFC 6901 pointer. */
  readonly pointer: string;
  /** The list as the pattern has it. */
  readonly expected: readonly Json[];
  readonly tests: readonly ((value: Scalar) => boolean)[];
  /** The list has `exists: false`. */
  readonly allowsAbsent: boolean;
};

/** Constraints that must all hold, by path. */
export type Conjunction = ReadonlyMap<string, Constraint>;

type Placed = Constraint & { readonly branch: string };

/** Names that may not stand inside an `$or`; with one of them directly in a branch, `$or` is an ordinary field name. */
const RESERVED = new Set(
  `exactly equals-ignore-case prefix suffix anything-but exists wildcard numeric cidr = < <= > >= regex not-wildcard
   not-equals-ignore-case date-after date-on-or-after date-before date-on-or-before in-date-range ip-address-in-range
   ip-address-not-in-range $or`.split(/\s+/),
);

/** Turns a pattern into alternatives of conjunctions, collecting what is wrong and what is surely a mistake. */
export class PatternReader {
  readonly violations: Violation[] = [];
  readonly warnings: Violation[] = [];
  /** Every path as written, as the member names that lead there. */
  readonly reads: string[][] = [];

  read(pattern: JsonObject): readonly Conjunction[] {
    return this.#object(pattern, [], '', '', [new Map()]);
  }

  #object(
    object: JsonObject,
    names: readonly string[],
    pointer: string,
    branch: string,
    rules: readonly Map<string, Placed>[],
  ): readonly Map<string, Placed>[] {
    const members = Object.entries(object);
    if (members.length === 0) this.#refuse(pointer, 'an empty object matches nothing: name a field');
    let result = rules;
    for (const [name, value] of members) {
      const at = pointerTo(pointer, name);
      if (name === '$or' && isAlternatives(value)) {
        result = this.#alternatives(value, names, at, result);
      } else if (branch !== '' && RESERVED.has(name)) {
        this.#refuse(at, `${JSON.stringify(name)} is reserved inside $or`);
      } else if (isObject(value)) {
        result = this.#object(value, [...names, name], at, branch, result);
      } else if (isList(value)) {
        this.#constraint(value, [...names, name], at, branch, result);
      } else {
        this.#refuse(at, 'a field takes a list of values, or an object that leads to one');
      }
    }
    return result;
  }

  #alternatives(
    branches: readonly JsonObject[],
    names: readonly string[],
    pointer: string,
    rules: readonly Map<string, Placed>[],
  ): readonly Map<string, Placed>[] {
    const result: Map<string, Placed>[] = [];
    for (const [index, branch] of branches.entries()) {
      const at = pointerTo(pointer, index);
      const copies = rules.map((rule) => new Map(rule));
      result.push(...this.#object(branch, names, at, at, copies));
      if (result.length > SUB_RULES_MAX) {
        this.#refuse(pointer, `$or multiplies to more than ${SUB_RULES_MAX} alternatives: split the trigger`);
        return rules;
      }
    }
    return result;
  }

  #constraint(
    list: readonly Json[],
    names: readonly string[],
    pointer: string,
    branch: string,
    rules: readonly Map<string, Placed>[],
  ): void {
    if (list.length === 0) return this.#refuse(pointer, 'an empty list matches nothing: give at least one value');
    if (list.length > VALUES_PER_PATH_MAX) return this.#refuse(pointer, `more than ${VALUES_PER_PATH_MAX} values`);
    const tests: ((value: Scalar) => boolean)[] = [];
    let allowsAbsent = false;
    for (const [index, entry] of list.entries()) {
      const matcher = compileMatcher(entry);
      if (matcher.kind === 'invalid') this.#refuse(pointerTo(pointer, index), matcher.message);
      else if (matcher.kind === 'absent') allowsAbsent = true;
      else tests.push(matcher.test);
    }
    const path = names.join('.');
    this.reads.push([...names]);
    this.warnings.push(...mistakesIn(list, path, pointer));
    const placed = { path, expected: list, tests, allowsAbsent, pointer, branch };
    const replaced = new Set<Placed>();
    for (const rule of rules) {
      const earlier = rule.get(path);
      if (earlier !== undefined) replaced.add(earlier);
      rule.set(path, placed);
    }
    for (const earlier of replaced) this.#replacing(earlier, placed);
  }

  /** The later of two constraints on one path holds, as in EventBridge; where that loses a branch, it is refused. */
  #replacing(earlier: Placed, later: Placed): void {
    if (later.branch === earlier.branch || later.branch.startsWith(`${earlier.branch}/`)) {
      const message = `replaces what ${earlier.pointer} asks of ${later.path}: put both in one list, or drop one`;
      this.warnings.push({ pointer: later.pointer, message });
    } else {
      const message = `${later.path} is also given by the $or branch ${earlier.branch}, which would lose it: name it once`;
      this.#refuse(later.pointer, message);
    }
  }

  #refuse(pointer: string, message: string): void {
    this.violations.push({ pointer, message });
  }
}

function isAlternatives(value: Json): value is readonly JsonObject[] {
  return (
    isList(value) &&
    value.length >= 2 &&
    value.every(
      (branch) => isObject(branch) && !Object.keys(branch).some((name) => name !== '$or' && RESERVED.has(name)),
    )
  );
}
