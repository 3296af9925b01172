import { resolveRun } from '../activities/resolve-params.ts';
import { runCommand } from './cli/program.ts';
import { eventFromJson } from './connectors/cloud-event.ts';
import { parseStrictJson } from './connectors/strict-json.ts';
import type { startProcess } from './process.ts';
import { readSettings } from './settings.ts';
import { VERSION } from './version.ts';
import type { openTemporalEngine } from './virtual-time/engine.ts';

/** Loaded where it is needed: the worker takes longer to load than other commands to run. */
const start: typeof startProcess = async (...given) => (await import('./process.ts')).startProcess(...given);

const openTemporal: typeof openTemporalEngine = async (...given) =>
  (await import('./virtual-time/engine.ts')).openTemporalEngine(...given);

/** The composition root: reads the environment and hands the command line what it runs. */
const read = readSettings();
if (read.ok) {
  const { settings } = read;
  const commands = {
    settings,
    version: VERSION,
    start,
    parseJson: parseStrictJson,
    readEvent: eventFromJson,
    resolveRun,
    openTemporal: () => openTemporal(settings),
  };
  process.exitCode = await runCommand(commands, process.argv);
} else {
  for (const { message, remedy } of read.findings) process.stderr.write(`${message}\n  ${remedy}\n`);
  process.exitCode = 2;
}
