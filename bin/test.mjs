#!/usr/bin/env node
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { giveUp, makeReady, ROOT, say } from './ready.mjs';

process.chdir(ROOT);
makeReady();
await fetchServers();
const { parseCLI, startVitest } = await import('vitest/node');
const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);
const tally = { passed: 0, failed: 0, skipped: 0 };
const skipped = [];
const collector = { onTestRunEnd: (modules, errors) => count(modules, errors) };
const vitest = await startVitest('test', filter, { ...options, reporters: ['default', collector] });
await vitest.close();
if (skipped.length > 0) process.stdout.write(`Skipped:\n${skipped.map((line) => `  ${line}\n`).join('')}`);
const { passed, failed } = tally;
const ok = failed === 0 && passed > 0;
process.stdout.write(`${passed} passed, ${failed} failed, ${tally.skipped} skipped\n`, () => process.exit(ok ? 0 : 1));

/** A file that could not be loaded, and an error outside of tests, count as one failure each. */
function count(modules, errors) {
  tally.failed += errors.length;
  for (const module of modules) {
    tally.failed += module.errors().length;
    for (const test of module.children.allTests()) {
      const { state, note } = test.result();
      if (state === 'passed' || state === 'failed') tally[state] += 1;
      else {
        tally.skipped += 1;
        skipped.push(`${module.relativeModuleId} > ${test.fullName}: ${note ?? 'marked so in the file'}`);
      }
    }
  }
}

/** Before the tests, so that minutes of building are seen and a missing toolchain is one message. */
async function fetchServers() {
  const load = (path) => import(pathToFileURL(join(ROOT, 'dist/src', path)).href);
  const [{ readSettings }, { findServerBinary }, { findTestServer }] = await Promise.all(
    ['settings.js', 'temporal/embedded/server-binary.js', 'temporal/embedded/test-server.js'].map(load),
  );
  const read = readSettings();
  if (!read.ok) giveUp(read.findings.map(({ message, remedy }) => `${message}. ${remedy}`).join('\n'));
  const { cacheDirectory, temporal, testServerBin } = read.settings;
  const wanted = [
    [findServerBinary, temporal.bin],
    [findTestServer, testServerBin],
  ];
  for (const [find, bin] of wanted) {
    const found = await find({ cacheDirectory, report: say, ...(bin && { bin }) });
    if (!found.ok) giveUp(`${found.message}\n${found.remedy}`);
    say(`${found.path} (${found.origin})`);
  }
}
