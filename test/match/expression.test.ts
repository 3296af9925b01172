import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileExpression, type Reads } from '../../src/match/expression.ts';
import { FUNCTIONS } from '../../src/match/library.ts';
import type { Json } from '../../src/spec/json.ts';
import { evaluate } from './given.ts';

/** The event of the worked examples. */
const event = {
  id: '1',
  type: 'object.created',
  time: '2026-03-04T05:06:07Z',
  data: {
    bucket: { name: 'lake' },
    object: { key: 'raw/dt=2026-03-04/part.parquet' },
    files: [
      { path: 'a.parquet', rows: 10 },
      { path: 'b.csv', rows: 10 },
      { path: 'c.parquet', rows: 1 },
      { path: 'd.parquet', rows: 0 },
    ],
    drift: {
      score: 0.4,
      features: [
        { name: 'age', psi: 0.3 },
        { name: 'income', psi: 0.1 },
      ],
    },
    model: { name: 'fraud', version: 17 },
    train: {},
    nothing: null,
    n: 7,
    list: Array.from({ length: 300 }, (_, index) => index),
    long: 'x'.repeat(60_000),
    mid: 'y'.repeat(300),
  },
} as const;

const STEPS = 'the expression takes more than 10,000 steps on this event';

function value(source: string, variables: { readonly [name: string]: Json | undefined } = { event }): Json | undefined {
  const evaluated = evaluate(source, variables);
  if (!evaluated.ok) throw new Error(evaluated.message);
  return evaluated.value;
}

function message(source: string, variables: { readonly [name: string]: Json | undefined } = { event }): string {
  const evaluated = evaluate(source, variables);
  return evaluated.ok ? `gave ${JSON.stringify(evaluated.value)}` : evaluated.message;
}

function reads(source: string, variables: readonly string[] = ['event']): Reads | string {
  const compiled = compileExpression(source, variables);
  return compiled.ok ? compiled.expression.reads : compiled.message;
}

/** Of the processor: others that run beside it do not count. */
function workedMs(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

describe('worked examples', () => {
  it.each([
    ["regex.extract(event.data.object.key, 'dt=([0-9]{4}-[0-9]{2}-[0-9]{2})')", '2026-03-04'],
    [
      "event.data.files.filter(f, f.path.endsWith('.parquet') && f.rows > 0.0).map(f, f.path)",
      ['a.parquet', 'c.parquet'],
    ],
    ["event.data.drift.score >= 0.3 ? 'full-retrain' : 'fine-tune'", 'full-retrain'],
    ["event.data.drift.features.filter(f, f.psi > 0.2).map(f, f.name).join(',')", 'age'],
    ["event.data.model.name + ':v' + string(int(event.data.model.version))", 'fraud:v17'],
    ['has(event.data.train.epochs) ? event.data.train.epochs : 10.0', 10],
    [
      'hash.sha256([event.data.bucket.name, event.data.object.key])',
      '7a901f6f0e52493580a5d149560ab4743a19c5e37b530222805d0f6778a51e11',
    ],
    ["date.format(event.time, 'YYYYMMDD')", '20260304'],
  ])('%s', (source, expected) => {
    expect(value(source)).toEqual(expected);
  });
});

describe('numbers', () => {
  it.each([
    ['event.data.n + 1', 8],
    ['1 - event.data.n', -6],
    ['event.data.n * 2', 14],
    ['event.data.n / 2', 3.5],
    ['event.data.n % 4', 3],
    ['event.data.n + 1u', 8],
    ['event.data.n == 7 && event.data.n > 6', true],
    ['event.data.list[event.data.n]', 7],
    ['7 / 2', 3],
    ['9007199254740991', 9007199254740991],
  ])('%s', (source, expected) => {
    expect(value(source)).toBe(expected);
  });

  it.each([
    ['9007199254740993', 'beyond 2^53'],
    ['1.0 / 0.0', 'the result is Infinity'],
    ["double('x')", 'the result is NaN'],
    ['1 / 0', 'divide by zero'],
    ["'a' + 1", 'no matching overload'],
    ['event.data.nothing + 1', 'no matching overload'],
  ])('%s is an error', (source, expected) => {
    expect(message(source)).toContain(expected);
  });
});

describe('results', () => {
  it.each([
    ["{'a': 1, 'b': [2u, 1.5, true, null]}", { a: 1, b: [2, 1.5, true, null] }],
    ["{1: 'a', true: 'b'}", { 1: 'a', true: 'b' }],
    ['timestamp(event.time)', '2026-03-04T05:06:07Z'],
    ["timestamp(event.time) - timestamp('2026-03-04T05:06:00Z')", '7s'],
    ["duration('90s')", '90s'],
    ['event.data.bucket', { name: 'lake' }],
    ['items.size()', 2],
  ])('%s', (source, expected) => {
    expect(value(source, { event, items: [1, 2] })).toEqual(expected);
  });

  it('may be 64 KB', () => {
    expect(message('event.data.list.map(x, event.data.long)')).toBe('the result is larger than 64 KB');
    expect(message('event', { event: { id: 'x'.repeat(65_536) } })).toBe('the result is larger than 64 KB');
  });

  it('that JSON cannot hold are errors', () => {
    expect(message('type(1)')).toContain('JSON cannot hold');
    expect(message("b'abc'")).toContain('JSON cannot hold');
  });

  it('keep a member named __proto__ an ordinary member', () => {
    const parsed = value(`json.parse('{"__proto__": {"x": 1}}')`);
    expect(Object.keys(parsed ?? {})).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
  });
});

describe('what an expression reads', () => {
  it.each<[string, Reads]>([
    ['event.data.object.key', { event: [['data', 'object', 'key']] }],
    ["event['data']['object-key'].x", { event: [['data', 'object-key', 'x']] }],
    ['has(event.data.x) && event.data.x.y == 1', { event: [['data', 'x']] }],
    ['event.data.files[0].path', { event: [['data', 'files']] }],
    ['event.data[event.type]', { event: [['type'], ['data']] }],
    ['event[event.type]', { event: 'whole' }],
    ['hash.sha256(event)', { event: 'whole' }],
    ['event.data.files.map(event, event.path)', { event: [['data', 'files']] }],
    ["{'a': event.id}[event.type]", { event: [['type'], ['id']] }],
    ["'x' in event.data", { event: [['data']] }],
    ['.event.id', { event: [['id']] }],
    ['type(1) == int', {}],
  ])('%s', (source, expected) => {
    expect(reads(source)).toEqual(expected);
  });

  it('is all it sees: evaluation over the pruned event is the same', () => {
    expect(value('event.data.nothing == null && !has(event.data.absent)')).toBe(true);
    expect(value("has(event.data.nothing) && 'nothing' in event.data")).toBe(true);
  });
});

describe('what does not compile', () => {
  it.each([
    ['  ', 'the expression is empty', undefined],
    ['x'.repeat(2049), 'longer than 2048', undefined],
    [`1${'+1'.repeat(600)}`, 'more than 512 parts', expect.any(Number)],
    ['('.repeat(900), 'nests too deep', undefined],
    ['a +', 'expecting end of input', 2],
    ['event.id == other.id', 'unknown variable other: known here are event', 12],
    ['__proto__', 'unknown variable __proto__', 0],
    ['foo(1)', 'unknown function foo', 0],
    ["regex.match('a', 'b')", 'unknown function regex.match', expect.any(Number)],
    ['event.data.now()', 'unknown function event.data.now', expect.any(Number)],
    ['[1][0].now()', 'unknown function now', expect.any(Number)],
    ['f(1).b.now()', 'unknown function now', expect.any(Number)],
    ['google.protobuf.Value{}', 'unknown type', 0],
    ["'a'.matches('(?=b)')", 'invalid or unsupported Perl syntax', expect.any(Number)],
    [`regex.extract(event.id, '${'a'.repeat(257)}')`, 'longer than 256', expect.any(Number)],
  ])('%s', (source, expected, offset) => {
    const compiled = compileExpression(source, ['event']);
    expect(compiled).toMatchObject({ ok: false, message: expect.stringContaining(expected) });
    if (!compiled.ok) expect(compiled.offset).toEqual(offset);
  });
});

describe('what fails on an event', () => {
  it('says which field, and where in the source', () => {
    expect(evaluate('1 + event.data.epochs', { event })).toEqual({
      ok: false,
      message: 'field not found: epochs',
      offset: 14,
    });
  });

  it('is a variable that is not there, when it is read', () => {
    expect(message('result.ok', { result: undefined })).toBe('there is no result here');
    expect(value('has(result.ok) || key == "k"', { result: undefined, key: 'k' })).toBe(true);
  });

  it('is the prototype', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'size', 'get']) {
      expect(message(`event.${name}`)).toBe(`field not found: ${name}`);
      expect(value(`has(event.${name})`)).toBe(false);
    }
    expect(message("event['__proto__']")).toBe('field not found: __proto__');
    const hostile: { [member: string]: Json } = JSON.parse('{"constructor": {"name": 1}, "__proto__": 2}');
    expect(value('event.constructor.name', { event: hostile })).toBe(1);
  });

  it('is cut to a readable length', () => {
    expect(message("bool('y' + event.data.long)").length).toBeLessThan(310);
  });
});

describe('limits', () => {
  it.each([
    ['three nested loops', 'event.data.list.map(a, event.data.list.map(b, event.data.list.map(c, c)))', STEPS],
    ['loops whose result does not matter', 'event.data.list.all(a, event.data.list.all(b, b >= 0)) || true', STEPS],
    ['comparing a large value over and over', 'event.data.list.all(x, event == event)', STEPS],
    ['lists that double', `[[1,1]]${'.map(a, a + a)'.repeat(25)}.size()`, STEPS],
    ['texts that double', 'event.data.long + event.data.long', 'longer than 65,536 characters'],
    ['replacing nothing by much', "event.data.long.replace('', event.data.long)", 'longer than 65,536 characters'],
    ['joining much', 'event.data.list.map(x, event.data.mid).join()', 'longer than 65,536 characters'],
    ['formatting much', "'%s%s'.format([event.data.long, event.data.long])", 'longer than 65,536 characters'],
    ['a regular expression that would backtrack', "event.data.long.matches('(x+x+)+y')", 'gave false'],
    ['quadratic matching', "regex.extractAll(event.data.long, 'x[^y]*y|x')", STEPS],
    ['quadratic replacing', "regex.replace(event.data.long, 'x[^y]*y|x', 'y')", STEPS],
    [
      'many different regular expressions',
      "event.data.list.all(x, string(x).matches(string(x) + '{1000}') || true)",
      STEPS,
    ],
  ])('stop %s', (_, source, expected) => {
    expect(workedMs(() => expect(message(source)).toContain(expected))).toBeLessThan(2000);
  });

  it('hold for lists that share their parts', () => {
    const nested = ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's'];
    const source = nested.reduceRight(
      (inner, name, at) => `[[${nested[at - 1] ?? 1},${nested[at - 1] ?? 1}]].map(${name}, ${inner})`,
      's',
    );
    expect(message(source)).toBe('the result is larger than 64 KB');
    expect(message(`hash.sha256(${source})`)).toBe('the result is larger than 256 KB');
  });

  it('let ordinary loops over thousands of items pass', () => {
    const items = Array.from({ length: 9000 }, (_, index) => ({ name: `f${index}`, rows: index }));
    expect(value('items.filter(f, f.rows >= 4000).size()', { items })).toBe(5000);
    expect(value('items.map(f, f.name)[8999]', { items })).toBe('f8999');
  });
});

describe('functions', () => {
  it.each([
    ["'a.b.c'.replace('.', '-')", 'a-b-c'],
    ["'a.b.c'.replace('.', '-', 1)", 'a-b.c'],
    ["'ab'.replace('', '-')", '-a-b-'],
    ["['a', 'b'].join('/')", 'a/b'],
    ["'%s-%d'.format(['a', 3])", 'a-3'],
    ["'a,b'.split(',') + ['c']", ['a', 'b', 'c']],
    ["matches('abc', '^a') && 'abc'.matches('c$')", true],
    ["regex.extract('a1b22', '[0-9]{2}')", '22'],
    ["regex.extractAll('a1b22', '[a-z]([0-9]+)')", ['1', '22']],
    ["regex.extractAll('ab', 'a(x)?')", []],
    [String.raw`regex.replace('a1b22', '([a-z])([0-9]+)', r'\2\1\\')`, String.raw`1a\22b` + '\\'],
    ["regex.replace('a1b22', '[0-9]', '#', 1)", 'a#b22'],
    [String.raw`regex.replace('ab', 'a(x)?', r'[\1\0]')`, '[a]b'],
    ["hash.sha256({'b': 1, 'a': 2.0}) == hash.sha256({'a': 2, 'b': 1.0})", true],
    ["date.format('2026-01-01T00:30:00+05:30', 'YYYY-MM-DD HH:mm:ss')", '2025-12-31 19:00:00'],
    ["date.format(timestamp(event.time) + duration('24h'), 'DD')", '05'],
    ['json.parse(\'[1, {"a": null}]\')', [1, { a: null }]],
    [
      "uri.parse('s3://lake/a/../b%20c')",
      { scheme: 's3', user: null, host: 'lake', port: null, path: '/a/../b%20c', query: null, fragment: null },
    ],
    [
      "uri.parse('HTTPS://me@h:8443/p?x=1&y=a%20b#f')",
      { scheme: 'https', user: 'me', host: 'h', port: 8443, path: '/p', query: { x: '1', y: 'a b' }, fragment: 'f' },
    ],
    ["uri.parse('urn:a:b').path", 'a:b'],
    ["uri.parse('http://[::1]:80').host", '[::1]'],
    ["uri.parse('urn:a').host == null", true],
  ])('%s', (source, expected) => {
    expect(value(source)).toEqual(expected);
  });

  it.each([
    ["regex.extract('a', 'b')", 'no match for "b"'],
    ["regex.extract('ab', '(a)(b)')", '2 capture groups'],
    ["regex.extract('ab', event.data.object.key + '(')", 'missing closing )'],
    [String.raw`regex.replace('a', 'a', r'\1')`, 'names group 1 of 0'],
    [String.raw`regex.replace('a', 'a', r'\x')`, 'must be followed by a digit'],
    ["date.format('2026-02-30T00:00:00Z', 'DD')", 'is not an RFC 3339 time'],
    ["date.format('today', 'DD')", 'is not an RFC 3339 time'],
    ['date.format(5, "DD")', 'takes a timestamp'],
    ["uri.parse('/a/b')", 'is not an absolute URI'],
    ["uri.parse('http://a:b:c/')", 'is not an absolute URI'],
    ["json.parse('nope')", 'not valid JSON'],
    [`json.parse('${'['.repeat(33)}${']'.repeat(33)}')`, 'nests deeper than 32'],
    ["[1, 2].join(',')", 'join takes a list of strings'],
    ["bool('maybe')", 'Unable to convert'],
  ])('%s is an error', (source, expected) => {
    expect(message(source)).toContain(expected);
  });

  it('keeps only so many compiled regular expressions', () => {
    for (let index = 0; index < 600; index += 1) expect(value(`'a${index}'.matches('a${index}')`)).toBe(true);
  });

  it('are those of docs/expressions.md', () => {
    const page = readFileSync(new URL('../../docs/expressions.md', import.meta.url), 'utf8');
    const rows = page
      .split('\n')
      .filter((line) => /^\| `[a-z]+\.[a-zA-Z0-9]+\(/.test(line))
      .map((line) => line.replaceAll(/ +\|/g, ' |'));
    expect(rows).toEqual(FUNCTIONS.map(({ signature, summary }) => `| \`${signature}\` | ${summary} |`));
    for (const { name } of FUNCTIONS) expect(reads(`${name}(event.id)`)).toEqual({ event: [['id']] });
  });
});
