import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createRedactor } from '../../src/connectors/secrets.ts';

describe('taking secrets out', () => {
  const redact = createRedactor(['Bearer pa"ss/word 9', '4711']);

  it.each([
    ['as sent', 'got Bearer pa"ss/word 9!', 'got [redacted]!'],
    ['its longer parts', 'token pa"ss/word', 'token [redacted]'],
    ['escaped for JSON', String.raw`{"t":"pa\"ss/word"}`, '{"t":"[redacted]"}'],
    ['escaped for a URL', 'x?t=pa%22ss%2Fword', 'x?t=[redacted]'],
    ['in base64', Buffer.from('pa"ss/word').toString('base64'), '[redacted]'],
    ['short words stay', 'Bearer 9', 'Bearer 9'],
  ])('finds it %s', (_, text, without) => {
    expect(redact.text(text)).toBe(without);
  });

  it('reaches numbers, members and their names in JSON', () => {
    expect(redact.json({ a: [4711, 'x4711'], 'pa"ss/word': null, ok: true })).toEqual({
      a: ['[redacted]', 'x[redacted]'],
      '[redacted]': null,
      ok: true,
    });
  });

  it('leaves everything alone where there is no secret', () => {
    expect(createRedactor(['']).text('text')).toBe('text');
  });

  it('finds a secret however a stream is cut, and loses no other byte', () => {
    const piece = fc.constantFrom('…', 'x', 'pa"ss/wor', 'pa"ss/word', '4711', '\n');
    fc.assert(
      fc.property(fc.array(piece), fc.array(fc.nat(40)), (pieces, cuts) => {
        const whole = Buffer.from(pieces.join(''));
        const stream = redact.stream();
        const out: Buffer[] = [];
        let from = 0;
        for (const length of [...cuts, whole.length]) {
          out.push(stream.add(whole.subarray(from, from + length)));
          from += length;
        }
        out.push(stream.end());
        expect(Buffer.concat(out).toString()).toBe(redact.text(whole.toString()));
      }),
    );
  });
});
