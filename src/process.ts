import { mkdirSync } from 'node:fs';

import type { Connection } from '@temporalio/client';
import { DefaultLogger, type NativeConnection, Runtime } from '@temporalio/worker';

import type { Accept } from './accept/outcome.ts';
import { openCallbacks } from './callbacks.ts';
import { SEARCH_ATTRIBUTE_NAMES } from './contract/names.ts';
import { openMetricsServer } from './http/metrics-server.ts';
import type { HttpServer } from './http/server.ts';
import { formatFinding } from './load/finding.ts';
import { type DefinitionsWatch, watchDefinitions } from './load/watch.ts';
import { createLogger, type Logger } from './observability/log.ts';
import { createMetrics, type Metrics } from './observability/metrics.ts';
import {
  createAcceptance,
  createCatchUp,
  createCommitter,
  createHttp,
  keepSchedules,
  type RunningWorker,
  type Shared,
  startWorker,
} from './service.ts';
import { openServiceStore } from './service-store.ts';
import { isLoopback, type Settings } from './settings.ts';
import { connectClient, connectWorker, type TemporalTarget } from './temporal/connect.ts';
import { lockState } from './temporal/embedded/state-lock.ts';
import { type EmbeddedServer, startEmbedded } from './temporal/embedded/start.ts';
import { prepareNamespace } from './temporal/namespace.ts';
import { VERSION } from './version.ts';

/** Which parts a process runs. */
export type Roles = { readonly http: boolean; readonly worker: boolean };

/** A process that serves; everything it started stops with it. */
export type Running = {
  readonly url?: string;
  readonly uiUrl?: string;
  /** The embedded server. */
  readonly temporal?: { readonly address: string; readonly namespace: string };
  /** Resolves with what ended it, if it was not asked to stop. */
  readonly ended: Promise<string>;
  readonly stop: () => Promise<void>;
};

/** Why a process could not start, and what to do about it. */
export type NotStarted = { readonly ok: false; readonly message: string; readonly remedy: string };

/** What has to be undone at the end, the last thing first. */
type Undo = () => Promise<void> | void;

/**
 * Builds and starts the parts of one process: server of Temporal where it is embedded, definitions, worker, HTTP.
 * `report` takes progress for people. `signal` ends a start that takes long. `logTo` takes the log's JSON lines; without
 * it they go to standard output.
 */
export async function startProcess(
  settings: Settings,
  roles: Roles,
  report: (line: string) => void,
  signal: AbortSignal,
  logTo?: LogTo,
): Promise<{ readonly ok: true; readonly running: Running } | NotStarted> {
  const undo: Undo[] = [];
  const stop = async () => {
    const failures: unknown[] = [];
    for (const one of undo.splice(0).reverse()) {
      try {
        await one();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'Not everything could be stopped');
  };
  try {
    const started = await startParts(settings, roles, { report, signal, undo, ...(logTo && { logTo }) });
    if (!started.ok) await stop();
    return started.ok ? { ok: true, running: { ...started.parts, stop } } : started;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Where the log's lines go. */
type LogTo = { write(line: string): void };

type Parts = Omit<Running, 'stop'>;

async function startParts(
  settings: Settings,
  roles: Roles,
  start: {
    readonly report: (line: string) => void;
    readonly signal: AbortSignal;
    readonly logTo?: LogTo;
    readonly undo: Undo[];
  },
): Promise<{ readonly ok: true; readonly parts: Parts } | NotStarted> {
  const { report, signal, logTo, undo } = start;
  const level = settings.logLevel === 'trace' ? 'debug' : settings.logLevel;
  const log = createLogger({ level, ...(logTo && { destination: logTo }) });
  const metrics = createMetrics({ version: VERSION });
  const loaded = await loadDefinitions(settings, log, metrics);
  if (!loaded.ok) return loaded;
  undo.push(() => loaded.definitions.close());
  const temporal = await startTemporal(settings, report, signal, undo);
  if (!temporal.ok) return temporal;
  const locked = await lockForStore(settings, roles, report, undo);
  if (locked) return locked;
  const store = openServiceStore(settings, isWhole(roles), log, metrics);
  undo.push(() => store.close());
  const { connection, namespace, target, server } = temporal;
  const shared: Shared = {
    settings,
    log,
    metrics,
    definitions: loaded.definitions,
    namespace,
    store,
    callbacks: openCallbacks(settings),
    ...(server && { uiUrl: server.uiUrl }),
  };
  const committer = createCommitter(shared, connection);
  const accept = createAcceptance(shared, connection, committer);
  const worker = roles.worker ? await joinWorker(shared, target, { committer, accept }, undo) : undefined;
  if (worker && !worker.ok) return worker;
  const schedules = roles.worker ? keepSchedules(shared, connection) : undefined;
  if (schedules) undo.push(() => schedules.close());
  const catchUp = createCatchUp(shared, connection);
  if (catchUp) {
    undo.push(() => catchUp.close());
    if (roles.worker) catchUp.watch();
  }
  const parts = { ...(schedules && { schedules }), ...(catchUp && { catchUp }) };
  const http = roles.http
    ? await openHttp(createHttp(shared, connection, accept, parts), settings, report, undo)
    : undefined;
  if (http && !http.ok) return http;
  if (http) shared.callbacks.servedAt(http.url);
  const measured = roles.http ? undefined : await openWorkerMetrics(settings, metrics, undo);
  if (measured) return measured;
  const ended = whatEnds(server, worker?.worker);
  const ofServer = server && { uiUrl: server.uiUrl, temporal: { address: server.address, namespace } };
  return { ok: true, parts: { ended, ...(http && { url: http.url }), ...ofServer } };
}

/** What ends a process that was not asked to stop. */
function whatEnds(server: EmbeddedServer | undefined, worker: RunningWorker | undefined): Promise<string> {
  const ofWorker = worker?.done.then(
    () => 'The worker has stopped.',
    (error: unknown) => `The worker broke: ${String(error)}`,
  );
  return Promise.race([
    ...(server ? [server.exited.then((exit) => exit.message)] : []),
    ...(ofWorker ? [ofWorker] : []),
    new Promise<never>(() => undefined),
  ]);
}

async function loadDefinitions(
  { configDirectory }: Settings,
  log: Logger,
  metrics: Metrics,
): Promise<{ readonly ok: true; readonly definitions: DefinitionsWatch } | NotStarted> {
  let loads = 0;
  const publish = (definitions: ReturnType<DefinitionsWatch['current']>) => {
    const { triggers, targets, sources, loadedAt } = definitions;
    metrics.define({ triggers: triggers.keys(), targets: targets.keys(), sources: sources.keys() });
    loads += 1;
    metrics.set('signalbox_config_generation', {}, loads);
    metrics.set('signalbox_config_last_reload_success', {}, 1);
    metrics.set('signalbox_config_loaded_timestamp_seconds', {}, loadedAt / 1_000);
    log.info({ triggers: triggers.size, targets: targets.size, sources: sources.size }, 'definitions are live');
  };
  const watched = await watchDefinitions(configDirectory, {
    now: Date.now,
    onLoaded: (definitions) => publish(definitions),
    onFailed: (findings) => {
      metrics.set('signalbox_config_last_reload_success', {}, 0);
      log.error(
        { findings: findings.map(formatFinding) },
        'a change of the definitions was refused; the old ones stay live',
      );
    },
  });
  if (!watched.ok) {
    const message = `The definitions in ${configDirectory} cannot be used:\n${watched.findings.map(formatFinding).join('\n')}`;
    return { ok: false, message, remedy: 'Correct them, or point SIGNALBOX_CONFIG at another directory.' };
  }
  publish(watched.watch.current());
  return { ok: true, definitions: watched.watch };
}

/** A process that does everything may keep its store in its state directory. */
function isWhole({ http, worker }: Roles): boolean {
  return http && worker;
}

/** Two processes in one embedded database would corrupt it. Beside an embedded server the state directory is locked already. */
async function lockForStore(
  { store, temporal, stateDirectory }: Settings,
  roles: Roles,
  report: (line: string) => void,
  undo: Undo[],
): Promise<NotStarted | undefined> {
  if (store.kind !== 'embedded' || temporal.mode === 'embedded' || !isWhole(roles)) return undefined;
  mkdirSync(stateDirectory, { recursive: true });
  const locked = await lockState(stateDirectory, report);
  if (!locked.ok) return locked;
  undo.push(() => locked.lock.release());
  return undefined;
}

type Temporal = {
  readonly ok: true;
  readonly connection: Connection;
  readonly namespace: string;
  readonly target: TemporalTarget;
  readonly server?: EmbeddedServer;
};

async function startTemporal(
  settings: Settings,
  report: (line: string) => void,
  signal: AbortSignal,
  undo: Undo[],
): Promise<Temporal | NotStarted> {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  const { temporal, stateDirectory, cacheDirectory } = settings;
  const embedded =
    temporal.mode === 'embedded'
      ? await startEmbedded({ ...temporal, stateDirectory, cacheDirectory, report, signal })
      : undefined;
  if (embedded && !embedded.ok) return embedded;
  const server = embedded?.server;
  if (server) undo.push(() => server.stop());
  const target: TemporalTarget = server
    ? { kind: 'address', address: server.address, namespace: server.namespace }
    : { kind: 'environment' };
  const connected = await connectClient(target, undefined, signal);
  if (!connected.ok) return connected;
  const { connection, namespace } = connected;
  undo.push(() => connection.close());
  if (server) await prepareNamespace(connection, namespace, SEARCH_ATTRIBUTE_NAMES);
  return { ok: true, connection, namespace, target, ...(server && { server }) };
}

async function joinWorker(
  shared: Shared,
  target: TemporalTarget,
  accepting: { readonly committer: ReturnType<typeof createCommitter>; readonly accept: Accept },
  undo: Undo[],
): Promise<{ readonly ok: true; readonly worker: RunningWorker } | NotStarted> {
  const connected = await connectWorker(target);
  if (!connected.ok) return connected;
  const connection: NativeConnection = connected.connection;
  undo.push(() => connection.close());
  const worker = await startWorker(shared, connection, accepting.committer, accepting.accept);
  undo.push(() => worker.stop());
  return { ok: true, worker };
}

/** Where a worker without HTTP is asked for its metrics. On loopback, which only this machine reaches, without a token. */
async function openWorkerMetrics(
  { host, token, workerMetricsPort }: Settings,
  metrics: Metrics,
  undo: Undo[],
): Promise<NotStarted | undefined> {
  if (workerMetricsPort === undefined) return undefined;
  const guard = isLoopback(host) || token === undefined ? {} : { token };
  try {
    const server = await openMetricsServer(metrics, { host, port: workerMetricsPort, ...guard });
    undo.push(() => server.close());
    return undefined;
  } catch (error) {
    const message = `Port ${workerMetricsPort} for the worker's metrics cannot be used: ${String(error)}`;
    return { ok: false, message, remedy: 'Stop what listens there, or set SIGNALBOX_WORKER_METRICS_PORT to another.' };
  }
}

async function openHttp(
  server: HttpServer,
  { host, port }: Settings,
  report: (line: string) => void,
  undo: Undo[],
): Promise<{ readonly ok: true; readonly url: string } | NotStarted> {
  const listen = (number: number) => server.listen({ host, port: number });
  const isTaken = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  try {
    const opened = await listen(port.number).catch((error: unknown) => {
      if (port.asked || !isTaken(error)) throw error;
      return listen(0);
    });
    undo.push(() => server.close());
    if (!port.asked && opened.port !== port.number) {
      report(`Port ${port.number} is taken: the service listens on ${opened.port} (SIGNALBOX_PORT sets it)`);
    }
    return { ok: true, url: `http://${host.includes(':') ? `[${host}]` : host}:${opened.port}` };
  } catch (error) {
    const why = isTaken(error) ? 'is taken by another program' : `cannot be used: ${String(error)}`;
    const remedy = 'Stop what listens there, or set SIGNALBOX_PORT to another port (0 for any free one).';
    return { ok: false, message: `Port ${port.number} ${why}`, remedy };
  }
}
