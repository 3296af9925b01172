import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldText } from '../../src/match/fold.ts';
import type { Json, JsonObject } from '../../src/spec/json.ts';
import { pattern } from './given.ts';
import { cases } from '../setup/thorough.ts';

type Field = 'x' | 'y' | 'z';
type Asked = 'absent' | 'present' | 1 | 2;
type Leaf = { readonly path: string; readonly value: Json; readonly at: readonly string[] };

const entry = { absent: { exists: false }, present: { exists: true }, 1: 1, 2: 2 } as const;

/** Mostly lists of objects, of different depth side by side: that is where elements can disagree. */
const value = fc.constantFrom(1, 2);
const leafObject = fc.dictionary(fc.constantFrom<Field>('x', 'y', 'z'), value, { minKeys: 1, maxKeys: 2 });
const inner = fc.oneof(
  value,
  leafObject,
  fc.array(fc.oneof(leafObject, fc.array(leafObject, { maxLength: 2 })), { maxLength: 3 }),
);
const object = fc.dictionary(fc.constantFrom<Field>('x', 'y', 'z'), inner, { minKeys: 1, maxKeys: 3 });
const node = fc.oneof(
  inner,
  fc.array(fc.oneof(object, fc.array(object, { minLength: 1, maxLength: 3 })), { maxLength: 3 }),
);
const paths = fc.constantFrom('x', 'y', 'x.x', 'x.y', 'x.z', 'x.y.x', 'x.y.y', 'x.y.z');
const asked = fc.constantFrom<Asked>('absent', 'present', 1, 2);
const asks = fc.dictionary(paths, fc.uniqueArray(asked, { minLength: 1, maxLength: 2 }), { minKeys: 1, maxKeys: 4 });

function leavesOf(value: Json, path: string, at: readonly string[], here: string): Leaf[] {
  if (Array.isArray(value)) {
    const items: readonly Json[] = value;
    return items.flatMap((item, index) =>
      leavesOf(item, path, typeof item === 'object' ? [...at, `${here}=${index}`] : at, `${here}/${index}`),
    );
  }
  if (typeof value !== 'object' || value === null) return [{ path, value, at }];
  return Object.entries(value).flatMap(([name, item]: [string, Json]) =>
    leavesOf(item, path === '' ? name : `${path}.${name}`, at, `${here}.${name}`),
  );
}

function agree(at: readonly string[], fixed: readonly string[]): boolean {
  return !at.some((element) =>
    fixed.some((other) => other !== element && other.split('=')[0] === element.split('=')[0]),
  );
}

/** The rule as it is written down, trying everything. */
function holds(
  leaves: readonly Leaf[],
  rule: readonly [string, readonly Asked[]][],
  fixed: readonly string[],
): boolean {
  const [[path, list] = [], ...rest] = rule;
  if (path === undefined || list === undefined) return true;
  const here = leaves.filter((leaf) => leaf.path === path && agree(leaf.at, fixed));
  const fits = (leaf: Leaf): boolean => list.some((ask) => ask === 'present' || ask === leaf.value);
  if (here.some((leaf) => fits(leaf) && holds(leaves, rest, [...fixed, ...leaf.at]))) return true;
  return list.includes('absent') && here.length === 0 && holds(leaves, rest, fixed);
}

describe('list elements', () => {
  it('are combined exactly as the rule says, on any event', () => {
    const decisions = { matched: 0, refused: 0 };
    fc.assert(
      fc.property(fc.record({ x: node }), asks, (data, wanted) => {
        const event: JsonObject = { data };
        const lists = Object.entries(wanted).map(([path, list]) => [path, list.map((ask) => entry[ask])] as const);
        const sorted = Object.entries(wanted).toSorted(([a], [b]) => (a < b ? -1 : 1));
        const expected = holds(leavesOf(data, '', [], ''), sorted, []);
        decisions[expected ? 'matched' : 'refused'] += 1;
        expect(pattern({ data: Object.fromEntries(lists) }).match(event).matched).toBe(expected);
      }),
      { numRuns: cases(5_000) },
    );
    expect(Math.min(decisions.matched, decisions.refused)).toBeGreaterThan(cases(250));
  });
});

describe('case folding', () => {
  it('may take the first form that fits: none begins or ends with another', () => {
    for (let point = 0; point < 0x1_ffff; point += 1) {
      const [lower = '', upper] = foldText(String.fromCodePoint(point))[0] ?? [];
      if (upper === undefined) continue;
      expect([
        lower.startsWith(upper),
        upper.startsWith(lower),
        lower.endsWith(upper),
        upper.endsWith(lower),
      ]).not.toContain(true);
    }
  });
});
