import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, sha256Hex } from '../../src/match/canonical.ts';
import { fitsBytes, fitsDepth } from '../../src/match/json.ts';
import { pruneTo } from '../../src/match/prune.ts';
import type { Json } from '../../src/spec/json.ts';

const event = { type: 't', data: { a: { b: 1, c: 2 }, list: [{ x: 1, y: 2 }], n: null } };

describe('pruning', () => {
  it('keeps the paths that are read, lists on them whole', () => {
    expect(
      pruneTo(event, [
        ['data', 'a', 'b'],
        ['data', 'list', 'x'],
        ['data', 'n', 'z'],
      ]),
    ).toEqual({
      data: { a: { b: 1 }, list: [{ x: 1, y: 2 }], n: null },
    });
  });

  it('keeps everything below a path that is also read whole', () => {
    expect(pruneTo(event, [['data', 'a', 'b'], ['data', 'a'], ['missing']])).toEqual({ data: { a: { b: 1, c: 2 } } });
  });

  it('keeps all, or nothing', () => {
    expect(pruneTo(event, 'whole')).toBe(event);
    expect(pruneTo(event, undefined)).toEqual({});
  });

  it('never reaches the prototype', () => {
    expect(pruneTo(event, [['constructor', 'name'], ['__proto__']])).toEqual({});
    const hostile: { [member: string]: Json } = JSON.parse('{"__proto__": {"x": 1}}');
    const pruned = pruneTo(hostile, [['__proto__', 'x']]);
    expect(Object.keys(pruned)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(pruned)).toBe(Object.prototype);
  });
});

describe('canonical JSON', () => {
  it('is the same whatever the order of members', () => {
    expect(canonicalJson({ b: [1e2, -0, 'é'], a: { d: null, c: true } })).toBe(
      '{"a":{"c":true,"d":null},"b":[100,0,"é"]}',
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (members) => {
        const same: Json = JSON.parse(JSON.stringify(members));
        const reversed = JSON.stringify(Object.fromEntries(Object.entries(members).toReversed()));
        expect(canonicalJson(JSON.parse(reversed))).toBe(canonicalJson(same));
        expect(JSON.parse(canonicalJson(same))).toEqual(same);
      }),
    );
  });

  it('is hashed as UTF-8', () => {
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe('measuring JSON', () => {
  it('counts the bytes JSON.stringify would write', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json: Json = JSON.parse(JSON.stringify(value));
        const bytes = Buffer.byteLength(JSON.stringify(json));
        expect(fitsBytes(json, bytes)).toBe(true);
        expect(fitsBytes(json, bytes - 1)).toBe(false);
      }),
    );
  });

  it('counts the depth', () => {
    expect(fitsDepth(1, 0)).toBe(true);
    expect(fitsDepth([[]], 1)).toBe(false);
    expect(fitsDepth({ a: [{ b: 1 }] }, 3)).toBe(true);
  });
});
