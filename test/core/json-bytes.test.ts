import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { jsonBytes, utf8Bytes } from '../../src/core/json-bytes.ts';

describe('the bytes of a value as JSON', () => {
  it('are those of its JSON text, whatever the value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary-ascii' }), (value) => {
        const json = JSON.parse(JSON.stringify(value));
        expect(jsonBytes(json)).toBe(Buffer.byteLength(JSON.stringify(json)));
      }),
    );
  });

  it.each([0, -0, 1, 9, 10, 999, 1_000, 1e15 - 1, 1e15, 1e21, -1, -10, 0.1, 1e-7, Number.NaN, Infinity])(
    'of the number %s are those of its JSON text',
    (value) => expect(jsonBytes(value)).toBe(JSON.stringify(value).length),
  );

  it('count lone surrogates, quotes and control characters as they are escaped', () => {
    for (const text of ['\ud800', '\udc00x', '"', '\\', '\n', '\u0001', '\u007f', 'é', '漢', '😀']) {
      expect(jsonBytes(text)).toBe(Buffer.byteLength(JSON.stringify(text)));
      expect(jsonBytes({ [text]: [text] })).toBe(Buffer.byteLength(JSON.stringify({ [text]: [text] })));
    }
  });

  it('are none where there is no value', () => {
    expect(jsonBytes(undefined)).toBe(0);
  });

  it('of a text by itself are those of its UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(utf8Bytes(text)).toBe(Buffer.byteLength(text));
      }),
    );
  });
});
