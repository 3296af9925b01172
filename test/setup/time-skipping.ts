import type { TestProject } from 'vitest/node';

import { readSettings } from '../../src/settings.ts';
import { findTestServer } from '../../src/temporal/embedded/test-server.ts';
import { report } from './provided.ts';

/** Finds or fetches the time-skipping server once; each test file starts its own, since time is the server's. */
export async function setup(project: TestProject): Promise<void> {
  const read = readSettings();
  if (!read.ok) throw new Error(read.findings.map(({ message, remedy }) => `${message}. ${remedy}`).join('\n'));
  const { cacheDirectory, testServerBin } = read.settings;
  const found = await findTestServer({ cacheDirectory, report, ...(testServerBin && { bin: testServerBin }) });
  if (!found.ok) throw new Error(`${found.message}\n${found.remedy}`);
  project.provide('testServerPath', found.path);
}
