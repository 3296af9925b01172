import { describe, expect, it } from 'vitest';

import { loadDefinitions } from '../../src/load/load.ts';
import { directoryWith, loadText, TARGET } from './directory.ts';
import { loadedWith, toldOf } from './given.ts';

const pool = (spec: string, name = 'gpu') =>
  `---\napiVersion: signalbox/v1\nkind: Pool\nmetadata: { name: ${name} }\nspec: ${spec}\n`;
const GPU = pool('{ limit: 4 }');
const RUNS_IN_GPU = ['run: { target: train, pool: gpu }'];

describe('a Pool', () => {
  it('is loaded with its limit, and looks after an hour at whoever holds a place', async () => {
    const loaded = await loadText(`${TARGET}${GPU}`);
    expect(loaded.ok && loaded.definitions.pools.get('gpu')).toMatchObject({
      name: 'gpu',
      loadedAt: expect.any(Number),
      spec: { limit: 4, leaseTimeout: 3_600_000 },
    });
  });

  it('that no trigger uses is warned of', async () => {
    expect(await toldOf([], `${TARGET}${GPU}`)).toEqual([expect.stringContaining('no trigger uses this Pool')]);
    expect(await toldOf(RUNS_IN_GPU, `${TARGET}${GPU}`)).toEqual([]);
  });

  it('that a trigger names and nobody defines is an error with the nearest name', async () => {
    const [told] = await toldOf(['run: { target: train, pool: gpus }'], `${TARGET}${GPU}`);
    expect(told).toContain('Pool "gpus" is not defined');
    expect(told).toContain('gpu');
  });

  it.each([
    ['{ limit: 0 }', 'limit'],
    ['{ limit: 1001 }', 'limit'],
    ['{ limit: 1.5 }', 'limit'],
    ['{ limit: 4, leaseTimeout: 9s }', 'shorter than 10s'],
    ['{ limit: 4, places: 3 }', 'places'],
    ['{}', 'limit'],
  ])('of %s is refused', async (spec, what) => {
    expect((await toldOf(RUNS_IN_GPU, `${TARGET}${pool(spec)}`)).join()).toContain(what);
  });

  it('keeps the moment of its first load when something else changes', async () => {
    const first = await loadText(`${TARGET}${GPU}`);
    if (!first.ok) throw new Error('not loaded');
    const before = first.definitions;
    const at = async (text: string) =>
      loadDefinitions(await directoryWith({ 'a.yaml': text }), { now: () => 2_000, previous: before });
    const same = await at(`${TARGET}${GPU}${pool('{ limit: 1 }', 'other')}`);
    const changed = await at(`${TARGET}${pool('{ limit: 5 }')}`);
    const loadedAt = (it: typeof same) => (it.ok ? it.definitions.pools.get('gpu')?.loadedAt : undefined);
    expect(loadedAt(same)).toBe(before.pools.get('gpu')?.loadedAt);
    expect(loadedAt(changed)).toBeGreaterThan(before.loadedAt);
  });
});

describe('run.lane', () => {
  it('sees event, key and trigger, and what it reads of the event is kept for the run', async () => {
    const lane = "run: { target: train, lane: 'model/${{ event.data.model.name }}' }";
    const { reads, definition } = await loadedWith([lane]);
    expect(reads).toEqual([['data', 'model', 'name']]);
    expect(definition.run.lane).toBe('model/${{ event.data.model.name }}');
  });

  it.each([
    ["'${{ run.id }}'", 'run'],
    ["'${{ items }}'", 'items'],
  ])('does not see what is known only in the run: %s', async (lane, name) => {
    const [told] = await toldOf([`run: { target: train, lane: ${lane}, params: { all: '\${{ items }}' } }`]);
    expect(told).toContain(name);
    expect(told).toContain('event, key, trigger');
  });

  it('that reads the event is warned of beside a fallback, whose runs have none', async () => {
    const told = await toldOf([
      "run: { target: train, lane: '${{ event.data.model }}' }",
      'fallback: { unless: { succeeded: 24h } }',
    ]);
    expect(told).toEqual([expect.stringContaining('event, which is absent when run.cause is fallback')]);
  });
});
