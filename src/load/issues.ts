import type { z } from 'zod';

import { isList, isObject } from '../match/json.ts';
import type { Json } from '../spec/json.ts';
import { error, type Path, type Problem } from './finding.ts';
import { exampleAt, fieldSetsAt } from './hints.ts';
import { didYouMean } from './nearest.ts';
import type { DefinitionKind } from './schema.ts';

type Issue = z.core.$ZodIssue;

/** How far an alternative of a union is from what was written, so that the one that was meant can be told. */
const WRONG_SHAPE = 100;
/** A literal such as `type` that has another value names another alternative. */
const WRONG_KIND = 50;
const WRONG_FIELD = 10;

/** A place that takes so many types takes any JSON. */
const ANY_JSON_TYPES = 5;

const EXPECTED: { readonly [type: string]: string } = {
  string: 'text',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  number: 'a number',
  boolean: 'true or false',
};

function nameOf(value: Json | undefined): string {
  if (value === undefined || value === null) return 'nothing';
  if (isList(value)) return 'a list';
  if (isObject(value)) return 'a mapping';
  return typeof value === 'string' ? 'text' : JSON.stringify(value);
}

function valueAt(json: Json | undefined, path: Path): Json | undefined {
  return path.reduce<Json | undefined>((value, segment) => {
    if (isList(value)) return value[Number(segment)];
    return isObject(value) && Object.hasOwn(value, segment) ? value[segment] : undefined;
  }, json);
}

const quoted = (names: Iterable<string>): string => [...names].map((it) => `"${it}"`).join(', ');

/** Turns what a schema says about a document into problems that name the place, the mistake and what to do. */
export class IssueReader {
  readonly #kind: DefinitionKind;
  readonly #json: Json;

  constructor(kind: DefinitionKind, json: Json) {
    this.#kind = kind;
    this.#json = json;
  }

  problems(issues: readonly Issue[], base: Path = []): Problem[] {
    return issues.flatMap((issue) => this.#problemsOf(issue, [...base, ...segmentsOf(issue.path)]));
  }

  #problemsOf(issue: Issue, path: Path): Problem[] {
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) => this.#unknownField(path, key));
      case 'invalid_union':
        return this.#union(issue.errors, path);
      case 'invalid_type':
        return [this.#wrongType(path, [EXPECTED[issue.expected] ?? issue.expected])];
      case 'invalid_value':
        return [this.#wrongValue(path, issue.values.map(String))];
      case 'invalid_key':
        return [error(path, issue.issues[0]?.message ?? issue.message, `Rename it.${exampleAt(this.#kind, path)}`)];
      case 'custom':
      case 'invalid_element':
      case 'invalid_format':
      case 'not_multiple_of':
      case 'too_big':
      case 'too_small':
        return [error(path, lowerFirst(issue.message), `Change the value.${exampleAt(this.#kind, path)}`)];
    }
  }

  /** Either nobody knows the field, or it belongs to another way of writing this than the fields beside it. */
  #unknownField(path: Path, field: string): Problem {
    const here: Path = [...path, field];
    const sets = fieldSetsAt(this.#kind, path);
    const allowed = new Set(sets.flatMap((set) => [...set]));
    const problem = (message: string, remedy: string): Problem => ({ ...error(here, message, remedy), atName: true });
    if (allowed.has(field)) {
      const value = valueAt(this.#json, path);
      const beside = isObject(value) ? Object.keys(value).filter((it) => it !== field && allowed.has(it)) : [];
      const rivals = beside.filter((it) => !sets.some((set) => set.has(field) && set.has(it)));
      if (rivals.length === 0)
        return problem(`"${field}" is a field of another type`, 'Change the type, or leave it out.');
      return problem(`"${field}" and ${quoted(rivals)} exclude each other`, `Keep one of them.`);
    }
    const list = `Allowed here: ${[...allowed].join(', ')}.`;
    return problem(`unknown field "${field}"`, `${didYouMean(field, allowed)}${list}`);
  }

  #wrongType(path: Path, expected: readonly string[]): Problem {
    const value = valueAt(this.#json, path);
    const wanted = expected.length >= ANY_JSON_TYPES ? 'any JSON value' : expected.join(' or ');
    const example = exampleAt(this.#kind, path);
    if (value === undefined) {
      return error(path, `required field "${path.at(-1)}" is missing`, `Add it: ${wanted}.${example}`);
    }
    const quotable = expected.includes('text') && (typeof value === 'number' || typeof value === 'boolean');
    return error(
      path,
      `expected ${wanted}, got ${nameOf(value)}`,
      `${quotable ? 'Put it in quotes.' : `Write ${wanted}.`}${example}`,
    );
  }

  #wrongValue(path: Path, allowed: readonly string[]): Problem {
    const value = valueAt(this.#json, path);
    const remedy = `Use ${allowed.length > 1 ? 'one of ' : ''}${allowed.join(', ')}.`;
    if (value === undefined) return error(path, `required field "${path.at(-1)}" is missing`, `Add it. ${remedy}`);
    const guess = typeof value === 'string' ? didYouMean(value, allowed) : '';
    return error(path, `${JSON.stringify(value)} is not allowed here`, `${guess}${remedy}`);
  }

  #union(members: readonly (readonly Issue[])[], path: Path): Problem[] {
    const scored = members.map((issues) => ({ issues, score: this.#distance(issues) }));
    const best = Math.min(...scored.map(({ score }) => score));
    const nearest = scored.filter(({ score }) => score === best).map(({ issues }) => issues);
    const [first = []] = nearest;
    if (nearest.length === 1) return this.problems(first, path);
    if (best >= WRONG_SHAPE) {
      const expected = nearest
        .flat()
        .flatMap((it) => (it.code === 'invalid_type' ? [EXPECTED[it.expected] ?? it.expected] : []));
      return [this.#wrongType(path, [...new Set(expected)])];
    }
    const kinds = nearest.map((issues) => issues.find(isWrongKind));
    const [kind] = kinds;
    if (kind !== undefined && !kinds.includes(undefined)) {
      const values = kinds.flatMap((it) => it?.values ?? []);
      return [this.#wrongValue([...path, ...segmentsOf(kind.path)], [...new Set(values.map(String))])];
    }
    const unknown = first.filter((it) => it.code === 'unrecognized_keys');
    if (unknown.length > 0) return this.problems(unknown, path);
    const isAbsent = (it: Issue): boolean => valueAt(this.#json, [...path, ...segmentsOf(it.path)]) === undefined;
    const missing = new Set(nearest.flat().flatMap((it) => (isAbsent(it) ? [String(it.path.at(-1))] : [])));
    const others = this.problems(
      first.filter((it) => !isAbsent(it)),
      path,
    );
    return [error(path, `needs one of ${quoted(missing)}`, `Add ${[...missing].join(' or ')}.`), ...others];
  }

  /** Mistakes further down say nothing about which member was meant. */
  #distance(issues: readonly Issue[]): number {
    return issues.map(distanceOf).reduce((sum, it) => sum + it, 0);
  }
}

function distanceOf(issue: Issue): number {
  if (isWrongKind(issue)) return WRONG_KIND;
  if (issue.path.length > 0) return 0;
  if (issue.code === 'invalid_type') return WRONG_SHAPE;
  return issue.code === 'unrecognized_keys' ? WRONG_FIELD * issue.keys.length : 0;
}

function isWrongKind(issue: Issue): issue is Extract<Issue, { code: 'invalid_value' }> {
  return issue.code === 'invalid_value' && issue.values.length === 1 && issue.path.length === 1;
}

function segmentsOf(path: readonly PropertyKey[]): Path {
  return path.map((segment) => (typeof segment === 'number' ? segment : String(segment)));
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
