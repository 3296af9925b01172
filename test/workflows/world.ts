import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client, type WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';

import { createActivities } from '../../activities/index.ts';
import { createAccept } from '../../src/accept/accept.ts';
import { Committer } from '../../src/accept/committer.ts';
import type { Accept, AcceptOutcome } from '../../src/accept/outcome.ts';
import { createStepReplay, type StepReplay } from '../../src/accept/replay-step.ts';
import { createProbeDoor } from '../../src/accept/probe-door.ts';
import { createAskVerdicts } from '../../src/accept/verdicts.ts';
import { batchSignal, deadLetterQuery, viewQuery } from '../../src/contract/definitions.ts';
import { SOFT_SIGNALS } from '../../src/contract/limits.ts';
import type { DeadLetterInput, InstanceView, RunInput } from '../../src/contract/messages.ts';
import { instanceId, SEARCH_ATTRIBUTE_NAMES, TASK_QUEUE, WORKFLOW } from '../../src/contract/names.ts';
import { explain } from '../../src/core/explain.ts';
import type { RunRequest } from '../../src/core/fact.ts';
import type { LedgerEntry, LedgerPage } from '../../src/core/ledger.ts';
import { type Definitions, formatFinding, loadDefinitions } from '../../src/load/load.ts';
import type { ProbeReport } from '../../src/core/probe.ts';
import { createLedger } from '../../src/observability/ledger.ts';
import { createLogger } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { bundleWorkflows } from '../../src/temporal/bundle.ts';
import { createWorker } from '../../src/temporal/worker.ts';
import { startTestServer } from '../../src/virtual-time/server.ts';
import type { RunSettings } from '../../src/spec/definition.ts';
import type { Json } from '../../src/spec/json.ts';
import { KeptEvents } from './kept-events.ts';
import { TargetServer } from './target-server.ts';
import { targetYaml, triggerYaml, type Written } from './yaml.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Long enough for everything under way to settle: virtual time stands at real speed while anything works. */
const SETTLE_MS = 20 * SECOND;
/** `INDEXED_VALUE_TYPE_KEYWORD` of the API. */
const KEYWORD = 2;

/** Lines of what the worker says at `warn` and above, workflows included. */
export const workerLog: string[] = [];
let bundled: Promise<string> | undefined;

/** Bundled once for all files, which share a process. */
export function bundleOnce(): Promise<string> {
  if (!bundled) {
    Runtime.install({
      logger: new DefaultLogger('WARN', ({ message }) => workerLog.push(message)),
      shutdownSignals: [],
    });
    bundled = bundleWorkflows();
  }
  return bundled;
}

/** The YAML of one trigger and its target, both of one name; what is left out has a default. */
export type Given = Partial<Written> & {
  readonly params?: string;
  /** Name of the target, where it is another one. */
  readonly target?: string;
  readonly onUnknown?: 'hold' | 'retry';
  /** Further members of the target's `http`, each one line. */
  readonly http?: readonly string[];
  /** Of one attempt; passes in real time. */
  readonly timeout?: string;
} & Besides;

/** What else stands in the file. */
type Besides = {
  /** Names of further targets. */
  readonly targets?: readonly string[];
  /** Further documents, each begun by its `---`. */
  readonly more?: string;
};

/** Everything of the product on one time-skipping server, from the accepting side to the target. */
export class World {
  readonly env: TestWorkflowEnvironment;
  /** A plain one: that of the environment lets time jump while it waits for a result. */
  readonly client: Client;
  readonly target: TargetServer;
  readonly committer: Committer;
  /** What instances told the log, by trigger. */
  readonly ledger: (LedgerEntry & { readonly trigger: string })[] = [];
  /** What probes told the log. */
  readonly probes: ProbeReport[] = [];
  /** So many answers of the accepting side never reach the activity that asked, as when its worker dies. */
  answersToLose = 0;
  readonly kept = new KeptEvents();
  private readonly accept: Accept;
  private readonly directory: string;
  private definitions: Definitions | undefined;
  private readonly closing: (() => Promise<unknown>)[] = [];

  private constructor(env: TestWorkflowEnvironment, directory: string, target: TargetServer) {
    this.env = env;
    this.client = new Client({ connection: env.connection });
    this.directory = directory;
    this.target = target;
    this.committer = new Committer(this.client, { sent: () => undefined, kept: () => undefined }, Date.now);
    this.accept = createAccept({
      definitions: () => this.current(),
      committer: this.committer,
      askVerdicts: createAskVerdicts(this.client, Date.now),
      observer: { evaluated: () => undefined, unmatched: () => undefined },
      record: this.kept.record,
    });
  }

  /** `path` is the executable of the time-skipping server. */
  static async open(path: string): Promise<World> {
    const code = await bundleOnce();
    const env = await startTestServer(path);
    const searchAttributes = Object.fromEntries(SEARCH_ATTRIBUTE_NAMES.map((name) => [name, KEYWORD] as const));
    await env.connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes });
    const directory = await mkdtemp(join(tmpdir(), 'signalbox-workflows-'));
    const target = new TargetServer(() => env.currentTimeMs());
    await target.listen();
    const world = new World(env, directory, target);
    await world.work(code);
    return world;
  }

  /** Starts the worker with everything real. */
  private async work(code: string): Promise<void> {
    const log = createLogger({ level: 'silent' });
    const metrics = createMetrics({ version: 'test' });
    const tell = createLedger(log, metrics, (reason) => explain(reason, String));
    const record = (page: LedgerPage) => {
      for (const entry of page.entries) this.ledger.push({ trigger: page.trigger, ...entry });
      tell(page);
    };
    const worker = await createWorker({
      connection: this.env.nativeConnection,
      namespace: 'default',
      workflowBundle: { code },
      activities: createActivities({
        definitions: () => this.current(),
        committer: this.committer,
        accept: (events, options) => this.acceptOnce(events, options),
        stepReplay: (input) => this.stepReplay(input),
        repeats: () => false,
        now: Date.now,
        log,
        metrics,
        callbackOf: (runId) => ({ url: `http://127.0.0.1/v1/runs/${runId}/finish`, token: `token of ${runId}` }),
        probeDoor: createProbeDoor({ client: this.client, definitions: () => this.current(), now: Date.now }),
        targets: {
          resolveSecret: (ref) => ({ ok: false, detail: `${ref} is not set` }),
          stateDirectory: this.directory,
          environment: {},
        },
      }),
      sinks: {
        ledger: { record: { fn: (_info, page: LedgerPage) => record(page), callDuringReplay: false } },
        letters: { closed: { fn: () => undefined, callDuringReplay: false } },
        probes: { done: { fn: (_info, report) => void this.probes.push(report), callDuringReplay: false } },
        spill: { held: { fn: () => undefined, callDuringReplay: false } },
      },
    });
    const done = worker.run();
    this.closing.push(async () => {
      worker.shutdown();
      await done;
    });
  }

  private readonly acceptOnce: Accept = async (events, options) => {
    const outcome = await this.accept(events, options);
    if (this.answersToLose === 0) return outcome;
    this.answersToLose -= 1;
    throw new Error('the worker died');
  };

  /** The events it brings arrive in virtual time. */
  private readonly stepReplay: StepReplay = async (input) => {
    const at = await this.now();
    const step = createStepReplay({
      definitions: () => this.current(),
      eventsBetween: (span) => this.kept.between(span),
      accept: this.acceptOnce,
      now: () => at,
    });
    return step(input);
  };

  async close(): Promise<void> {
    await this.closing[0]?.();
    await this.env.teardown();
    await this.target.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  current(): Definitions {
    if (!this.definitions) throw new Error('nothing is defined yet');
    return this.definitions;
  }

  /** Virtual time, epoch milliseconds. */
  now(): Promise<number> {
    return this.env.currentTimeMs();
  }

  /** Virtual time passes; whatever becomes due on the way is finished before it goes on. */
  async sleep(ms: number): Promise<void> {
    await this.env.sleep(ms);
  }

  /** Everything under way comes to rest. */
  async settle(): Promise<void> {
    await this.env.sleep(SETTLE_MS);
  }

  /** Writes the file of a trigger and its target, and loads the directory as a reload would. */
  async define(name: string, given: Given = {}): Promise<void> {
    const { target = name, params = '{ files: "${{ items }}" }', onUnknown = 'hold', timeout = '30s' } = given;
    const http = [`timeout: ${timeout}`, ...(given.http ?? [])];
    const own = targetYaml(target, this.target.url, http, [`onUnknown: ${onUnknown}`]);
    await this.defineRun(name, {
      key: '${{ event.data.key }}',
      collect: '${{ event.data.file }}',
      ...given,
      run: [`target: ${target}`, `params: ${params}`, ...(given.run ?? [])],
      more: `${own}${given.more ?? ''}`,
    });
  }

  /** Writes the file of a trigger whose run is written out, and loads the directory as a reload would. */
  async defineRun(name: string, written: Written & Besides): Promise<void> {
    const { targets = [], more = '' } = written;
    const all = targets.map((it) => targetYaml(it, this.target.url));
    await writeFile(join(this.directory, `${name}.yaml`), [triggerYaml(name, written), ...all, more].join(''));
    await this.reload();
  }

  /** Writes the file of a pool, and loads the directory as a reload would. */
  async definePool(name: string, limit: number, leaseTimeout = '1h'): Promise<void> {
    const spec = `{ limit: ${limit}, leaseTimeout: ${leaseTimeout} }`;
    const text = `apiVersion: signalbox/v1\nkind: Pool\nmetadata: { name: ${name} }\nspec: ${spec}\n`;
    await writeFile(join(this.directory, `pool-${name}.yaml`), text);
    await this.reload();
  }

  async reload(): Promise<void> {
    const now = await this.now();
    const previous = this.definitions && { previous: this.definitions };
    const loaded = await loadDefinitions(this.directory, { now: () => now, ...previous });
    if (!loaded.ok) throw new Error(loaded.findings.map(formatFinding).join('\n'));
    this.definitions = loaded.definitions;
  }

  /** Takes a target out of the definitions, as a worker sees it that has not loaded them yet. */
  forgetTarget(name: string): void {
    const targets = new Map(this.current().targets);
    targets.delete(name);
    this.definitions = { ...this.current(), targets };
  }

  /** The same with a trigger. */
  forgetTrigger(name: string): void {
    const triggers = new Map(this.current().triggers);
    triggers.delete(name);
    this.definitions = { ...this.current(), triggers };
  }

  /** Sends one event of `data` through the accepting side, received now. */
  async send(
    name: string,
    id: string,
    data: { readonly [member: string]: Json } = {},
    waitMs?: number,
  ): Promise<AcceptOutcome> {
    const receivedAt = await this.now();
    return this.accept([incoming(name, id, data, receivedAt)], waitMs === undefined ? {} : { waitMs });
  }

  /** Sends many events in one request. */
  async sendAll(name: string, ids: readonly string[], data: { readonly [member: string]: Json } = {}) {
    const receivedAt = await this.now();
    return this.accept(
      ids.map((id) => incoming(name, id, data, receivedAt)),
      {},
    );
  }

  /** Signals an instance directly, with whatever. */
  async signal(name: string, signal: string, ...args: readonly unknown[]): Promise<void> {
    await this.client.workflow.getHandle(instanceId(name)).signal(signal, ...args);
  }

  /** Announces a pause, as a sender does that stays silent for a moment. */
  async pause(name: string): Promise<void> {
    await this.signal(name, batchSignal.name, { version: 1, offers: [], reports: [], pause: true });
  }

  /** Starts a decided run of a trigger by hand, with settings and members over what the trigger gives. */
  async startRun(
    name: string,
    runId: string,
    over: { readonly settings?: Partial<RunSettings>; readonly run?: Partial<RunRequest> } = {},
  ): Promise<WorkflowHandle> {
    const definition = this.current().triggers.get(name)?.definition;
    if (!definition) throw new Error(`${name} is not defined`);
    const firedAt = await this.now();
    const run: RunRequest = {
      runId,
      key: 'k',
      cause: 'events',
      firedAt,
      generation: definition.generation,
      settings: { ...definition.run, ...over.settings },
      bytes: 0,
      mode: 'live',
      members: runId,
      items: [{ eventId: `evt_${runId}`, time: firedAt, value: 'a.csv' }],
      last: {},
      receivedAt: firedAt,
      ...over.run,
    };
    const input: RunInput = { version: 1, trigger: name, run };
    const start = { workflowId: runId, taskQueue: TASK_QUEUE, args: [input] };
    return this.client.workflow.start(WORKFLOW.run, start);
  }

  view(name: string): Promise<InstanceView> {
    return this.client.workflow.getHandle(instanceId(name)).query(viewQuery);
  }

  instance(name: string): WorkflowHandle {
    return this.client.workflow.getHandle(instanceId(name));
  }

  /** Past the soft limit of signals, with a pause announced each time: the instance continues as new. */
  async continueAsNew(name: string): Promise<void> {
    const before = (await this.instance(name).describe()).runId;
    await Promise.all(Array.from({ length: SOFT_SIGNALS + 20 }, () => this.pause(name)));
    await this.settle();
    if ((await this.instance(name).describe()).runId === before) throw new Error(`${name} did not continue as new`);
  }

  /** The current details of an execution, as the Temporal UI asks for them. */
  async details(workflowId: string): Promise<string> {
    const metadata: unknown = await this.client.workflow.getHandle(workflowId).query('__temporal_workflow_metadata');
    const details = typeof metadata === 'object' && metadata && 'currentDetails' in metadata && metadata.currentDetails;
    return typeof details === 'string' ? details : '';
  }

  /** The labels of the timers an execution started, in order. */
  async timerLabels(workflowId: string): Promise<readonly string[]> {
    const { events } = await this.client.workflow.getHandle(workflowId).fetchHistory();
    const labelled = (events ?? []).filter((event) => event.timerStartedEventAttributes);
    return labelled.map((event) =>
      String(JSON.parse(Buffer.from(event.userMetadata?.summary?.data ?? '""').toString())),
    );
  }

  deadLetter(workflowId: string): Promise<DeadLetterInput> {
    return this.client.workflow.getHandle(workflowId).query(deadLetterQuery);
  }

  /** The runs an instance decided, in order. */
  runs(name: string): readonly LedgerEntry[] {
    return this.ledger.filter((entry) => entry.trigger === name && entry.kind === 'runDecided');
  }

  /** The only run an instance decided. */
  onlyRunId(name: string): string {
    const [run, ...more] = this.runs(name);
    if (run?.runId === undefined || more.length > 0)
      throw new Error(`${name} decided ${more.length} more runs than one`);
    return run.runId;
  }
}

function incoming(name: string, id: string, data: { readonly [member: string]: Json }, receivedAt: number) {
  const event = {
    specversion: '1.0',
    id,
    source: '/test',
    type: name,
    data: { key: 'k', file: `${id}.csv`, ...data },
  } as const;
  return { event, source: 'events', receivedAt, traceparent: TRACEPARENT };
}

export const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
