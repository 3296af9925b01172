#!/usr/bin/env node
import { spawnSync } from 'node:child_process';

import { makeReady, ROOT } from './ready.mjs';

makeReady();
const { status } = spawnSync(process.execPath, ['--import', 'tsx', 'test/bench/main.ts'], {
  cwd: ROOT,
  stdio: 'inherit',
});
process.exit(status ?? 2);
