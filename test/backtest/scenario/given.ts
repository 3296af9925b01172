import { resolveRun } from '../../../activities/resolve-params.ts';
import { runOnCore } from '../../../src/backtest/scenario/core-engine.ts';
import { type Checked, checked as checkedOf } from '../../../src/backtest/scenario/check.ts';
import { formatFinding, loadDefinitions } from '../../../src/load/load.ts';
import { loadScenarios } from '../../../src/load/scenario.ts';
import { directoryWith } from '../../load/directory.ts';

type Given = {
  readonly events?: string;
  /** Members of the trigger's spec, each one line. */
  readonly trigger?: readonly string[];
  readonly params?: string;
  /** Further members of `run`. */
  readonly run?: readonly string[];
  /** Members of the scenario's spec, each one line. */
  readonly scenario: readonly string[];
};

/** Runs one scenario of one trigger on the core. Events of type `a` match; the key is `data.key`. */
export async function checked({
  events = '{ pattern: { type: [a] } }',
  trigger = [],
  params = '{}',
  run = [],
  scenario,
}: Given): Promise<Checked> {
  const directory = await directoryWith({
    'a.yaml': `
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: retrain }
spec:
  events: ${events}
  key: { $value: "\${{ event.data.key }}", $default: k }
${trigger.map((line) => `  ${line}`).join('\n')}
  run:
    target: train
    params: ${params}
${run.map((line) => `    ${line}`).join('\n')}
---
apiVersion: signalbox/v1
kind: Target
metadata: { name: train }
spec: { http: { url: "https://pipelines.example/runs" } }
---
apiVersion: signalbox/v1
kind: Source
metadata: { name: landing }
spec: { type: cloudevents }
---
apiVersion: signalbox/v1
kind: Scenario
metadata: { name: story }
spec:
  trigger: retrain
${scenario.map((line) => `  ${line}`).join('\n')}
`,
  });
  const loaded = await loadDefinitions(directory, { now: () => 1_000 });
  if (!loaded.ok) throw new Error(loaded.findings.map(formatFinding).join('\n'));
  const { scenarios, findings } = await loadScenarios(loaded.scenarios, loaded.definitions);
  const [only] = scenarios;
  if (!only) throw new Error([...loaded.warnings, ...findings].map(formatFinding).join('\n'));
  return checkedOf(only, { happened: runOnCore(only, resolveRun), tookMs: 0 });
}

/** What differs, one line each. */
export async function differencesOf(given: Given): Promise<readonly string[]> {
  return (await checked(given)).differences.map(({ text }) => text);
}
