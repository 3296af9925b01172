import { describe, expect, it } from 'vitest';

import { fillSettings, placesOf } from '../../src/match/settings.ts';
import type { Json } from '../../src/spec/json.ts';

const settings = {
  url: 'https://x.example/${{ key }}',
  timeout: 30_000,
  absent: undefined,
  headers: { 'x-run': '${{ run.id }}', authorization: { secret: 'env:TOKEN' } },
  list: ['a', '${{ key }}'],
  body: { n: '${{ size }}', deep: [{ also: '${{ key }}' }] },
  watch: { url: 'https://x.example/${{ result.id }}', succeeded: 'body.state == "done"' },
};

/** Every template becomes what it names, in capitals; a text alone in braces a number. */
const fill = (value: Json) => {
  const filled: Json = JSON.parse(
    JSON.stringify(value).replaceAll('"${{ size }}"', '7').replaceAll('${{ key }}', 'eu'),
  );
  return { ok: true, value: filled } as const;
};

describe('the places of settings', () => {
  it('are every text, JSON as a whole, and never a secret, a condition or a number', () => {
    expect(placesOf(settings).map(({ path, afterStart }) => [path.join('/'), afterStart])).toEqual([
      ['url', false],
      ['headers/x-run', false],
      ['list/0', false],
      ['list/1', false],
      ['body', false],
      ['watch/url', true],
    ]);
  });

  it('know JSON that is not whole by its parts', () => {
    expect(placesOf({ body: { a: '${{ key }}', b: undefined } }).map(({ path }) => path)).toEqual([['body', 'a']]);
    expect(placesOf({ body: [undefined, 'x'] }).map(({ path }) => path)).toEqual([['body', 1]]);
  });
});

describe('filled settings', () => {
  it('are as written otherwise: numbers, secrets, and before the start is answered what is about its answer', () => {
    const filled = fillSettings(settings, fill, false);
    expect(filled).toEqual({
      ok: true,
      value: {
        ...settings,
        url: 'https://x.example/eu',
        list: ['a', 'eu'],
        body: { n: 7, deep: [{ also: 'eu' }] },
      },
    });
  });

  it('have texts where an expression gives something else, but for JSON', () => {
    const seven = () => ({ ok: true, value: 7 }) as const;
    const filled = fillSettings({ url: '${{ size }}', body: '${{ size }}' }, seven, false);
    expect(filled).toEqual({ ok: true, value: { url: '7', body: 7 } });
  });

  it('see the answer once it is there, and never have a condition filled in', () => {
    const result = (value: Json) => {
      const filled: Json = JSON.parse(JSON.stringify(value).replace('${{ result.id }}', 'p7'));
      return { ok: true, value: filled } as const;
    };
    expect(fillSettings({ watch: settings.watch }, result, true)).toEqual({
      ok: true,
      value: { watch: { url: 'https://x.example/p7', succeeded: 'body.state == "done"' } },
    });
  });

  it('are the first expression that fails', () => {
    const asked: Json[] = [];
    const fails = (value: Json) => {
      asked.push(value);
      return { ok: false, detail: `no ${JSON.stringify(value)}` } as const;
    };
    expect(fillSettings({ a: 'x', b: 'y' }, fails, false)).toEqual({ ok: false, detail: 'no "x"' });
    expect(asked).toEqual(['x']);
  });
});
