import { createProgram } from './cli/program.ts';
import { startProcess } from './process.ts';
import { readSettings } from './settings.ts';

/** The composition root: reads the environment and hands the command line what it runs. */
const read = readSettings();
if (read.ok) {
  await createProgram(read.settings, startProcess).parseAsync();
} else {
  for (const { message, remedy } of read.findings) process.stderr.write(`${message}\n  ${remedy}\n`);
  process.exitCode = 2;
}
