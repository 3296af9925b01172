import { stat } from 'node:fs/promises';

import { type Finding, formatFinding, loadDefinitions } from '../load/load.ts';
import { loadScenarios } from '../load/scenario.ts';
import { couldNotRun, EXIT, type ExitCode } from './exit.ts';
import { counted } from '../explain/counted.ts';
import { answer, type Format, giveUp } from './output.ts';

/** Checks a directory of definitions as a start would. Errors are a no; warnings alone are not. */
export async function lint(directory: string, format: Format): Promise<ExitCode> {
  const found = await stat(directory).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    return giveUp(couldNotRun(`${directory} is not a directory that can be read`, 'Name a directory of definitions.'));
  }
  const loaded = await loadDefinitions(directory, { now: Date.now });
  const tests = loaded.ok ? await loadScenarios(loaded.scenarios, loaded.definitions) : undefined;
  const findings = loaded.ok ? [...loaded.warnings, ...(tests?.findings ?? [])] : loaded.findings;
  const count = (severity: Finding['severity']): number => findings.filter((it) => it.severity === severity).length;
  const [errors, warnings] = [count('error'), count('warning')];
  const ok = errors === 0;
  answer(format, { ok, errors, warnings, findings }, () => [
    ...findings.map(formatFinding),
    `${loaded.ok ? definitionsText(loaded) : directory}: ${counted(errors, 'error')}, ${counted(warnings, 'warning')}`,
  ]);
  return ok ? EXIT.fine : EXIT.no;
}

type Loaded = Extract<Awaited<ReturnType<typeof loadDefinitions>>, { ok: true }>;

function definitionsText({ definitions: { triggers, targets, sources, pools }, scenarios }: Loaded): string {
  const kinds = [counted(triggers.size, 'trigger'), counted(targets.size, 'target'), counted(sources.size, 'source')];
  const further = pools.size > 0 ? [counted(pools.size, 'pool')] : [];
  return [...kinds, ...further, ...(scenarios.length > 0 ? [counted(scenarios.length, 'scenario')] : [])].join(', ');
}
