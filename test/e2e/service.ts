import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { inject } from 'vitest';

import { SEARCH_ATTRIBUTE_NAMES } from '../../src/contract/names.ts';
import type { JsonObject } from '../../src/spec/json.ts';
import { connectClient } from '../../src/temporal/connect.ts';
import { prepareNamespace } from '../../src/temporal/namespace.ts';
import { type Command, type Environment, type Program, startProgram } from './program.ts';
import { type Answer, type RecordingTarget, startRecordingTarget } from './recording-target.ts';

const DAY_MS = 86_400_000;
const POLL_MS = 50;

/** An answer of the service. */
export type Reply = { readonly status: number; readonly headers: Headers; readonly body: JsonObject };

export type ServiceOptions = {
  /** The definitions, one YAML text, given the address of the recording target. */
  readonly definitions: (targetUrl: string) => string;
  readonly answer?: Answer;
  /** Where the service reaches Temporal; the shared server by default. */
  readonly address?: string;
  /** What is launched first; `serve` is one without a worker. */
  readonly command?: 'dev' | 'serve';
};

/** A service of its own process, in a namespace of its own on the shared server, and a target that remembers. */
export class Service {
  readonly directory = mkdtempSync(join(tmpdir(), 'signalbox-e2e-'));
  readonly target: RecordingTarget;
  readonly client: Client;
  private readonly address: string;
  private program: Program | undefined;

  private constructor(target: RecordingTarget, client: Client, address: string) {
    this.target = target;
    this.client = client;
    this.address = address;
    mkdirSync(join(this.directory, 'definitions'));
  }

  static async start({ definitions, answer, address, command }: ServiceOptions): Promise<Service> {
    const shared = inject('temporal');
    const namespace = `e2e-${process.pid}-${Date.now()}`;
    const connected = await connectClient({ kind: 'address', address: shared.address, namespace: shared.namespace });
    if (!connected.ok) throw new Error(connected.message);
    const { connection } = connected;
    await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs(DAY_MS) });
    await prepareNamespace(connection, namespace, SEARCH_ATTRIBUTE_NAMES);
    const target = await startRecordingTarget(answer);
    const service = new Service(target, new Client({ connection, namespace }), address ?? shared.address);
    service.define('definitions.yaml', definitions(target.url));
    await service.launch(command);
    return service;
  }

  /** Writes a file of definitions. */
  define(name: string, text: string): void {
    writeFileSync(join(this.directory, 'definitions', name), text);
  }

  /** Starts the process, again after `end`; `serve` is one without a worker. */
  async launch(command: 'dev' | 'serve' = 'dev'): Promise<void> {
    this.program = await this.startAnother(command);
  }

  /** Starts a further process of the same service, by definitions of its own if told so; whoever does ends it. */
  startAnother(
    command: Command,
    definitions = 'definitions',
    { environment = {}, preload }: { readonly environment?: Environment; readonly preload?: string } = {},
  ): Promise<Program> {
    const own = {
      TEMPORAL_ADDRESS: this.address,
      TEMPORAL_NAMESPACE: this.client.options.namespace,
      SIGNALBOX_CONFIG: join(this.directory, definitions),
      SIGNALBOX_STATE: join(this.directory, 'state'),
      SIGNALBOX_PORT: '0',
    };
    return startProgram(command, { ...own, ...environment }, preload);
  }

  /** Stops the process as an operator does, and answers its exit code. */
  async end(): Promise<number | NodeJS.Signals> {
    return this.running.stop();
  }

  get running(): Program {
    if (!this.program) throw new Error('not started');
    return this.program;
  }

  /** Sends an event, or a batch of them. */
  async send(events: JsonObject | readonly JsonObject[], headers: Record<string, string> = {}): Promise<Reply> {
    const type = `application/cloudevents${Array.isArray(events) ? '-batch' : ''}+json`;
    return this.post(JSON.stringify(events), { 'content-type': type, ...headers });
  }

  async post(body: string, headers: Record<string, string>): Promise<Reply> {
    return replyOf(await fetch(`${this.running.url}/events`, { method: 'POST', headers, body }));
  }

  /** Orders something, as people do. */
  async order(path: string, body: JsonObject = {}, headers: Record<string, string> = {}): Promise<Reply> {
    const all = { 'content-type': 'application/json', ...headers };
    const url = `${this.running.url}${path}`;
    return replyOf(await fetch(url, { method: 'POST', headers: all, body: JSON.stringify(body) }));
  }

  async get(path: string): Promise<Reply> {
    return replyOf(await fetch(`${this.running.url}${path}`));
  }

  async metrics(): Promise<string> {
    return (await fetch(`${this.running.url}/metrics`)).text();
  }

  async stop(): Promise<void> {
    await this.program?.stop();
    await this.target.close();
    await this.client.connection.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function replyOf(response: Response): Promise<Reply> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: JSON.parse(text) };
}

/** An event of the tests: `data` and what else is named, the rest filled in. */
export function event(id: string, type: string, more: JsonObject = {}): JsonObject {
  return { specversion: '1.0', id, source: 'urn:e2e', type, ...more };
}

/** What `look` answers once it is not undefined; an error that says what was waited for after `withinMs`. Looks again after `everyMs`. */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  withinMs = 20_000,
  everyMs = POLL_MS,
): Promise<T> {
  const until = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > until) throw new Error(`${what} did not happen within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
