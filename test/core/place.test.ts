import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { placeId, placeText } from '../../src/core/place.ts';

describe('the workflow id of a lane', () => {
  it.each([
    ['model/eu', 'lane/model/eu'],
    ['fraud_v2:über', 'lane/fraud_v2:über'],
    ['a b', 'lane/a%20b'],
    ['a"b\\c\'d', 'lane/a%22b%5cc%27d'],
    ['50%?#', 'lane/50%25%3f%23'],
    ['line\nbreak', 'lane/line%0abreak'],
  ])('reads like its name: %j', (name, id) => {
    expect(placeId({ of: 'lane', name })).toBe(id);
  });

  it('stays within 255 characters, and differs for names that differ', () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(name, name, (one, other) => {
        const id = placeId({ of: 'lane', name: one });
        expect(id.length).toBeLessThanOrEqual(255);
        expect(/["'\\\s]/.test(id)).toBe(false);
        if (one !== other) expect(placeId({ of: 'lane', name: other })).not.toBe(id);
      }),
    );
    const long = (last: string) => placeId({ of: 'lane', name: `${' '.repeat(199)}${last}` });
    expect(long('a').length).toBeLessThanOrEqual(255);
    expect(long('a')).not.toBe(long('b'));
  });

  it('is another one than that of a pool of the same name', () => {
    expect(placeId({ of: 'pool', name: 'gpu' })).toBe('pool/gpu');
    expect(placeText({ of: 'pool', name: 'gpu' })).toBe('pool gpu');
  });
});
