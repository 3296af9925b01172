import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { TestProject } from 'vitest/node';

import { SEARCH_ATTRIBUTE_NAMES } from '../../src/contract/names.ts';
import { readSettings } from '../../src/settings.ts';
import { connectClient } from '../../src/temporal/connect.ts';
import { findServerBinary } from '../../src/temporal/embedded/server-binary.ts';
import { startEmbedded } from '../../src/temporal/embedded/start.ts';
import { prepareNamespace } from '../../src/temporal/namespace.ts';
import { report } from './provided.ts';

/** Starts the dev server all e2e files share, and stops it after the last. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  // A server elsewhere that the environment names is not for tests: they want one they may kill.
  const { TEMPORAL_ADDRESS: _address, TEMPORAL_PROFILE: _profile, TEMPORAL_CONFIG_FILE: _file, ...env } = process.env;
  const read = readSettings(env);
  if (!read.ok) throw new Error(read.findings.map(({ message, remedy }) => `${message}. ${remedy}`).join('\n'));
  const { cacheDirectory, temporal } = read.settings;
  const named = temporal.mode === 'embedded' && temporal.bin !== undefined ? { bin: temporal.bin } : {};
  const binary = await findServerBinary({ cacheDirectory, report, ...named });
  if (!binary.ok) throw new Error(`${binary.message}\n${binary.remedy}`);

  const stateDirectory = mkdtempSync(join(tmpdir(), 'signalbox-e2e-'));
  const anyPort = { number: 0, asked: true };
  const where = { stateDirectory, cacheDirectory, port: anyPort, uiPort: anyPort, namespace: 'default' };
  const started = await startEmbedded({ ...where, bin: binary.path, report });
  if (!started.ok) throw new Error(`${started.message}\n${started.remedy}`);
  const { address, namespace, stop } = started.server;
  const client = await connectClient({ kind: 'address', address, namespace });
  if (!client.ok) throw new Error(client.message);
  await prepareNamespace(client.connection, namespace, SEARCH_ATTRIBUTE_NAMES);
  await client.connection.close();
  project.provide('temporal', { address, namespace, bin: binary.path });
  return async () => {
    await stop();
    rmSync(stateDirectory, { recursive: true, force: true });
  };
}
