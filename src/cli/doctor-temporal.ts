import { execFile } from 'node:child_process';

import type { Connection } from '@temporalio/client';

import { SEARCH_ATTRIBUTE_NAMES } from '../contract/names.ts';
import type { Settings } from '../settings.ts';
import { connectClient, type TemporalTarget } from '../temporal/connect.ts';
import { lookForServerBinary } from '../temporal/embedded/server-binary.ts';
import { SERVER_SETTINGS } from '../temporal/embedded/server-settings.ts';
import { checkNamespace, type NamespaceDifference } from '../temporal/namespace.ts';
import { type Check, fail, ok, warn } from './check.ts';
import { messageOf } from './exit.ts';
import { counted } from '../explain/counted.ts';
import { isAlive, readServiceFile } from './service-file.ts';

/** A doctor's patience with a server. */
const CONNECT_TIMEOUT_MS = 5_000;
const VERSION_TIMEOUT_MS = 10_000;
const DAY_MS = 86_400_000;
/** Below it a late duplicate of an event may start its run a second time: the server has forgotten the first. */
const RETENTION_MIN_MS = 7 * DAY_MS;

type Embedded = Extract<Settings['temporal'], { mode: 'embedded' }>;

/** How Temporal is found, whether it answers, and whether its namespace is as it should be. */
export async function temporalChecks({
  temporal,
  cacheDirectory,
  stateDirectory,
}: Settings): Promise<readonly Check[]> {
  if (temporal.mode === 'external') {
    return [...(await serverChecks({ kind: 'environment' }, 'named by TEMPORAL_*')), dynamicConfigCheck()];
  }
  const binary = await binaryCheck(temporal, cacheDirectory);
  const service = readServiceFile(stateDirectory);
  if (service?.temporal === undefined || !isAlive(service)) {
    return [binary, ok('namespace', 'not running; every start makes the embedded server’s as it should be')];
  }
  return [binary, ...(await serverChecks({ kind: 'address', ...service.temporal }, 'embedded'))];
}

async function binaryCheck({ bin }: Embedded, cacheDirectory: string): Promise<Check> {
  const name = 'Temporal';
  const found = await lookForServerBinary({ cacheDirectory, ...(bin !== undefined && { bin }) });
  if (found === undefined) {
    const remedy = 'The first start downloads or builds one; or set SIGNALBOX_TEMPORAL_BIN or TEMPORAL_ADDRESS.';
    return warn(name, 'there is no server on this machine yet', remedy);
  }
  if (!found.ok) return fail(name, found.message, found.remedy);
  const version = await versionOf(found.path);
  const from = `${found.path} (${found.origin})`;
  if (version !== undefined) return ok(name, `${from}, ${version}`);
  return fail(name, `${from} does not say its version`, 'Replace it, or set SIGNALBOX_TEMPORAL_BIN to another one.');
}

async function versionOf(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(path, ['--version'], { timeout: VERSION_TIMEOUT_MS }, (error, stdout) => {
      resolve(error === null && stdout.trim() !== '' ? (stdout.trim().split('\n')[0] ?? '') : undefined);
    });
  });
}

async function serverChecks(target: TemporalTarget, how: string): Promise<readonly Check[]> {
  const connected = await connectClient(target, CONNECT_TIMEOUT_MS);
  if (!connected.ok) return [fail('server', connected.message, connected.remedy)];
  const { connection, namespace } = connected;
  try {
    return await connection.withDeadline(Date.now() + CONNECT_TIMEOUT_MS, async () => [
      await answersCheck(connection, how),
      ...(await namespaceChecks(connection, namespace)),
    ]);
  } finally {
    await connection.close();
  }
}

async function answersCheck(connection: Connection, how: string): Promise<Check> {
  const { address } = connection.options;
  try {
    const { serverVersion } = await connection.workflowService.getSystemInfo({});
    return ok('server', `${address} (${how}), version ${serverVersion ?? 'unknown'}`);
  } catch (error) {
    return warn('server', `${address} (${how}) does not tell its version: ${messageOf(error)}`, 'Check its version.');
  }
}

async function namespaceChecks(connection: Connection, namespace: string): Promise<readonly Check[]> {
  const name = 'namespace';
  try {
    const differences = await checkNamespace(connection, namespace, SEARCH_ATTRIBUTE_NAMES);
    if (differences.length > 0) return differences.map((difference) => differenceCheck(difference));
    return [ok(name, `${namespace}: retention and search attributes are as they should be`)];
  } catch (error) {
    const remedy = `Compare by hand: temporal operator namespace describe -n ${namespace}`;
    return [warn(name, `${namespace} cannot be looked at: ${messageOf(error)}`, remedy)];
  }
}

/** What a difference means: retention below 7 days and a missing search attribute break something, the rest may. */
export function differenceCheck(difference: NamespaceDifference): Check {
  if (difference.kind === 'searchAttribute') {
    const is = difference.actual === 'missing' ? 'is missing' : 'has another type than Keyword';
    return fail('namespace', `the search attribute ${difference.name} ${is}`, difference.remedy);
  }
  const { actualMs, wantedMs, remedy } = difference;
  const detail = `closed runs are kept for ${days(actualMs)}, not ${days(wantedMs)}`;
  return actualMs < RETENTION_MIN_MS ? fail('namespace', detail, remedy) : warn('namespace', detail, remedy);
}

function days(ms: number): string {
  return counted(Math.round(ms / DAY_MS), 'day');
}

/** No client can read these, so a person has to. */
function dynamicConfigCheck(): Check {
  const settings = Object.entries(SERVER_SETTINGS).map(([key, value]) => `${key}=${value}`);
  const remedy = 'Set it as in deploy/temporal/dynamic-config.yaml, or ask whoever runs the server.';
  return warn('settings', `the server does not tell its dynamic configuration; check: ${settings.join(', ')}`, remedy);
}
