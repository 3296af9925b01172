import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { parseStrictJson } from '../../src/connectors/strict-json.ts';

const parse = (text: string | Uint8Array) => parseStrictJson(typeof text === 'string' ? Buffer.from(text) : text);
const codeOf = (text: string | Uint8Array) => {
  const result = parse(text);
  return result.ok ? 'ok' : `${result.code} at ${JSON.stringify(result.pointer)}`;
};
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const leaves = (count: number) => `[${Array(count).fill('0').join(',')}]`;

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);
const jsonValue = fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' });

describe('strict JSON', () => {
  test('reads what JSON.parse reads, where no rule of its own is broken', () => {
    fc.assert(
      fc.property(jsonValue, fc.nat(3), (value, indent) => {
        fc.pre(!namesPrototype(value));
        const text = JSON.stringify(value, undefined, indent);
        expect(parse(text)).toEqual({ ok: true, value: JSON.parse(text) });
      }),
    );
  });

  test('refuses whatever JSON.parse refuses, and never throws', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"',
      '\\',
      '1',
      '-',
      'null',
      ' ',
      '\\u00',
      '"\\ud800"',
      'é',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        const valid = isJson(text);
        const result = parse(text);
        if (!valid) expect(result).toMatchObject({ ok: false });
        if (result.ok) expect(result.value).toEqual(JSON.parse(text));
      }),
      { numRuns: 1_000 },
    );
  });

  test('finds a member that stands twice wherever it is, and however it is written', () => {
    const name = fc.string({ minLength: 1, maxLength: 5 }).filter((it) => !FORBIDDEN.has(it));
    fc.assert(
      fc.property(name, jsonValue, (twice, sibling) => {
        fc.pre(!namesPrototype(sibling));
        const escaped = twice.split('').map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
        const text = `[${JSON.stringify(sibling)}, {"in": {${JSON.stringify(twice)}: ":,{", "other ": 1, "${escaped.join('')}": 2}}]`;
        const pointer = `/1/in/${twice.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        expect(parse(text)).toMatchObject({ ok: false, code: 'forbidden_member', pointer });
      }),
    );
  });

  test.each([
    ['{"__proto__": {"admin": true}}', 'forbidden_member at "/__proto__"'],
    ['{"a": [{"\\u005f_proto__": 1}]}', 'forbidden_member at "/a/0/__proto__"'],
    ['{"a": {"constructor": {"prototype": {}}}}', 'forbidden_member at "/a/constructor"'],
    ['{"prototype": 1}', 'forbidden_member at "/prototype"'],
    ['{"a": {"b": 1, "b": 1}}', 'forbidden_member at "/a/b"'],
    ['{"a": "\\ud800"}', 'invalid_unicode at "/a"'],
    ['{"\\udc00x": 1}', `invalid_unicode at ${JSON.stringify('/\udc00x')}`],
    ['{"a": "\\ud83d\\ude00 \\u00e9"}', 'ok'],
    ['{"a": "__proto__ constructor"}', 'ok'],
    ['\uFEFF{}', 'malformed_json at ""'],
    ['', 'malformed_json at ""'],
    ['{"a": 1e999}', 'malformed_json at "/a"'],
    ['{"a": 1} {"b": 2}', 'malformed_json at ""'],
  ])('of %s says %s', (text, expected) => {
    expect(codeOf(text)).toBe(expected);
  });

  test.each([[0xff], [0xc0, 0xa0], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]])(
    'refuses bytes that are not UTF-8 (%#)',
    (...bytes) => {
      expect(codeOf(Buffer.from([0x22, ...bytes, 0x22]))).toBe('invalid_unicode at ""');
    },
  );

  test('holds depth 32 and 10,000 leaves to the last one', () => {
    expect([32, 33, 1_000_000].map((depth) => codeOf(nested(depth)))).toEqual([
      'ok',
      'too_complex at ""',
      'too_complex at ""',
    ]);
    expect([10_000, 10_001].map((count) => codeOf(leaves(count)))).toEqual(['ok', 'too_complex at ""']);
    expect(codeOf(`["${'[,'.repeat(20_000)}"]`)).toBe('ok');
  });

  test('holds the limits for each item where items are asked for', () => {
    const limits = { depthMax: 2, leavesMax: 3, items: { countMax: 3, bytesMax: 12 } };
    const codes = ['[[[]],[1,2,3]]', '[0,[[[]]]]', '[0,[1,2,3,4]]', '[1,2,3,4]', '[1,"2345678901"]', '[]'].map(
      (text) => {
        const result = parseStrictJson(Buffer.from(text), limits);
        return result.ok ? 'ok' : `${result.code} at ${JSON.stringify(result.pointer)}`;
      },
    );
    expect(codes).toEqual([
      'ok',
      'too_complex at "/1"',
      'too_complex at "/1"',
      'too_large at ""',
      'too_large at "/1"',
      'ok',
    ]);
  });

  test('reads a view into a larger buffer', () => {
    const buffer = Buffer.from('xx{"a":1}yy');
    expect(parse(buffer.subarray(2, 9))).toEqual({ ok: true, value: { a: 1 } });
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function namesPrototype(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, child]) => FORBIDDEN.has(name) || namesPrototype(child));
}
