import { canonicalJson } from '../../match/canonical.ts';
import { isObject, pointerTo } from '../../match/json.ts';
import type { Json } from '../../spec/json.ts';
import type { ExpectedRun, ScenarioSpec } from '../../spec/scenario.ts';
import { align } from './align.ts';
import type { ScenarioRun, Totals } from './happened.ts';
import { momentText } from './moment-text.ts';

/** One thing that is not as expected. */
export type Difference = {
  /** RFC 6901 pointer: `compare` points into `expect`, a checked scenario into its `spec`. */
  readonly path: string;
  /** Absent where nothing was expected, or nothing happened. */
  readonly expected?: Json;
  readonly actual?: Json;
  /** For people, in one line. */
  readonly text: string;
};

/** Everything in which what happened differs from what a scenario expects. */
export function compare(expect: ScenarioSpec['expect'], totals: Totals, toleranceMs = 0): readonly Difference[] {
  const differences = expect.runs ? compareRuns(expect.runs, totals.runs, toleranceMs) : [];
  for (const [stage, expected] of Object.entries(expect.suppressed ?? {})) {
    const actual = [...totals.suppressed].find(([name]) => name === stage)?.[1] ?? 0;
    if (actual !== expected)
      differences.push(valueDifference(`/suppressed/${stage}`, `suppressed by ${stage}`, expected, actual));
  }
  const { deadLetters } = expect;
  if (deadLetters !== undefined && deadLetters !== totals.deadLetters) {
    differences.push(valueDifference('/deadLetters', 'dead letters', deadLetters, totals.deadLetters));
  }
  return differences;
}

function compareRuns(
  expected: readonly ExpectedRun[],
  actual: readonly ScenarioRun[],
  toleranceMs: number,
): Difference[] {
  const differences: Difference[] = [];
  if (expected.length !== actual.length) {
    differences.push(valueDifference('/runs', 'runs', expected.length, actual.length));
  }
  const differ = (wanted: ExpectedRun, run: ScenarioRun, path: string, name: string) =>
    compareRun(wanted, run, { path, name, toleranceMs });
  const pairs = align(expected, actual, (wanted, run) => differ(wanted, run, '', '').length === 0);
  for (const { left, right, leftAt, rightAt } of pairs) {
    const path = `/runs/${leftAt ?? rightAt ?? 0}`;
    if (left && right) differences.push(...differ(left, right, path, `run ${(leftAt ?? 0) + 1}`));
    else if (left) {
      const text = `run ${(leftAt ?? 0) + 1}: did not happen (${expectedText(left)})`;
      differences.push({ path, expected: shown(left), text });
    } else if (right) differences.push({ path, actual: actualOf(right), text: `unexpected run: ${runText(right)}` });
  }
  return differences;
}

/** A run in one line. */
function runText({ atMs, key, cause, eventCount, status }: ScenarioRun): string {
  const events = `${eventCount} ${eventCount === 1 ? 'event' : 'events'}`;
  return `at ${momentText(atMs)}, key ${JSON.stringify(key)}, cause ${cause}, ${events}, ${status}`;
}

function expectedText({ at, ...rest }: ExpectedRun): string {
  const moment = at === undefined ? [] : [`at ${momentText(at)}`];
  const members = Object.entries(rest).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return [...moment, ...members].join(', ') || 'any run';
}

function compareRun(
  expected: ExpectedRun,
  run: ScenarioRun,
  { path, name, toleranceMs }: { readonly path: string; readonly name: string; readonly toleranceMs: number },
): readonly Difference[] {
  const { at, params, ...plain } = expected;
  const differences: Difference[] = [];
  if (at !== undefined && Math.abs(at - run.atMs) > toleranceMs) {
    differences.push(valueDifference(`${path}/at`, `${name} at`, momentText(at), momentText(run.atMs)));
  }
  const actual = actualOf(run);
  for (const [member, value] of Object.entries(plain)) {
    const is = actual[member];
    if (value !== undefined && value !== is) {
      differences.push(valueDifference(`${path}/${member}`, `${name} ${member}`, value, is));
    }
  }
  if (params !== undefined) differences.push(...compareJson(params, run.params, `${path}/params`, `${name} params`));
  return differences;
}

/** Objects by the members that are named, everything else whole. */
function compareJson(expected: Json, actual: Json | undefined, path: string, name: string): readonly Difference[] {
  if (isObject(expected) && isObject(actual)) {
    return Object.entries(expected).flatMap(([member, value]) =>
      compareJson(
        value,
        Object.hasOwn(actual, member) ? actual[member] : undefined,
        pointerTo(path, member),
        `${name}.${member}`,
      ),
    );
  }
  return isSame(expected, actual) ? [] : [valueDifference(path, name, expected, actual)];
}

function isSame(one: Json, other: Json | undefined): boolean {
  return other !== undefined && canonicalJson(one) === canonicalJson(other);
}

function actualOf({ atMs, key, cause, eventCount, params, status }: ScenarioRun): { readonly [name: string]: Json } {
  return { at: momentText(atMs), key, cause, eventCount, ...(params !== undefined && { params }), status };
}

function shown({ at, ...rest }: ExpectedRun): Json {
  const json: Json = JSON.parse(JSON.stringify({ ...(at !== undefined && { at: momentText(at) }), ...rest }));
  return json;
}

function valueDifference(path: string, name: string, expected: Json, actual: Json | undefined): Difference {
  const plain = (value: Json | undefined) => (value === undefined ? 'nothing' : textOf(value));
  const text = `${name}: expected ${plain(expected)}, got ${plain(actual)}`;
  return { path, expected, ...(actual !== undefined && { actual }), text };
}

/** Moments and names as they are, JSON for the rest. */
function textOf(value: Json): string {
  return typeof value === 'string' && /^[\w. -]+$/.test(value) ? value : JSON.stringify(value);
}
