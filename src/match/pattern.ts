import type { Violation } from '../errors.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import { PatternReader, type Conjunction, type Constraint } from './conjunction.ts';
import { consistent, STEPS_MAX, type Candidates, type Consistency, type StepBudget } from './consistency.ts';
import { flatten, pathTree, type Leaf } from './flatten.ts';
import { fitsBytes, isObject } from './json.ts';
import { quickMatch } from './quick.ts';
import { REASON_BRANCHES_MAX, shown, type PatternReason } from './reason.ts';

export { explainPattern } from './reason.ts';

/** Bytes of a pattern's JSON: AWS allows 2 KB, 4 KB on request. */
export const PATTERN_BYTES_MAX = 4096;

/** Different paths of one pattern: each is one look into every event. */
export const PATTERN_PATHS_MAX = 64;

/** The decision on one event. */
export type PatternResult = { readonly matched: true } | { readonly matched: false; readonly reason: PatternReason };

/** A field of the pattern that an event does not fit; `pointer` leads to it in the pattern. */
type FailedClause = { readonly pointer: string; readonly reason: PatternReason };

/** How far an event got in the alternative of a pattern that it came closest to. */
export type PatternProgress = {
  /** Fields the alternative asks for, and how many of them the event fits. */
  readonly clauses: number;
  readonly held: number;
  /** Those it does not fit: attributes of the event before members of its data. Empty: it matches. */
  readonly failed: readonly FailedClause[];
};

/** A compiled EventBridge pattern. */
export type CompiledPattern = {
  /** Decides one event (a CloudEvent as JSON: attributes and `data`). Never throws. */
  match(event: JsonObject): PatternResult;
  /** Says how far one event gets, field by field. For people: slower than `match`, and agrees with it. */
  progress(event: JsonObject): PatternProgress;
  /** The same decision without its reason: most events that do not match cost next to nothing. */
  matches(event: JsonObject): boolean;
  /** Whether an event of this type may match; false means that none does. */
  mayMatchType(type: string): boolean;
  /** The paths it looks at, as member names; a dotted name is listed whole and split. */
  readonly reads: readonly (readonly string[])[];
  /** What is allowed but surely a mistake; pointers into the pattern. */
  readonly warnings: readonly Violation[];
};

/**
 * Compiles an event pattern in the language of Amazon EventBridge, with the semantics of its open-source matcher. Where
 * that one lets a field silently replace the same field of an `$or` branch, the pattern is refused. Violations point into
 * the pattern.
 */
export function compilePattern(
  pattern: Json,
): { ok: true; pattern: CompiledPattern } | { ok: false; violations: Violation[] } {
  if (!isObject(pattern)) return refused('a pattern is an object of fields, each with a list of values');
  if (!fitsBytes(pattern, PATTERN_BYTES_MAX)) return refused(`the pattern is longer than ${PATTERN_BYTES_MAX} bytes`);
  const reader = new PatternReader();
  const conjunctions = reader.read(pattern);
  const paths = [...new Set(reader.reads.map((names) => names.join('.')))].toSorted();
  if (paths.length > PATTERN_PATHS_MAX) return refused(`the pattern has more than ${PATTERN_PATHS_MAX} fields`);
  if (reader.violations.length > 0) return { ok: false, violations: reader.violations };
  const tree = pathTree(paths);
  const ordered = conjunctions.map((conjunction) => inPathOrder(conjunction, paths));
  const quick = conjunctions.map(quickMatch);
  const leavesOf = (event: JsonObject): Leaves => flatten(event, tree, paths.length);
  const match = (event: JsonObject): PatternResult => matchAny(ordered, leavesOf(event), paths);
  const matches = (event: JsonObject): boolean => {
    const answers = quick.map((of) => of(event));
    return answers.includes('yes') || (answers.includes('unsure') && match(event).matched);
  };
  const ofTypes = conjunctions.map((conjunction) => conjunction.get('type')?.tests);
  const mayMatchType = (type: string): boolean =>
    ofTypes.some((tests) => tests === undefined || tests.some((test) => test(type)));
  const progress = (event: JsonObject): PatternProgress => closest(ordered, leavesOf(event), paths);
  const reads = withDottedSplit(reader.reads);
  return { ok: true, pattern: { match, matches, mayMatchType, progress, reads, warnings: reader.warnings } };
}

function refused(message: string): { ok: false; violations: Violation[] } {
  return { ok: false, violations: [{ pointer: '', message }] };
}

function withDottedSplit(reads: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const all = new Map<string, readonly string[]>();
  for (const names of reads) {
    for (const variant of [names, names.join('.').split('.')]) all.set(JSON.stringify(variant), variant);
  }
  return [...all.values()];
}

/** The event's values by path; undefined where it nests too deep. */
type Leaves = readonly (readonly Leaf[])[] | undefined;

function matchAny(
  alternatives: readonly (readonly Located[])[],
  leaves: Leaves,
  paths: readonly string[],
): PatternResult {
  if (leaves === undefined) return { matched: false, reason: tooComplex(paths) };
  const budget = { left: STEPS_MAX };
  const fitting = new Map<Constraint, readonly Leaf[]>();
  const reasons: PatternReason[] = [];
  for (const constraints of alternatives) {
    const candidates = candidatesOf(constraints, leaves, fitting);
    const outcome = consistent(candidates, budget);
    if (outcome.kind === 'match') return { matched: true };
    reasons.push(reasonOf(outcome, candidates));
  }
  return { matched: false, reason: combined(reasons) };
}

/** The alternative of which the event fits the most; the first of equal ones. */
function closest(
  alternatives: readonly (readonly Located[])[],
  leaves: Leaves,
  paths: readonly string[],
): PatternProgress {
  if (leaves === undefined) {
    return { clauses: paths.length, held: 0, failed: [{ pointer: '', reason: tooComplex(paths) }] };
  }
  const budget = { left: STEPS_MAX };
  const fitting = new Map<Constraint, readonly Leaf[]>();
  const tried = alternatives.map((constraints) => progressOf(candidatesOf(constraints, leaves, fitting), budget));
  const [first = { clauses: 0, held: 0, failed: [] }, ...more] = tried;
  const isCloser = (one: PatternProgress, other: PatternProgress): boolean =>
    one.failed.length === 0 ? other.failed.length > 0 : one.held * other.clauses > other.held * one.clauses;
  return more.reduce((best, next) => (best.failed.length > 0 && isCloser(next, best) ? next : best), first);
}

function progressOf(candidates: readonly Candidates[], budget: StepBudget): PatternProgress {
  const clauses = candidates.length;
  // Together first: what `exists: false` sees depends on the fields before it.
  const together = consistent(candidates, budget);
  if (together.kind === 'match') return { clauses, held: clauses, failed: [] };
  const failed = candidates.flatMap((candidate) => {
    const outcome = consistent([candidate], budget);
    if (outcome.kind === 'match') return [];
    return [{ pointer: candidate.constraint.pointer, reason: reasonOf(outcome, candidates) }];
  });
  if (failed.length > 0) return { clauses, held: clauses - failed.length, failed: failed.toSorted(attributesFirst) };
  return { clauses, held: clauses - 1, failed: [{ pointer: '', reason: reasonOf(together, candidates) }] };
}

function attributesFirst(one: FailedClause, other: FailedClause): number {
  const depth = ({ pointer }: FailedClause): number => Math.min(2, pointer.split('/').length - 1);
  return depth(one) - depth(other);
}

function tooComplex(paths: readonly string[]): PatternReason {
  return { kind: 'too_complex', paths, steps: STEPS_MAX };
}

function candidatesOf(
  constraints: readonly Located[],
  leaves: readonly (readonly Leaf[])[],
  fitting: Map<Constraint, readonly Leaf[]>,
): readonly Candidates[] {
  return constraints.map(({ constraint, place }) => {
    const present = leaves[place] ?? [];
    const fits = fitting.get(constraint) ?? present.filter((leaf) => passes(constraint, leaf));
    fitting.set(constraint, fits);
    return { constraint, leaves: present, fitting: fits };
  });
}

type Located = { readonly constraint: Constraint; readonly place: number };

/** EventBridge tries paths in sorted order, which decides what `exists: false` sees. */
function inPathOrder(conjunction: Conjunction, paths: readonly string[]): readonly Located[] {
  return paths.flatMap((path, place) => {
    const constraint = conjunction.get(path);
    return constraint === undefined ? [] : [{ constraint, place }];
  });
}

function passes(constraint: Constraint, leaf: Leaf): boolean {
  return constraint.tests.some((test) => test(leaf.value));
}

function reasonOf(outcome: Exclude<Consistency, { kind: 'match' }>, candidates: readonly Candidates[]): PatternReason {
  switch (outcome.kind) {
    case 'value': {
      const { path, expected } = outcome.constraint;
      const values = candidates
        .filter(({ constraint }) => constraint === outcome.constraint)
        .flatMap(({ leaves }) => leaves.map((leaf) => leaf.value));
      return values.length === 0
        ? { kind: 'missing', path, expected }
        : { kind: 'value', path, expected, actual: shown(values), found: values.length };
    }
    case 'array':
      return outcome;
    case 'too_complex':
      return { ...outcome, steps: STEPS_MAX };
  }
}

/** What all alternatives share is the reason; running out of steps hides the true answer, so it comes first. */
function combined(reasons: readonly PatternReason[]): PatternReason {
  const different = [...new Map(reasons.map((reason) => [JSON.stringify(reason), reason])).values()];
  const [first] = different;
  const tooComplex = different.find((reason) => reason.kind === 'too_complex');
  if (tooComplex !== undefined) return tooComplex;
  if (first !== undefined && different.length === 1) return first;
  return { kind: 'or', reasons: different.slice(0, REASON_BRANCHES_MAX), branches: different.length };
}
