#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { MAIN, makeReady, ROOT } from './ready.mjs';

const [first = '--help', ...rest] = process.argv.slice(2);
const asks = (...names) => rest.length === 0 && names.includes(first);

if (asks('--version', '-V')) {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  process.stdout.write(`${version}\n`);
} else if (asks('--help', '-h', 'help') && !existsSync(MAIN)) {
  process.stdout.write(
    'Usage: signalbox <command>\nThe first command installs and builds; start with: signalbox dev\n',
  );
} else {
  if (!asks('--help', '-h', 'help')) makeReady();
  process.setSourceMapsEnabled(true);
  // In this process: signals and the exit code are the command's own.
  await import(pathToFileURL(MAIN).href);
}
