import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/spec/json.ts';
import { evaluate } from './given.ts';
import { cases } from '../setup/thorough.ts';

const scalar = fc.constantFrom<Json>(0, -1.5, 1e300, '', 'text', '☃', true, false, null);
const nested = fc.dictionary(
  fc.constantFrom('a', 'b', '__proto__', 'constructor'),
  fc.oneof(scalar, fc.array(scalar, { maxLength: 1 })),
);
const event = fc.dictionary(fc.constantFrom('a', 'b', 'constructor'), fc.oneof(scalar, nested), { maxKeys: 3 });
const path = fc.constantFrom(
  'event.a',
  'event.b.a',
  'event.a.b',
  'event.constructor',
  'event.b.constructor',
  'event.a.b.a',
);

describe('an expression that is only a way into the event', () => {
  it('gives what the engine gives', () => {
    const seen = { value: 0, failure: 0 };
    fc.assert(
      fc.property(event, path, (given, source) => {
        const plain = evaluate(source, { event: given });
        // In parentheses it is no plain way any more, and the engine evaluates it.
        const byEngine = evaluate(`(${source})`, { event: given });
        seen[plain.ok ? 'value' : 'failure'] += 1;
        if (plain.ok) expect(plain).toEqual(byEngine);
        else expect(byEngine).toMatchObject({ ok: false, message: plain.message });
      }),
      { numRuns: cases(2_000) },
    );
    expect(Math.min(seen.value, seen.failure)).toBeGreaterThan(cases(200));
  });

  it('is bounded as every result is', () => {
    expect(evaluate('event.a', { event: { a: 'x'.repeat(10_000) } })).toMatchObject({ ok: true });
    expect(evaluate('event.a', { event: { a: 'x'.repeat(70_000) } })).toMatchObject({ ok: false });
  });
});
