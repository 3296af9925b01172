import { describe, expect, it } from 'vitest';

import { loadedWith, toldOf } from './given.ts';

describe('probe', () => {
  it('has a sample that is filled in, and a distance', async () => {
    const loaded = await loadedWith(['probe: { every: 15m, event: { type: landed, data: { bucket: eu } } }']);
    expect(loaded.spec.probe?.every).toBe(900_000);
    expect(loaded.sample).toEqual({
      specversion: '1.0',
      id: 'probe',
      source: 'signalbox/probes',
      type: 'landed',
      data: { bucket: 'eu' },
    });
  });

  it('of a trigger that names no sample has none', async () => {
    expect(await loadedWith(['probe: { every: 10s }'])).not.toHaveProperty('sample');
    expect(await loadedWith([])).not.toHaveProperty('sample');
  });

  it.each([
    ['{ every: 9s }', 'must be at least 10s'],
    ['{ event: { type: 7 } }', '/spec/probe/event/type'],
    ['{ event: { type: a, Data: 7 } }', '/spec/probe/event'],
    [`{ event: { type: a, data: "${'x'.repeat(40_000)}" } }`, 'more than 32768'],
    ['{ sometimes: 1 }', 'sometimes'],
  ])('%.40s is refused', async (probe, what) => {
    expect((await toldOf([`probe: ${probe}`])).join()).toContain(what);
  });

  it('asks the targets that runs may call, each with the places that name it', async () => {
    const loaded = await loadedWith(['approval: { timeout: 1h, notify: [{ target: train }] }']);
    expect(loaded.calls).toEqual([{ target: 'train', at: ['/run/target', '/approval/notify/0/target'] }]);
  });
});
