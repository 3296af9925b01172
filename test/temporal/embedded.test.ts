import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest';

import { SEARCH_ATTRIBUTE_NAMES } from '../../src/contract/names.ts';
import { connectClient, connectWorker } from '../../src/temporal/connect.ts';
import { identify } from '../../src/temporal/embedded/process-identity.ts';
import { startEmbedded } from '../../src/temporal/embedded/start.ts';
import type { EmbeddedOptions, EmbeddedServer } from '../../src/temporal/embedded/start.ts';
import { checkNamespace, prepareNamespace, RETENTION_MS } from '../../src/temporal/namespace.ts';

const ANY_PORT = { number: 0, asked: true };
let stateDirectory: string;
let lines: string[];

beforeEach(() => {
  stateDirectory = mkdtempSync(join(tmpdir(), 'signalbox-embedded-'));
  lines = [];
});
afterEach(() => rmSync(stateDirectory, { recursive: true, force: true }));

async function start(more: Partial<EmbeddedOptions> = {}): ReturnType<typeof startEmbedded> {
  const { bin } = inject('temporal');
  const report = (line: string): unknown => lines.push(line);
  const ports = { port: ANY_PORT, uiPort: ANY_PORT };
  const options = {
    stateDirectory,
    cacheDirectory: stateDirectory,
    namespace: 'default',
    bin,
    report,
    ...ports,
    ...more,
  };
  const started = await startEmbedded(options);
  if (started.ok) onTestFinished(started.server.stop);
  return started;
}

async function startWell(more: Partial<EmbeddedOptions> = {}): Promise<EmbeddedServer> {
  const started = await start(more);
  if (!started.ok) throw new Error(started.message);
  return started.server;
}

async function connect({ address, namespace }: EmbeddedServer) {
  const connected = await connectClient({ kind: 'address', address, namespace });
  if (!connected.ok) throw new Error(connected.message);
  onTestFinished(async () => connected.connection.close());
  return connected.connection;
}

async function takePort(): Promise<number> {
  const taken = createServer((socket) => socket.unref());
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void taken.close());
  const address: AddressInfo | string | null = taken.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

/** A service of its own process, which starts a server in the state directory and then only waits. */
async function startService(): Promise<{ readonly service: ChildProcess; readonly serverPid: number }> {
  const start = new URL('../../src/temporal/embedded/start.ts', import.meta.url).href;
  const options = { stateDirectory, cacheDirectory: stateDirectory, namespace: 'default', bin: inject('temporal').bin };
  const program = `
    import { startEmbedded } from '${start}';
    const ports = { port: { number: 0, asked: true }, uiPort: { number: 0, asked: true } };
    const started = await startEmbedded({ ...${JSON.stringify(options)}, ...ports, report: () => undefined });
    process.stdout.write(String(started.server.pid));
    setInterval(() => undefined, 1_000);`;
  const service = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void service.kill('SIGKILL'));
  const serverPid = await new Promise<number>((resolve) =>
    service.stdout.once('data', (data) => resolve(Number(data))),
  );
  return { service, serverPid };
}

describe('an embedded server', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)('goes when its service ends by %s', async (signal) => {
    const { service, serverPid } = await startService();
    expect(identify(serverPid)).toBeDefined();
    service.kill(signal);
    await expect.poll(() => identify(serverPid), { timeout: 10_000 }).toBeUndefined();
    await startWell();
  });

  test('answers on its ports and is told to keep runs for 30 days and to know the search attributes', async () => {
    const server = await startWell();
    const connection = await connect(server);
    expect((await fetch(server.uiUrl)).status).toBe(200);

    const before = await checkNamespace(connection, server.namespace, SEARCH_ATTRIBUTE_NAMES);
    expect(before.map(({ kind }) => kind)).toEqual([
      'retention',
      ...SEARCH_ATTRIBUTE_NAMES.map(() => 'searchAttribute'),
    ]);
    await prepareNamespace(connection, server.namespace, SEARCH_ATTRIBUTE_NAMES);
    await prepareNamespace(connection, server.namespace, SEARCH_ATTRIBUTE_NAMES);
    expect(await checkNamespace(connection, server.namespace, SEARCH_ATTRIBUTE_NAMES)).toEqual([]);
    const { config } = await connection.workflowService.describeNamespace({ namespace: server.namespace });
    expect(Number(config?.workflowExecutionRetentionTtl?.seconds) * 1_000).toBe(RETENTION_MS);
  });

  test('takes a worker connection', async () => {
    const { address, namespace } = await startWell();
    const connected = await connectWorker({ kind: 'address', address, namespace });
    expect(connected).toMatchObject({ ok: true, namespace });
    if (connected.ok) await connected.connection.close();
  });

  test('keeps its workflows over a restart', async () => {
    const first = await startWell();
    const client = new Client({ connection: await connect(first) });
    const options = { workflowId: 'kept', taskQueue: 'nobody-polls', memo: { note: 'still here' } };
    await client.workflow.start('anything', options);
    await first.stop();

    const startedAt = performance.now();
    const second = await startWell();
    process.stderr.write(`second start of the server: ${Math.round(performance.now() - startedAt)} ms\n`);
    const again = new Client({ connection: await connect(second) });
    expect(await again.workflow.getHandle('kept').describe()).toMatchObject({
      status: { name: 'RUNNING' },
      memo: { note: 'still here' },
    });
  });

  test('says so when it dies, with the end of its log, and can be started again', async () => {
    const server = await startWell();
    process.kill(server.pid, 'SIGKILL');
    const { asked, message } = await server.exited;
    expect(asked).toBe(false);
    expect(message).toMatch(/ended by itself \(SIGKILL\)[^]*temporal\.log/);
    await server.stop();
    await startWell();
  });

  test('is one to a state directory', async () => {
    await startWell();
    expect(await start()).toMatchObject({
      ok: false,
      message: expect.stringContaining(`process ${process.pid}`),
      remedy: expect.stringContaining('SIGNALBOX_STATE'),
    });
  });

  test('is refused a port that was asked for and is taken', async () => {
    const port = await takePort();
    expect(await start({ uiPort: { number: port, asked: true } })).toMatchObject({
      ok: false,
      message: `Port ${port} for the Temporal UI is taken by another program`,
      remedy: expect.stringContaining('SIGNALBOX_UI_PORT'),
    });
  });

  test('takes a free port instead of a default that is taken, and says which', async () => {
    const taken = await takePort();
    const { address } = await startWell({ port: { number: taken, asked: false } });
    expect(address).not.toBe(`127.0.0.1:${taken}`);
    expect(lines).toEqual([
      `Port ${taken} is taken: the Temporal server listens on ${address.split(':')[1]} (SIGNALBOX_TEMPORAL_PORT sets it)`,
    ]);
  });

  test('that cannot run is reported with what it said', async () => {
    expect(await start({ bin: '/bin/false' })).toMatchObject({
      ok: false,
      message: expect.stringContaining('ended by itself (exit code 1)'),
    });
    expect(await start({ bin: '/nowhere/temporal' })).toMatchObject({
      ok: false,
      message: expect.stringContaining('SIGNALBOX_TEMPORAL_BIN'),
    });
  });
});

test('a server that does not answer is an answer, not an exception', async () => {
  const address = `127.0.0.1:${await takePort()}`;
  const connected = await connectClient({ kind: 'address', address, namespace: 'default' }, 200);
  expect(connected).toMatchObject({ ok: false, message: expect.stringContaining(address) });
});
