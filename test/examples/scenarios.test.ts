import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { resolveRun } from '../../activities/resolve-params.ts';
import { checked } from '../../src/backtest/scenario/check.ts';
import { runOnCore } from '../../src/backtest/scenario/core-engine.ts';
import { formatFinding, loadDefinitions } from '../../src/load/load.ts';
import { loadScenarios } from '../../src/load/scenario.ts';

const root = join(import.meta.dirname, '../../examples');
const folders = readdirSync(root, { withFileTypes: true }).flatMap((it) => (it.isDirectory() ? [it.name] : []));

describe.each(folders)('examples/%s', (name) => {
  const load = async () => {
    const loaded = await loadDefinitions(join(root, name), { now: () => 1_000 });
    if (!loaded.ok) return { findings: loaded.findings, scenarios: [], triggers: [] };
    const { scenarios, findings } = await loadScenarios(loaded.scenarios, loaded.definitions);
    const triggers = [...loaded.definitions.triggers.keys()];
    return { findings: [...loaded.warnings, ...findings], scenarios, triggers };
  };

  it('has nothing that lint would say', async () => {
    expect((await load()).findings.map(formatFinding)).toEqual([]);
  });

  it('has a scenario for every trigger, and all of them pass', async () => {
    const { scenarios, triggers } = await load();
    const failed: string[] = [];
    for (const scenario of scenarios) {
      const { differences, story } = checked(scenario, { happened: runOnCore(scenario, resolveRun), tookMs: 0 });
      if (differences.length > 0)
        failed.push([scenario.name, ...differences.map((it) => it.text), ...story].join('\n'));
    }
    expect(failed).toEqual([]);
    expect(new Set(scenarios.map(({ spec }) => spec.trigger))).toEqual(new Set(triggers));
  });
});
