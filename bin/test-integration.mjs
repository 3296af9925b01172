#!/usr/bin/env node
import { makeReady, ROOT } from './ready.mjs';

process.chdir(ROOT);
makeReady();
// What it imports is there only now.
const { runTests } = await import('./run-tests.mjs');
await runTests(['--config', 'vitest.integration.config.ts', ...process.argv.slice(2)]);
