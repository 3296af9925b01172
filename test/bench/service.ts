import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** The service under test: a build, its own state, free ports. */
export type Service = {
  readonly port: number;
  readonly temporalPort: number;
  readonly state: string;
  readonly readyMs: number;
  /** Resident memory in MiB: the service with its worker, and the Temporal server. */
  readonly residentMiB: () => { service: number; temporal: number };
  /** Seconds of processor time of service and Temporal server, without threads that only take what others leave. */
  readonly cpuSeconds: () => number;
  /** Bytes of Temporal's database with its log. */
  readonly databaseBytes: () => number;
  readonly stop: () => Promise<void>;
};

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = addressOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function addressOf(server: net.Server | http.Server): { port: number } {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP server');
  return address;
}

/** Starts the built service, its target at `targetPort`, and waits until it is ready. A `state` of an earlier one is kept. */
export async function startService(
  targetPort: number,
  state = mkdtempSync(join(tmpdir(), 'signalbox-bench-')),
  environment: { readonly [name: string]: string } = {},
): Promise<Service> {
  const definitions = join(state, 'definitions');
  mkdirSync(definitions, { recursive: true });
  const yaml = readFileSync('test/bench/definitions/bench.yaml', 'utf8').replace(
    '127.0.0.1:0',
    `127.0.0.1:${targetPort}`,
  );
  writeFileSync(join(definitions, 'bench.yaml'), yaml);
  const [port, temporalPort, uiPort] = [await freePort(), await freePort(), await freePort()];
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['bin/signalbox.mjs', 'dev'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      SIGNALBOX_CONFIG: definitions,
      SIGNALBOX_STATE: state,
      SIGNALBOX_PORT: String(port),
      SIGNALBOX_TEMPORAL_PORT: String(temporalPort),
      SIGNALBOX_UI_PORT: String(uiPort),
      LOG_LEVEL: 'error',
      ...environment,
    },
  });
  process.once('exit', () => child.kill('SIGINT'));
  await readyAt(`http://127.0.0.1:${port}/readyz`, child);
  return {
    port,
    temporalPort,
    state,
    readyMs: Math.round(performance.now() - startedAt),
    residentMiB: () => ({ service: residentMiB(child.pid), temporal: residentMiB(childOf(child.pid, 'temporal')) }),
    cpuSeconds: () => cpuSeconds(child.pid) + cpuSeconds(childOf(child.pid, 'temporal')),
    databaseBytes: () =>
      readdirSync(state)
        .filter((name) => name.startsWith('temporal.db'))
        .reduce((sum, name) => sum + statSync(join(state, name)).size, 0),
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGINT');
      await ended;
    },
  };
}

/** Removes what a service left. */
export function removeState(state: string): void {
  rmSync(state, { recursive: true, force: true });
}

async function readyAt(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 3_000; tries += 1) {
    if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode}`);
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await delay(100);
  }
  throw new Error('the service did not become ready');
}

function residentMiB(pid: number | undefined): number {
  if (pid === undefined) return Number.NaN;
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024);
}

/** The kernel counts in hundredths of a second: of a thread, user and system time stand 14th and 15th, its niceness 19th. */
function cpuSeconds(pid: number | undefined): number {
  if (pid === undefined) return Number.NaN;
  let ticks = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [, afterName = ''] = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8').split(') ');
    const numbers = afterName.split(' ').map(Number);
    if (numbers[16] === 0) ticks += (numbers[11] ?? 0) + (numbers[12] ?? 0);
  }
  return ticks / 100;
}

function childOf(parent: number | undefined, name: string): number | undefined {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  const found = pids.find((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      return status.includes(`PPid:\t${parent}\n`) && status.startsWith(`Name:\t${name}`);
    } catch {
      return false;
    }
  });
  return found === undefined ? undefined : Number(found);
}

/** A target that takes every start and notes how long after its event it was called. */
export type Recorder = {
  readonly port: number;
  readonly latenciesMs: number[];
  calls: number;
  close: () => void;
};

export async function startRecorder(): Promise<Recorder> {
  const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const { params } = JSON.parse(body);
      recorder.calls += 1;
      recorder.latenciesMs.push(Date.now() - Number(params.sentAt));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const recorder: Recorder = { port: addressOf(server).port, latenciesMs: [], calls: 0, close: () => server.close() };
  return recorder;
}

/** What a load run measured. */
export type Load = {
  acked: number;
  refused: number;
  seconds: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  longestGapMs: number;
};

/** Runs the load generator in a process of its own. */
export async function load(service: Service, options: { readonly [name: string]: string | number }): Promise<Load> {
  const args = Object.entries({ port: service.port, ...options }).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ]);
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/bench/load.ts', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  await new Promise((resolve) => child.once('exit', resolve));
  return JSON.parse(out);
}

/** Waits until a condition holds; bounded. */
export async function until(holds: () => boolean | Promise<boolean>, mostMs: number): Promise<void> {
  const endsAt = performance.now() + mostMs;
  while (!(await holds())) {
    if (performance.now() > endsAt) throw new Error('gave up waiting');
    await delay(50);
  }
}

/** The value below which `share` of the values lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length * share)] ?? Number.NaN) * 10) / 10;
}
