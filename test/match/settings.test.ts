import { describe, expect, it } from 'vitest';

import { fillSettings, placesOf } from '../../src/match/settings.ts';
import type { Json } from '../../src/spec/json.ts';

/** Every string becomes the number 7, whatever is around it. */
const seven = (value: Json) => ({ ok: true, value: typeof value === 'string' ? 7 : value }) as const;

describe('the settings of a target', () => {
  it('are text, but keep their types where they are JSON for the other side', () => {
    expect(fillSettings({ url: '${{ 7 }}', conf: '${{ 7 }}', list: ['${{ 7 }}'] }, seven, true)).toEqual({
      ok: true,
      value: { url: '7', conf: 7, list: ['7'] },
    });
  });

  it.each(['env', 'headers', 'tags'])('are text in %s, whatever its members are called', (name) => {
    const settings = { [name]: { conf: 'a', body: 'b', failed: 'c', watch: 'd' } };
    expect(fillSettings(settings, seven, false)).toEqual({
      ok: true,
      value: { [name]: { conf: '7', body: '7', failed: '7', watch: '7' } },
    });
    expect(placesOf(settings)).toEqual([
      { value: 'a', path: [name, 'conf'], afterStart: false },
      { value: 'b', path: [name, 'body'], afterStart: false },
      { value: 'c', path: [name, 'failed'], afterStart: false },
      { value: 'd', path: [name, 'watch'], afterStart: false },
    ]);
  });

  it('leave references to secrets alone', () => {
    const settings = { headers: { authorization: { secret: 'env:TOKEN' } } };
    expect(fillSettings(settings, seven, true)).toEqual({ ok: true, value: settings });
    expect(placesOf(settings)).toEqual([]);
  });
});
