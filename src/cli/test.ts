import { writeFile } from 'node:fs/promises';

import { type Checked, checked, type Engine } from '../backtest/scenario/check.ts';
import type { ResolveRun } from '../backtest/scenario/course.ts';
import { runOnCore } from '../backtest/scenario/core-engine.ts';
import { junitText } from '../backtest/scenario/junit.ts';
import { type Finding, formatFinding, loadDefinitions } from '../load/load.ts';
import { type LoadedScenario, loadScenarios } from '../load/scenario.ts';
import { type CouldNotRun, couldNotRun, EXIT, type ExitCode, messageOf } from './exit.ts';
import { type Format, giveUp, tell } from './output.ts';
import { writeReport } from './test-report.ts';

/** What scenarios run on: the decision core alone, or the workflows on a time-skipping server of Temporal. */
type EngineName = 'core' | 'temporal';

export type TestOptions = {
  readonly directory: string;
  readonly engine: EngineName;
  /** Where a JUnit report goes. */
  readonly junit?: string;
  /** Only scenarios whose name or trigger contains it. */
  readonly filter?: string;
};

/** Makes an engine that needs a server ready. */
export type OpenEngine = () => Promise<{ readonly ok: true; readonly engine: Engine } | CouldNotRun>;

/** Runs the scenarios of a directory. A failed one is a no; definitions or scenarios with errors could not run. */
export async function test(
  options: TestOptions,
  format: Format,
  engines: { readonly resolve: ResolveRun; readonly openTemporal: OpenEngine },
): Promise<ExitCode> {
  const { directory, filter = '' } = options;
  const loaded = await scenariosOf(directory);
  if (!loaded.ok) return giveUp(loaded);
  const chosen = loaded.scenarios.filter(({ name, trigger }) => name.includes(filter) || trigger.name.includes(filter));
  if (chosen.length === 0) {
    const problem =
      loaded.scenarios.length === 0
        ? couldNotRun(`There is no scenario in ${directory}`, 'Write a document of kind: Scenario.')
        : couldNotRun(
            `No scenario in ${directory} has "${filter}" in its name or trigger`,
            'Leave --filter out to see what there is.',
          );
    return giveUp(problem);
  }
  const opened = options.engine === 'temporal' ? await engines.openTemporal() : coreEngine(engines.resolve);
  if (!opened.ok) return giveUp(opened);
  const played = await opened.engine(chosen);
  const results = chosen.flatMap((scenario, index): Checked[] => {
    const one = played[index];
    return one ? [checked(scenario, one)] : [];
  });
  writeReport(results, format);
  const failure = options.junit === undefined ? undefined : await writeJunit(options.junit, results);
  if (failure) return giveUp(failure);
  return results.every(({ differences }) => differences.length === 0) ? EXIT.fine : EXIT.no;
}

function coreEngine(resolve: ResolveRun): { readonly ok: true; readonly engine: Engine } {
  return {
    ok: true,
    engine: async (scenarios) =>
      scenarios.map((scenario) => {
        const startedAt = performance.now();
        const happened = runOnCore(scenario, resolve);
        return { happened, tookMs: performance.now() - startedAt };
      }),
  };
}

async function scenariosOf(
  directory: string,
): Promise<{ readonly ok: true; readonly scenarios: readonly LoadedScenario[] } | CouldNotRun> {
  const loaded = await loadDefinitions(directory, { now: Date.now });
  if (!loaded.ok) return broken(directory, loaded.findings);
  const { scenarios, findings } = await loadScenarios(loaded.scenarios, loaded.definitions);
  const errors = [...loaded.warnings, ...findings].filter(({ severity }) => severity === 'error');
  return errors.length > 0 ? broken(directory, errors) : { ok: true, scenarios };
}

function broken(directory: string, findings: readonly Finding[]): CouldNotRun {
  for (const finding of findings) tell(formatFinding(finding));
  return couldNotRun(`The definitions in ${directory} cannot be used`, 'Correct them; lint names what is wrong.');
}

async function writeJunit(path: string, checked: readonly Checked[]): Promise<CouldNotRun | undefined> {
  try {
    await writeFile(path, junitText(checked));
    return undefined;
  } catch (error) {
    return couldNotRun(`The report cannot be written: ${messageOf(error)}`, 'Name a file that can be written.');
  }
}
