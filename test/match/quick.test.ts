import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/spec/json.ts';
import { pattern } from './given.ts';
import { cases } from '../setup/thorough.ts';

const name = fc.constantFrom('a', 'b', 'a.b', 'b.a', 'a.b.a', 'c');
const scalar = fc.constantFrom<Json>(1, 2, 'x', null, true);
const { value } = fc.letrec<{ value: Json; object: { [name: string]: Json }; list: Json[] }>((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, scalar, tie('object'), tie('list')),
  object: fc.dictionary(name, tie('value'), { maxKeys: 3 }),
  list: fc.array(tie('value'), { maxLength: 2 }),
}));
const event = fc.dictionary(name, value, { maxKeys: 3 });
const entry = fc.constantFrom<Json>(1, 'x', null, { exists: false }, { exists: true }, { 'anything-but': [1] });
const list = fc.array(entry, { minLength: 1, maxLength: 2 });
const fields = fc.dictionary(
  fc.constantFrom('a', 'b', 'c'),
  fc.oneof(list, fc.record({ a: list }), fc.record({ b: fc.record({ a: list }) })),
  {
    minKeys: 1,
    maxKeys: 2,
  },
);
const asked = fc.oneof(
  fields,
  fc.tuple(fields, fields).map((branches) => ({ $or: branches })),
);

describe('matching without a reason', () => {
  it('decides as matching with one, on any event', () => {
    const decisions = { yes: 0, no: 0 };
    fc.assert(
      fc.property(event, asked, (given, wanted) => {
        const compiled = pattern(wanted);
        const { matched } = compiled.match(given);
        decisions[matched ? 'yes' : 'no'] += 1;
        expect(compiled.matches(given)).toBe(matched);
      }),
      { numRuns: cases(5_000) },
    );
    expect(Math.min(decisions.yes, decisions.no)).toBeGreaterThan(cases(250));
  });

  it('tells of a type whether an event of it may match at all', () => {
    const compiled = pattern({ $or: [{ type: [{ prefix: 'a.' }], x: [1] }, { type: ['b'] }] });
    expect(['a.b', 'b', 'c'].map((type) => compiled.mayMatchType(type))).toEqual([true, true, false]);
    expect(pattern({ source: ['s'] }).mayMatchType('anything')).toBe(true);
  });

  it('finds a value behind a dotted member name', () => {
    const compiled = pattern({ data: { object: { key: ['k'] } } });
    expect(compiled.matches({ data: { object: { key: 'other' } } })).toBe(false);
    expect(compiled.matches({ data: { object: { key: 'other' }, 'object.key': 'k' } })).toBe(true);
    expect(compiled.matches({ 'data.object': { key: 'k' } })).toBe(true);
  });
});
