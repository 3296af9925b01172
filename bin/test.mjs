#!/usr/bin/env node
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { giveUp, makeReady, ROOT, say } from './ready.mjs';

process.chdir(ROOT);
makeReady();
await fetchServers();
// What it imports is there only now.
const { runTests } = await import('./run-tests.mjs');
await runTests(process.argv.slice(2));

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
