import { inject, describe, expect, it } from 'vitest';

import { checked } from '../../src/backtest/scenario/check.ts';
import { loadDefinitions } from '../../src/load/load.ts';
import { loadScenarios } from '../../src/load/scenario.ts';
import { playAll } from '../../src/virtual-time/play-all.ts';
import { bundleOnce } from './world.ts';

const NAMES = [
  'approval-of-what-is-expensive',
  'breaker-parks-probes-and-drains',
  'concurrency-cancels-what-runs',
  'correlate-lets-a-part-expire',
  'fallback-fires-at-night-unless-it-succeeded',
  'hours-follow-daylight-saving',
  'pause-stops-windows-and-keeps-events',
];

describe('scenarios through the real workflows', () => {
  it('pass as they do on the core', { timeout: 180_000 }, async () => {
    const loaded = await loadDefinitions('examples/conditions', { now: Date.now });
    if (!loaded.ok) throw new Error('the examples cannot be loaded');
    const { scenarios } = await loadScenarios(loaded.scenarios, loaded.definitions);
    const chosen = scenarios.filter(({ name }) => NAMES.includes(name));
    const happened = await playAll(chosen, { path: inject('testServerPath'), code: await bundleOnce() });
    const failed = chosen.flatMap((scenario, index) => {
      const one = happened[index];
      return one ? checked(scenario, { happened: one, tookMs: 0 }).differences.map(({ text }) => text) : ['not played'];
    });
    expect(chosen).toHaveLength(NAMES.length);
    expect(failed).toEqual([]);
  });
});
