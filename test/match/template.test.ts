import { describe, expect, it } from 'vitest';
import type { Reads } from '../../src/match/expression.ts';
import { compileTemplate, mergeReads, type Resolved } from '../../src/match/template.ts';
import type { Json } from '../../src/spec/json.ts';

const event = { id: '1', data: { bucket: 'lake', key: 'a/b', n: 2, list: [1, 'x'], nothing: null } };

function resolve(json: Json, variables: { readonly [name: string]: Json } = { event }): Resolved {
  const compiled = compileTemplate(json, Object.keys(variables));
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.violations));
  return compiled.template.resolve(variables);
}

function violations(json: Json): readonly { pointer: string; message: string }[] {
  const compiled = compileTemplate(json, ['event']);
  return compiled.ok ? [] : compiled.violations;
}

describe('a template', () => {
  it.each<[string, Json, Json]>([
    ['keeps the type of a lone expression', '${{ event.data.list }}', [1, 'x']],
    ['fills in text', 's3://${{ event.data.bucket }}/${{ event.data.key }}', 's3://lake/a/b'],
    ['writes numbers and booleans as text', 'n=${{ event.data.n }} ${{ event.data.n > 1 }}', 'n=2 true'],
    ['writes the rest as JSON', '${{ event.data.nothing }} ${{ event.data.list }}!', 'null [1,"x"]!'],
    [
      'leaves other JSON alone',
      { a: [1, null, true, 'plain', '$ {{ }} }}'] },
      { a: [1, null, true, 'plain', '$ {{ }} }}'] },
    ],
    ['does not end inside a string literal', "${{ 'a}}' + \"}}\" + 'it\\'s }}' }}", "a}}}}it's }}"],
    ['knows raw and triple-quoted literals', String.raw`${'$'}{{ r'\' + '''}}'}}''' }}`, "\\}}'}}"],
    ['does not end inside a map', "${{ {'a': {'b': 1}}.a.b }}", 1],
    ['does not end inside a comment', '${{ 1 // }}\n + 1 }}', 2],
    ['goes deep', { a: [{ b: '${{ event.id }}' }] }, { a: [{ b: '1' }] }],
  ])('%s', (_, json, expected) => {
    expect(resolve(json)).toEqual({ ok: true, value: expected });
  });

  it('takes the default when the value fails, and only then', () => {
    expect(resolve({ $value: '${{ event.data.epochs }}', $default: 10 })).toEqual({ ok: true, value: 10 });
    expect(resolve({ $value: '${{ event.data.n }}', $default: 10 })).toEqual({ ok: true, value: 2 });
    expect(resolve({ $value: '${{ event.data.nothing }}', $default: 10 })).toEqual({ ok: true, value: null });
    expect(resolve({ $value: ['${{ event.x }}'], $default: '${{ event.id }}' })).toEqual({ ok: true, value: '1' });
  });

  it('says which expression failed, where and why', () => {
    expect(resolve({ a: ['x', { 'b/c': 'k-${{ event.data.key.size() / 0 }}' }] })).toEqual({
      ok: false,
      pointer: '/a/1/b~1c',
      expression: 'event.data.key.size() / 0',
      message: 'int divide by zero',
    });
    expect(resolve('${{ event.data.x }}')).toMatchObject({ pointer: '', message: 'field not found: x (at ".x")' });
  });

  it('builds objects in which __proto__ is an ordinary member', () => {
    const json: Json = JSON.parse('{"__proto__": "${{ event.id }}", "constructor": 1}');
    const resolved = resolve(json);
    expect(resolved.ok && Object.keys(resolved.value ?? {})).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(resolved.ok ? resolved.value : null)).toBe(Object.prototype);
  });

  it('may give 64 KB', () => {
    const long = { event: { id: 'x'.repeat(40_000) } };
    expect(resolve(['${{ event.id }}', '${{ event.id }}'], long)).toEqual({
      ok: false,
      pointer: '',
      expression: '',
      message: 'the result is larger than 64 KB',
    });
  });

  it('reads what its expressions read', () => {
    const compiled = compileTemplate(['${{ event.id }}', { a: 'x${{ event.data.n + key }}' }], ['event', 'key']);
    expect(compiled.ok && compiled.template.reads).toEqual({ event: [['id'], ['data', 'n']], key: 'whole' });
  });
});

describe('a template that does not compile', () => {
  it('names every place', () => {
    expect(
      violations({ a: '${{ event. }}', b: ['${{ other }}'], c: '${{ event.id', d: "${{ 'x }}", e: '${{ }}' }),
    ).toEqual([
      { pointer: '/a', message: expect.stringContaining('expecting') },
      { pointer: '/b/0', message: expect.stringContaining('unknown variable other') },
      { pointer: '/c', message: '${{ has no }} that ends it' },
      { pointer: '/d', message: '${{ has no }} that ends it' },
      { pointer: '/e', message: 'the expression is empty' },
    ]);
    expect(violations('${{ 1 // no end')).toHaveLength(1);
  });

  it('has $value without $default, or beside others', () => {
    expect(violations({ a: { $value: 1 } })).toMatchObject([{ pointer: '/a' }]);
    expect(violations({ $default: 1 })).toMatchObject([{ pointer: '' }]);
    expect(violations({ $value: 1, $default: 2, more: 3 })).toMatchObject([{ pointer: '' }]);
  });

  it('has expressions in member names, or nests too deep', () => {
    expect(violations({ '${{ event.id }}': 1 })).toMatchObject([{ message: expect.stringContaining('member names') }]);
    let deep: Json = 1;
    for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];
    expect(violations(deep)).toEqual([{ pointer: '', message: 'nests deeper than 64' }]);
  });
});

describe('merged reads', () => {
  it('hold everything once', () => {
    const first: Reads = { event: [['a', 'b'], ['c']], key: [['x']] };
    expect(mergeReads(first, { event: [['a'], ['c']], key: 'whole' }, { items: 'whole' })).toEqual({
      event: [['c'], ['a']],
      key: 'whole',
      items: 'whole',
    });
    expect(mergeReads()).toEqual({});
  });
});
