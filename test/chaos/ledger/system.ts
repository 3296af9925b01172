import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client, type Connection } from '@temporalio/client';

import { SEARCH_ATTRIBUTE_NAMES } from '../../../src/contract/names.ts';
import { connectClient } from '../../../src/temporal/connect.ts';
import { type ServerProcess, startServerProcess } from '../../../src/temporal/embedded/child.ts';
import { choosePort } from '../../../src/temporal/embedded/ports.ts';
import { serverArguments } from '../../../src/temporal/embedded/server-settings.ts';
import { prepareNamespace } from '../../../src/temporal/namespace.ts';
import { type Environment, type Program, startProgram } from '../../e2e/program.ts';
import { report } from '../../setup/provided.ts';
import { type RecordingTarget, startRecordingTarget } from '../../e2e/recording-target.ts';
import { writeDefinitions } from './definitions.ts';
import type { Random } from './random.ts';

/** The processes a fault can hit. */
export const VICTIMS = ['ingress', 'worker', 'server'] as const;
export type Victim = (typeof VICTIMS)[number];

const NAMESPACE = 'default';
/** Share of starts that the target accepts and then answers with a lost connection, or with 503 without starting. */
const TARGET_FAULTS = 0.04;

/** The real thing: a server on a database file, the HTTP side, the worker, and a target that remembers. */
export class System {
  readonly directory = mkdtempSync(join(tmpdir(), 'signalbox-chaos-'));
  private readonly processes = new Map<Victim, Program | ServerProcess>();
  private readonly binary: string;
  private temporalPort = 0;
  private uiPort = 0;
  private httpPort = 0;
  private connection: Connection | undefined;
  private endpoint: RecordingTarget | undefined;

  constructor(binary: string) {
    this.binary = binary;
  }

  get url(): string {
    return `http://127.0.0.1:${this.httpPort}`;
  }

  get client(): Client {
    if (!this.connection) throw new Error('not started');
    return new Client({ connection: this.connection, namespace: NAMESPACE });
  }

  get target(): RecordingTarget {
    if (!this.endpoint) throw new Error('not started');
    return this.endpoint;
  }

  async start(draw: Random): Promise<void> {
    const starts = join(this.directory, 'starts.jsonl');
    this.endpoint = await startRecordingTarget((_call, response) => {
      if (draw.chance(TARGET_FAULTS)) response.destroy();
      else response.writeHead(draw.chance(TARGET_FAULTS) ? 503 : 200, { 'content-type': 'application/json' }).end('{}');
    }, starts);
    mkdirSync(join(this.directory, 'definitions'));
    writeDefinitions(join(this.directory, 'definitions'), this.target.url);
    [this.temporalPort, this.uiPort, this.httpPort] = [await freePort(), await freePort(), await freePort()];
    await this.launch('server');
    const connected = await connectClient({ kind: 'address', address: this.address, namespace: NAMESPACE });
    if (!connected.ok) throw new Error(connected.message);
    this.connection = connected.connection;
    await prepareNamespace(connected.connection, NAMESPACE, SEARCH_ATTRIBUTE_NAMES);
    await Promise.all([this.launch('ingress'), this.launch('worker')]);
  }

  /** A signal to a process: SIGSTOP and SIGCONT leave it there. */
  signal(victim: Victim, signal: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(this.processes.get(victim)?.pid ?? Number.NaN, signal);
  }

  /** kill -9, and at once a new one; resolves when that is ready. */
  async killAndRestart(victim: Victim): Promise<void> {
    await this.end(victim);
    await this.launch(victim);
  }

  /** Replaces the worker by one that is killed right after it started a run of the trigger; resolves when that runs. */
  async armCrashAfterStart(trigger: string): Promise<void> {
    await this.end('worker');
    const preload = new URL('crash-after-start.mjs', import.meta.url).href;
    this.processes.set('worker', await this.launchProgram('worker', { SIGNALBOX_CRASH_TRIGGER: trigger }, preload));
  }

  /** Resolves with what ended a process. */
  async ended(victim: 'ingress' | 'worker'): Promise<unknown> {
    return this.processes.get(victim)?.exited;
  }

  /** Ends everything that was started; its files stay where somebody will want to look at them. */
  async stop(keepsFiles: boolean): Promise<void> {
    await this.connection?.close();
    const { server, ...programs } = Object.fromEntries(this.processes);
    await Promise.all(Object.values(programs).map((program) => program.stop()));
    await server?.stop();
    await this.endpoint?.close();
    if (keepsFiles) report(`ledgers, database and log are in ${this.directory}`);
    else rmSync(this.directory, { recursive: true, force: true });
  }

  private get address(): string {
    return `127.0.0.1:${this.temporalPort}`;
  }

  /** Starts a process that is not running. */
  async launch(victim: Victim): Promise<void> {
    this.processes.set(victim, victim === 'server' ? await this.launchServer() : await this.launchProgram(victim));
  }

  private async launchServer(): Promise<ServerProcess> {
    const { temporalPort: port, uiPort } = this;
    const databaseFile = join(this.directory, 'temporal.db');
    const args = serverArguments({ port, uiPort, databaseFile, namespace: NAMESPACE });
    const started = await startServerProcess(this.binary, args, join(this.directory, 'temporal.log'));
    if (!started.ok) throw new Error(started.reason);
    return started.process;
  }

  private async end(victim: Victim): Promise<void> {
    const running = this.processes.get(victim);
    if (!running) throw new Error(`${victim} does not run`);
    process.kill(running.pid, 'SIGKILL');
    await running.exited;
  }

  private async launchProgram(
    victim: 'ingress' | 'worker',
    more: Environment = {},
    preload?: string,
  ): Promise<Program> {
    const environment = {
      TEMPORAL_ADDRESS: this.address,
      TEMPORAL_NAMESPACE: NAMESPACE,
      SIGNALBOX_CONFIG: join(this.directory, 'definitions'),
      SIGNALBOX_STATE: join(this.directory, victim),
      SIGNALBOX_PORT: `${this.httpPort}`,
      LOG_LEVEL: 'warn',
      ...more,
    };
    return startProgram(victim === 'ingress' ? 'serve' : 'worker', environment, preload);
  }
}

async function freePort(): Promise<number> {
  const chosen = await choosePort({ number: 0, asked: true }, { host: '127.0.0.1', what: 'a test', variable: '' });
  if (!chosen.ok) throw new Error(chosen.message);
  return chosen.port;
}
