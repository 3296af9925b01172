import { formatFinding, type LoadedTrigger } from '../../src/load/load.ts';
import { findingsOf, loadText, TARGET, trigger } from './directory.ts';

/** The YAML of the trigger `retrain` with these members of its spec; events and run are filled in where they are left out. */
function textOf(spec: readonly string[], targets: string): string {
  const has = (name: string): boolean => spec.some((line) => line.startsWith(`${name}:`));
  const lines = [
    ...(has('events') ? [] : ['events: { pattern: { type: [a] } }']),
    ...spec,
    ...(has('run') ? [] : ['run: { target: train }']),
  ];
  return `${trigger(lines.map((line) => `  ${line}`).join('\n'))}${targets}`;
}

/** What loading a trigger with these settings says, without line and column. */
export async function toldOf(spec: readonly string[], targets: string = TARGET): Promise<string[]> {
  return (await findingsOf(textOf(spec, targets))).map((it) => it.replace(/^\d+:\d+ /, ''));
}

/** A loaded trigger with these settings. */
export async function loadedWith(spec: readonly string[], targets: string = TARGET): Promise<LoadedTrigger> {
  const loaded = await loadText(textOf(spec, targets));
  if (!loaded.ok) throw new Error(loaded.findings.map(formatFinding).join('\n'));
  const found = loaded.definitions.triggers.get('retrain');
  if (found === undefined) throw new Error('no trigger');
  return found;
}
