import { describe, expect, it } from 'vitest';
import { compilePattern, explainPattern } from '../../src/match/pattern.ts';
import type { Json, JsonObject } from '../../src/spec/json.ts';
import { decide, pattern } from './given.ts';

function matches(json: Json, event: JsonObject): boolean {
  return decide(json, event).matched;
}

function violations(json: Json): readonly { pointer: string; message: string }[] {
  const compiled = compilePattern(json);
  return compiled.ok ? [] : compiled.violations;
}

function warnings(json: Json): string[] {
  return pattern(json).warnings.map(({ pointer, message }) => `${pointer}: ${message}`);
}

function sentence(json: Json, event: JsonObject): string {
  const result = decide(json, event);
  return result.matched ? 'matched' : explainPattern(result.reason);
}

describe('one value', () => {
  it.each([
    ['a number as a double', [100], 1e2, true],
    ['a number, never as text', [100], '100', false],
    ['null, when present', [null], null, true],
    ['null, not as an empty text', [null], '', false],
    ['an address, whatever its zeros', ['10.0.0.1'], '010.0.0.01', true],
    ['an address, not other text', ['10.0.0.1'], 'host', false],
    ['exactly, without reading addresses', [{ exactly: '10.0.0.1' }], '010.0.0.1', false],
    ['a time as text, though it has a colon', ['12:30'], '012:30', false],
    ['IPv6 in any spelling', ['2001:db8::1'], '2001:0db8:0:0:0:0:0:1', true],
    ['IPv4 written as IPv6', [{ cidr: '10.0.0.0/8' }], '::ffff:a00:1', true],
    ['a block, only of its family', [{ cidr: '10.0.0.0/8' }], '0a12::5', false],
    ['an IPv6 block', [{ cidr: '2001:db8::/32' }], '2001:db8:ffff::9', true],
    ['a block, nothing but addresses', [{ cidr: '0.0.0.0/0' }], '1.2.3', false],
    ['an empty prefix as any text', [{ prefix: '' }], 'x', true],
    ['a prefix, only of text', [{ prefix: '' }], 5, false],
    ['a suffix without case', [{ suffix: { 'equals-ignore-case': '.CSV' } }], 'a.csv', true],
    ['a prefix without case', [{ prefix: { 'equals-ignore-case': 'RAW/' } }], 'raw/a', true],
    ['sharp s as itself or SS', [{ 'equals-ignore-case': 'straße' }], 'STRASSE', true],
    ['sharp s, not as ss', [{ 'equals-ignore-case': 'straße' }], 'strasse', false],
    ['the letter k, not the Kelvin sign', [{ 'equals-ignore-case': 'k' }], '\u212A', false],
    ['a suffix that is not there, without case', [{ suffix: { 'equals-ignore-case': 'z' } }], 'a', false],
    ['an escaped star', [{ wildcard: 'a\\*b\\\\*' }], 'a*b\\c', true],
    ['a question mark as itself', [{ wildcard: 'a?c*' }], 'abc', false],
    ['a wildcard without stars as text', [{ wildcard: 'abc' }], 'abc', true],
    ['pieces that may not overlap', [{ wildcard: 'ab*ba' }], 'aba', false],
    ['pieces in order', [{ wildcard: '*a*b*' }], 'ba', false],
    ['a wildcard, only of text', [{ wildcard: '*' }], 5, false],
    ['anything but a number, for its text', [{ 'anything-but': [1, 2] }], '1', true],
    ['anything but a prefix, for a number', [{ 'anything-but': { prefix: 'x' } }], 5, true],
    ['anything but wildcards', [{ 'anything-but': { wildcard: ['a*', '*z'] } }], 'abc', false],
    ['anything but, ignoring case', [{ 'anything-but': { 'equals-ignore-case': ['A'] } }], 'a', false],
    ['anything but a suffix', [{ 'anything-but': { suffix: '.tmp' } }], 'a.tmp', false],
    ['a range', [{ numeric: ['>', 0, '<=', 5] }], 5, true],
    ['a range, only of numbers', [{ numeric: ['>=', 0] }], '5', false],
    ['a bound from above', [{ numeric: ['<', 5] }], 5, false],
  ] as const)('compares %s', (_, list, value, expected) => {
    expect(matches({ data: { a: list } }, { data: { a: value } })).toBe(expected);
  });

  it('stops at eight stars on a long text at once', () => {
    const text = `${'a'.repeat(50_000)}b`;
    const startedAt = performance.now();
    expect(matches({ data: { a: [{ wildcard: 'a*a*a*a*a*a*a*a*c' }] } }, { data: { a: text } })).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(100);
    expect(violations({ data: { a: [{ wildcard: '*a'.repeat(9) }] } })).toMatchObject([
      { message: 'more than 8 stars' },
    ]);
  });

  it('sees a dotted name and a nested one as the same path', () => {
    expect(matches({ data: { 'a.b': ['x'] } }, { data: { a: { b: 'x' } } })).toBe(true);
    expect(matches({ data: { a: { b: ['x'] } } }, { data: { 'a.b': 'x' } })).toBe(true);
    expect(pattern({ data: { 'a.b': ['x'] } }).reads).toEqual([
      ['data', 'a.b'],
      ['data', 'a', 'b'],
    ]);
  });
});

describe('exists', () => {
  const absent = { data: { a: [{ exists: false }] } };
  const present = { data: { a: [{ exists: true }] } };

  it.each([
    ['missing', {}, true],
    ['null', { a: null }, false],
    ['an empty list', { a: [] }, true],
    ['an object', { a: { b: 1 } }, true],
    ['a value', { a: 1 }, false],
  ])('takes %s', (_, data, isAbsent) => {
    expect(matches(absent, { data })).toBe(isAbsent);
    expect(matches(present, { data })).toBe(!isAbsent);
  });

  it('false looks only at list elements fixed by paths that sort before it', () => {
    const event = { data: [{ a: 1 }, { b: 1 }] };
    expect(matches({ data: { a: [{ exists: false }], b: [1] } }, event)).toBe(false);
    expect(matches({ data: { b: [1], z: [{ exists: false }] } }, { data: [{ z: 1 }, { b: 1 }] })).toBe(true);
    expect(matches({ data: { b: [1], z: [{ exists: false }] } }, { data: [{ z: 1, b: 1 }] })).toBe(false);
  });

  it('false says what is there instead', () => {
    expect(sentence(absent, { data: { a: 1 } })).toBe('data.a 1 is there and must not be.');
    expect(sentence(absent, { data: [{ a: 1 }] })).toBe('data.a 1 is there and must not be.');
  });
});

describe('lists', () => {
  it('match when any element does, also for anything-but and in nested lists', () => {
    expect(matches({ data: { a: ['y'] } }, { data: { a: ['x', ['y']] } })).toBe(true);
    expect(matches({ data: { a: [{ 'anything-but': 'x' }] } }, { data: { a: ['x', 'y'] } })).toBe(true);
  });

  const people = { data: { people: { first: ['Anna'], last: ['Jones'] } } };

  it('never combine fields of different elements', () => {
    const apart = {
      data: {
        people: [
          { first: 'Anna', last: 'Lee' },
          { first: 'Bob', last: 'Jones' },
        ],
      },
    };
    expect(decide(people, apart)).toEqual({
      matched: false,
      reason: { kind: 'array', paths: ['data.people.first', 'data.people.last'] },
    });
    expect(sentence(people, apart)).toBe('no single list element fits data.people.first, data.people.last together.');
    expect(matches(people, { data: { people: [{ first: 'Anna', last: 'Jones' }] } })).toBe(true);
  });

  it('of their own do not get in each other’s way', () => {
    const json = { data: { x: { a: [1], b: [2] }, y: { a: [3] } } };
    expect(matches(json, { data: { x: [{ a: 1 }, { a: 1, b: 2 }], y: [{ a: 0 }, { a: 3 }] } })).toBe(true);
  });

  it('decide half-filled elements by the thousand', () => {
    const items = Array.from({ length: 5000 }, (_, index) => (index % 2 === 0 ? { a: 1 } : { b: 2 }));
    const json = { data: { items: { a: [1], b: [2] } } };
    expect(decide(json, { data: { items } })).toMatchObject({ reason: { kind: 'array' } });
    expect(matches(json, { data: { items: [...items, { a: 1, b: 2 }] } })).toBe(true);
  });

  it('inside lists must agree at every level', () => {
    const json = { data: { x: { a: [1], y: { b: [2], c: [3] } } } };
    const event = (inner: Json): JsonObject => ({
      data: {
        x: [
          { a: 1, y: inner },
          { a: 0, y: [{ b: 2, c: 3 }] },
        ],
      },
    });
    expect(
      matches(
        json,
        event([
          { b: 2, c: 0 },
          { b: 0, c: 3 },
        ]),
      ),
    ).toBe(false);
    expect(matches(json, event([{ b: 2, c: 3 }]))).toBe(true);
  });

  it('that take too many steps are a decision of their own', () => {
    const inner = Array.from({ length: 400 }, (_, index) => (index % 2 === 0 ? { a: 1 } : { b: 2 }));
    const event = { data: { x: [{ y: inner }, { y: inner }], aa: 1 } };
    const json = { data: { x: { y: { a: [1], b: [2] } } } };
    expect(decide(json, event)).toEqual({
      matched: false,
      reason: { kind: 'too_complex', paths: ['data.x.y.a', 'data.x.y.b'], steps: 20_000 },
    });
    expect(decide({ $or: [json, { data: { aa: [2] } }] }, event)).toMatchObject({ reason: { kind: 'too_complex' } });
    expect(matches({ $or: [json, { data: { aa: [1] } }] }, event)).toBe(true);
    const none = { data: { x: { y: { a: [1], b: [2], c: [{ exists: false }] } } } };
    expect(decide(none, event)).toMatchObject({ reason: { kind: 'too_complex' } });
  });

  it('nested without end are too complex, not a crash', () => {
    let deep: Json = 1;
    for (let depth = 0; depth < 5000; depth += 1) deep = [deep];
    expect(decide({ data: { a: [1] } }, { data: { a: deep } })).toMatchObject({ reason: { kind: 'too_complex' } });
  });
});

describe('$or', () => {
  const either = { type: ['t'], $or: [{ data: { a: [1] } }, { data: { b: [{ numeric: ['>', 5] }] } }] };

  it('takes any alternative, together with what stands outside', () => {
    expect(matches(either, { type: 't', data: { a: 1 } })).toBe(true);
    expect(matches(either, { type: 't', data: { b: 6 } })).toBe(true);
    expect(matches(either, { type: 'x', data: { a: 1 } })).toBe(false);
  });

  it('says why each alternative failed, and what they share once', () => {
    expect(sentence(either, { type: 't', data: { b: 5 } })).toBe(
      'no alternative of $or fits: data.a is missing, the pattern wants 1; or data.b 5 is not > 5.',
    );
    expect(sentence(either, { type: 'x' })).toContain('data.a is missing');
    const many = { $or: Array.from({ length: 10 }, (_, index) => ({ data: { [`f${index}`]: [1] } })) };
    expect(sentence(many, { data: {} })).toContain('; or 2 more.');
    expect(sentence({ aa: ['x'], $or: [{ data: { a: [1] } }, { data: { b: [1] } }] }, { aa: 'y' })).toBe(
      'aa "y" is not "x".',
    );
  });

  it('nests, and multiplies up to 128 alternatives', () => {
    const nested = { $or: [{ data: { a: [1] } }, { $or: [{ data: { b: [1] } }, { data: { c: [1] } }] }] };
    expect(matches(nested, { data: { c: 1 } })).toBe(true);
    const pair = (name: string): Json => ({ $or: [{ [`${name}x`]: [1] }, { [`${name}y`]: [1] }] });
    const fields = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => [name, pair(name)]));
    expect(violations({ data: fields })).toMatchObject([{ message: expect.stringContaining('more than 128') }]);
  });

  it('is an ordinary name when it has one entry or operators', () => {
    expect(matches({ data: { $or: [{ prefix: 'a' }, { suffix: 'z' }] } }, { data: { $or: 'abc' } })).toBe(true);
    expect(violations({ $or: [{ type: ['a'] }] })).toHaveLength(1);
    expect(violations({ $or: [{ data: { prefix: ['a'] } }, { type: ['b'] }] })).toEqual([
      { pointer: '/$or/0/data/prefix', message: '"prefix" is reserved inside $or' },
    ]);
  });

  it('refuses a field that would silently replace the same field of a branch', () => {
    const json = { $or: [{ type: ['a'] }, { source: ['b'] }], type: ['c'] };
    expect(violations(json)).toEqual([{ pointer: '/type', message: expect.stringContaining('$or branch /$or/0') }]);
  });

  it('warns where a branch replaces a field that stands before it', () => {
    const json = { type: ['a'], $or: [{ type: ['b'] }, { source: ['c'] }] };
    expect(warnings(json)).toEqual([expect.stringContaining('/$or/0/type: replaces what /type asks of type')]);
    expect(matches(json, { type: 'b' })).toBe(true);
    expect(matches(json, { type: 'a', source: 'c' })).toBe(true);
  });
});

describe('what is refused', () => {
  it.each([
    ['no object', [], ''],
    ['an empty object', { data: {} }, '/data'],
    ['an empty list', { data: { a: [] } }, '/data/a'],
    ['a bare value', { type: 'a' }, '/type'],
    ['a list in a list', { type: [['a']] }, '/type/0'],
    ['an empty match object', { type: [{}] }, '/type/0'],
    ['an unknown operator', { type: ['a', { regex: 'b' }] }, '/type/1'],
    ['numeric without a list', { type: [{ numeric: 5 }] }, '/type/0'],
    ['an upper bound first', { type: [{ numeric: ['<', 5, '>', 1] }] }, '/type/0'],
    ['an unknown comparison', { type: [{ numeric: ['!=', 5] }] }, '/type/0'],
    ['an empty anything-but list', { type: [{ 'anything-but': { prefix: [] } }] }, '/type/0'],
    ['anything-but of other operators', { type: [{ 'anything-but': { cidr: '1.1.1.1/8' } }] }, '/type/0'],
    ['a lone backslash', { type: [{ wildcard: 'a\\' }] }, '/type/0'],
    ['a block of one address', { type: [{ cidr: '10.0.0.1/32' }] }, '/type/0'],
    ['a block of no address', { type: [{ cidr: '10.0.0.256/8' }] }, '/type/0'],
    ['a block with two slashes', { type: [{ cidr: '10.0.0.0/8/8' }] }, '/type/0'],
    ['an address with two gaps', { type: [{ cidr: '1::2::3/8' }] }, '/type/0'],
    ['an address with a bad group', { type: [{ cidr: '1::g/8' }] }, '/type/0'],
    ['an address too short', { type: [{ cidr: '1:2:3/8' }] }, '/type/0'],
    ['too many values', { type: Array.from({ length: 257 }, () => 1) }, '/type'],
    ['a pattern over 4 KB', { type: ['x'.repeat(4096)] }, ''],
    ['too many fields', { data: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`f${i}`, [1]])) }, ''],
    ['a name with a slash and a tilde', { 'a/b~': 1 }, '/a~1b~0'],
  ])('%s', (_, json, pointer) => {
    expect(violations(json)).toMatchObject([{ pointer, message: expect.any(String) }]);
  });

  it('nesting without end', () => {
    let deep: Json = [1];
    for (let depth = 0; depth < 100_000; depth += 1) deep = { a: deep };
    expect(violations(deep)).toHaveLength(1);
  });
});

describe('warnings', () => {
  it.each([
    ['prefix and suffix in one list', { type: [{ prefix: 'a' }, { suffix: 'b' }] }, 'are OR'],
    ['exists: true beside values', { type: ['a', { exists: true }] }, 'needless'],
    [
      'anything-but beside values',
      { type: [{ 'anything-but': 'a' }, { 'anything-but': 'b' }] },
      'one anything-but list',
    ],
    ['two bounds', { data: { a: [{ numeric: ['>', 1] }, { numeric: ['<', 5] }] } }, 'two numeric bounds'],
    ['a name no attribute has', { 'detail-type': ['a'] }, 'payload is under data'],
    ['fields inside an attribute', { subject: { a: ['b'] } }, 'only data has fields inside it'],
    ['one path twice', { data: { 'a.b': [1], a: { b: [2] } } }, 'replaces what /data/a.b asks'],
  ])('%s', (_, json, message) => {
    expect(warnings(json)).toEqual([expect.stringContaining(message)]);
  });

  it('none for what can be meant', () => {
    const json = {
      type: [{ prefix: 'a' }, { prefix: 'b' }],
      data: { a: [{ exists: false }, { numeric: ['=', 0] }, 1] },
    };
    expect(warnings(json)).toEqual([]);
  });
});

describe('a reason', () => {
  it('keeps the first values, long ones cut', () => {
    const values = ['x'.repeat(300), 1, 2, 3, 4, 5, 6];
    const result = decide({ data: { a: ['z'] } }, { data: { a: values } });
    expect(result).toEqual({
      matched: false,
      reason: { kind: 'value', path: 'data.a', expected: ['z'], actual: [`${'x'.repeat(200)}…`, 1, 2, 3, 4], found: 7 },
    });
    expect(sentence({ data: { a: ['z'] } }, { data: { a: values } })).toContain(', 4 and 2 more) is not "z".');
  });

  it('of running out of steps names the paths', () => {
    const reason = { kind: 'too_complex', paths: ['a.b'], steps: 20_000 } as const;
    expect(explainPattern(reason)).toBe('comparing the list elements at a.b took more than 20000 steps.');
  });
});
