import { describe, expect, it } from 'vitest';

import { compilePattern, explainPattern } from '../../src/match/pattern.ts';
import type { Json } from '../../src/spec/json.ts';

function sentence(expected: readonly Json[], event: { readonly a?: Json }): string {
  const compiled = compilePattern({ a: expected });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.violations));
  const result = compiled.pattern.match(event);
  return result.matched ? 'matched' : explainPattern(result.reason);
}

describe('a value that does not fit', () => {
  it.each<[readonly Json[], Json, string]>([
    [['x'], 'y', 'a "y" is not "x".'],
    [['x', 'z', null], 'y', 'a "y" is none of "x", "z", null.'],
    [[1, 2, 3, 4, 5, 6, 7], 8, 'a 8 is none of 1, 2, 3, 4, 5, 2 more.'],
    [[{ numeric: ['>', 1_048_576] }], 419_430, 'a 419430 is not > 1048576.'],
    [[{ numeric: ['>', 1, '<=', 5] }], 9, 'a 9 is not > 1 and <= 5.'],
    [[{ numeric: ['=', 1] }], '1', 'a "1" is not a number = 1.'],
    [[{ prefix: 'x' }], 'y', 'a "y" does not begin with "x".'],
    [[{ suffix: { 'equals-ignore-case': 'x' } }], 'y', 'a "y" does not end with "x" in any case.'],
    [[{ 'equals-ignore-case': 'x' }], 'y', 'a "y" is not "x" in any case.'],
    [[{ wildcard: 'x*' }], 'y', 'a "y" does not fit "x*".'],
    [[{ 'anything-but': ['y', 'z'] }], 'y', 'a "y" is what anything-but "y", "z" excludes.'],
    [[{ 'anything-but': { prefix: 'y' } }], 'y', 'a "y" is what anything-but {"prefix":"y"} excludes.'],
    [[{ exists: false }], 'y', 'a "y" is there and must not be.'],
    [[{ cidr: '10.0.0.0/8' }], 'y', 'a "y" is not an address in "10.0.0.0/8".'],
    [[{ exactly: 'x' }], 'y', 'a "y" is not exactly "x".'],
    [['x', { prefix: 'z' }], 'y', 'a "y" is not "x" and does not begin with "z".'],
    [['x'], ['y', 'z'], 'each of a ("y", "z") is not "x".'],
  ])('%j says so of %j', (expected, actual, said) => {
    expect(sentence(expected, { a: actual })).toBe(said);
  });
});

describe('a value that is missing', () => {
  it.each<[readonly Json[], string]>([
    [['x', 1], '"x" or 1'],
    [[{ numeric: ['>', 1, '<', 5] }], 'a number > 1 and < 5'],
    [[{ prefix: { 'equals-ignore-case': 'x' } }], 'text that begins with "x" in any case'],
    [[{ suffix: 'x' }], 'text that ends with "x"'],
    [[{ 'equals-ignore-case': 'x' }], '"x" in any case'],
    [[{ wildcard: 'x*' }], 'text that fits "x*"'],
    [[{ 'anything-but': 'x' }], 'anything but "x"'],
    [[{ exists: true }], 'any value'],
    [[{ cidr: '10.0.0.0/8' }], 'an address in "10.0.0.0/8"'],
    [[{ exactly: 'x' }], 'exactly "x"'],
  ])('%j is told as %s', (expected, wanted) => {
    expect(sentence(expected, {})).toBe(`a is missing, the pattern wants ${wanted}.`);
  });
});

describe('how far an event gets in a pattern', () => {
  const progress = (pattern: Json, event: { readonly [name: string]: Json }) => {
    const compiled = compilePattern(pattern);
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.violations));
    return compiled.pattern.progress(event);
  };

  it('is told by the alternative it came closest to', () => {
    const pattern = { type: ['t'], $or: [{ a: [1], b: [1] }, { a: [2] }, { c: [1] }] };
    expect(progress(pattern, { type: 't', a: 2 })).toEqual({ clauses: 2, held: 2, failed: [] });
    expect(progress(pattern, { type: 't', a: 1, b: 2 })).toMatchObject({ clauses: 3, held: 2 });
    expect(progress(pattern, { type: 'x', c: 2 }).failed.map(({ pointer }) => pointer)).toEqual([
      '/type',
      '/$or/0/a',
      '/$or/0/b',
    ]);
  });

  it('is all of it where a match depends on the fields together', () => {
    const pattern = { data: { b: [1], z: [{ exists: false }] } };
    expect(progress(pattern, { data: [{ z: 1 }, { b: 1 }] })).toMatchObject({ failed: [] });
  });

  it('names no single field where every field fits and no list element fits them all', () => {
    const pattern = { data: { a: [1], b: [2] } };
    expect(progress(pattern, { data: [{ a: 1 }, { b: 2 }] })).toEqual({
      clauses: 2,
      held: 1,
      failed: [{ pointer: '', reason: { kind: 'array', paths: ['data.a', 'data.b'] } }],
    });
  });

  it('is nothing where the event nests too deep to look at', () => {
    let deep: Json = 1;
    for (let depth = 0; depth < 5000; depth += 1) deep = [deep];
    expect(progress({ data: { a: [1] } }, { data: { a: deep } })).toMatchObject({ held: 0, failed: [{ pointer: '' }] });
  });
});

describe('argoproj/argo-events #3215: an exclusion of several values', () => {
  it('turns away each of them, saying which, and lets everything else pass', () => {
    const excluded = [{ 'anything-but': ['draft', 'test'] }];
    expect(sentence(excluded, { a: 'draft' })).toBe('a "draft" is what anything-but "draft", "test" excludes.');
    expect(sentence(excluded, { a: 'test' })).not.toBe('matched');
    expect(sentence(excluded, { a: 'live' })).toBe('matched');
  });
});
