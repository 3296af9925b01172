import { describe, expect, it } from 'vitest';

import { compilePattern } from '../../src/match/pattern.ts';
import type { Json } from '../../src/spec/json.ts';

describe('an operator with a value it does not take', () => {
  it.each<[string, Json]>([
    ['prefix with a number', { prefix: 1 }],
    ['prefix with an object of another operator', { prefix: { wildcard: 'a' } }],
    ['anything-but with a boolean', { 'anything-but': true }],
    ['anything-but prefix with an object', { 'anything-but': { prefix: {} } }],
    ['anything-but prefix with an empty text', { 'anything-but': { prefix: '' } }],
    ['anything-but wildcard with two stars together', { 'anything-but': { wildcard: 'a**' } }],
    ['numeric with a text', { numeric: ['>', 'a'] }],
    ['numeric with an empty range', { numeric: ['>', 2, '<', 1] }],
    ['exists with a text', { exists: 'yes' }],
    ['wildcard with two stars together', { wildcard: '**' }],
  ])('is refused: %s', (_name, operator) => {
    expect(compilePattern({ a: [operator] }).ok).toBe(false);
  });
});

describe('numeric', () => {
  it.each<[Json, number, boolean]>([
    [['=', 2], 2, true],
    [['=', 2], 3, false],
    [['>=', 2], 2, true],
    [['>=', 2], 1, false],
    [['>=', 1, '<', 2], 1, true],
  ])('%j decides about %d', (numeric, a, matched) => {
    const compiled = compilePattern({ a: [{ numeric }] });
    expect(compiled.ok && compiled.pattern.match({ a }).matched).toBe(matched);
  });
});
