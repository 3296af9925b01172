import { Client, type Connection, ScheduleClient } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';

import { createActivities } from '../activities/index.ts';
import { type AcceptObserver, createAccept } from './accept/accept.ts';
import type { Callbacks } from './callbacks.ts';
import { Committer } from './accept/committer.ts';
import { watchEndedInstances } from './accept/ended-instances.ts';
import { LoadedInstances } from './accept/loaded-instances.ts';
import type { Accept } from './accept/outcome.ts';
import { createStepReplay } from './accept/replay-step.ts';
import { watchOpenLetters } from './accept/open-letters.ts';
import { createProbeDoor } from './accept/probe-door.ts';
import { ProbeKeeper } from './accept/probe-keeper.ts';
import { createAskVerdicts } from './accept/verdicts.ts';
import { createSource } from './connectors/registry.ts';
import { parseStrictJson } from './connectors/strict-json.ts';
import type { ResolveSecret } from './connectors/target.ts';
import { CatchUp, type CatchUpStatus } from './catch-up.ts';
import { explain } from './core/explain.ts';
import type { LedgerPage } from './core/ledger.ts';
import { refusal } from './errors.ts';
import type { HttpDependencies, Readiness } from './http/dependencies.ts';
import { audited } from './http/audited.ts';
import { createAskInstance } from './http/ask-instance.ts';
import { createExplainApi } from './http/read-explain.ts';
import { createOperateApi } from './http/operate-temporal.ts';
import { createReplayOrders } from './http/replay-orders.ts';
import type { RebuildApi } from './http/rebuild-api.ts';
import type { RebuildAnswer } from './http/shapes/rebuild.ts';
import { createProbeTrigger } from './http/probe.ts';
import { createReadApi } from './http/read-temporal.ts';
import { createServer, type HttpServer } from './http/server.ts';
import type { DefinitionsWatch } from './load/watch.ts';
import { createKeptGauge } from './observability/kept.ts';
import { createLedger } from './observability/ledger.ts';
import type { Logger } from './observability/log.ts';
import type { Metrics } from './observability/metrics.ts';
import { createProbeTeller } from './observability/probes.ts';
import { createTellPools } from './pools.ts';
import { isRepeatedTick, ScheduleKeeper } from './schedules.ts';
import { resolveSecret, type Settings } from './settings.ts';
import type { ServiceStore } from './service-store.ts';
import { createWorker } from './temporal/worker.ts';

/** What the parts of one process share. */
export type Shared = {
  readonly settings: Settings;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly definitions: DefinitionsWatch;
  readonly namespace: string;
  readonly store: ServiceStore;
  readonly callbacks: Callbacks;
  /** Address of the Temporal UI, where it is known. */
  readonly uiUrl?: string;
};

/** The accepting side over one client connection; the worker of the same process reports through it too. */
export function createCommitter({ metrics, namespace }: Shared, connection: Connection): Committer {
  const client = new Client({ connection, namespace });
  return new Committer(
    client,
    {
      sent: (_trigger, offers, _bytes, tookMs) => {
        metrics.observe('signalbox_commit_batch_offers', {}, offers);
        metrics.observe('signalbox_commit_duration_seconds', {}, tookMs / 1_000);
      },
      kept: (trigger, offers) => metrics.count('signalbox_events_spilled_total', { trigger }, offers),
    },
    Date.now,
  );
}

const secretOf: ResolveSecret = (reference) => {
  const resolved = resolveSecret(reference);
  return resolved.ok ? resolved : { ok: false, detail: resolved.message };
};

/** Where events come in, whatever brings them. */
export function createAcceptance(shared: Shared, connection: Connection, committer: Committer): Accept {
  const { metrics, definitions, namespace, store } = shared;
  const observer: AcceptObserver = {
    evaluated: (trigger, result) => metrics.count('signalbox_filter_evaluations_total', { trigger, result }),
    unmatched: (source) => metrics.count('signalbox_events_unmatched_total', { source }),
  };
  return createAccept({
    definitions: () => definitions.current(),
    committer,
    askVerdicts: createAskVerdicts(new Client({ connection, namespace }), Date.now),
    observer,
    record: (events) => store.recordAccepted(events),
  });
}

/** Keeps Temporal's schedules as the definitions say, from now on and after every reload. */
export function keepSchedules(
  { log, metrics, definitions, namespace }: Shared,
  connection: Connection,
): ScheduleKeeper {
  const client = new ScheduleClient({ connection, namespace });
  const keeper = new ScheduleKeeper({ client, definitions: () => definitions.current(), log, metrics, now: Date.now });
  definitions.subscribe(() => keeper.reconcile());
  keeper.reconcile();
  return keeper;
}

/** The HTTP side of a process. */
export function createHttp(
  shared: Shared,
  connection: Connection,
  accept: Accept,
  { schedules, catchUp }: { readonly schedules?: ScheduleKeeper; readonly catchUp?: CatchUp },
): HttpServer {
  const { settings, log, metrics, definitions, namespace } = shared;
  const client = new Client({ connection, namespace });
  const read = createReadApi(client, () => definitions.current(), Date.now);
  const eventsBetween: HttpDependencies['eventsBetween'] = (span) => shared.store.eventsBetween(span);
  const dependencies: HttpDependencies = {
    accept,
    events: createSource({ type: 'cloudevents' }),
    sources: () => definitions.current().sources,
    createSource,
    resolveSecret: secretOf,
    parseJson: parseStrictJson,
    read,
    readiness: () => readiness(shared, connection, schedules),
    definitions: () => definitions.current(),
    eventsBetween,
    explain: createExplainApi({
      store: shared.store,
      instances: createAskInstance(client, Date.now),
      definitions: () => definitions.current(),
      now: Date.now,
      temporalUrl: (workflowId) =>
        shared.uiUrl && `${shared.uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`,
    }),
    operate: audited(
      {
        ...createOperateApi(client, () => definitions.current(), Date.now),
        ...createReplayOrders({ client, state: (name) => read.state(name), eventsBetween, now: Date.now }),
      },
      shared.store,
      Date.now,
    ),
    probe: createProbeTrigger(client, () => definitions.current(), Date.now),
    isCallbackToken: (runId, token) => shared.callbacks.accepts(runId, token),
    rebuild: rebuildApi(shared.store, catchUp),
    logger: log,
    metrics,
    now: Date.now,
    allowedHosts: settings.allowedHosts,
    ...(settings.token !== undefined && { token: settings.token }),
  };
  return createServer(dependencies);
}

/** Brings the store up to Temporal's history; nothing where there is no store. */
export function createCatchUp(shared: Shared, connection: Connection): CatchUp | undefined {
  const { settings, store, log, metrics, namespace } = shared;
  const client = new Client({ connection, namespace });
  return store.gaps && new CatchUp({ client, store, keepMs: settings.store.keepMs, log, metrics, now: Date.now });
}

function rebuildApi(store: ServiceStore, catchUp: CatchUp | undefined): RebuildApi {
  if (!catchUp) {
    const off = { ok: false, refusal: refusal('store_off', store.status().detail) } as const;
    return { start: () => off, status: () => off };
  }
  return {
    start: () => {
      const started = catchUp.rebuild();
      return started.ok ? { ok: true, value: rebuildAnswerOf(started.status) } : started;
    },
    status: () => ({ ok: true, value: rebuildAnswerOf(catchUp.status()) }),
  };
}

function rebuildAnswerOf({ startedAt, endedAt, problems, ...status }: CatchUpStatus): RebuildAnswer {
  return {
    ...status,
    problems,
    ...(startedAt !== undefined && { startedAt: new Date(startedAt).toISOString() }),
    ...(endedAt !== undefined && { endedAt: new Date(endedAt).toISOString() }),
  };
}

async function readiness(
  { definitions, namespace, store }: Shared,
  connection: Connection,
  schedules: ScheduleKeeper | undefined,
): Promise<Readiness> {
  const temporal = await connection
    .withDeadline(Date.now() + 2_000, () => connection.workflowService.describeNamespace({ namespace }))
    .then(() => ({ ok: true, detail: `namespace ${namespace} answers` }))
    .catch((error: unknown) => ({ ok: false, detail: error instanceof Error ? error.message : String(error) }));
  const { triggers, targets, loadedAt } = definitions.current();
  const live = `${triggers.size} triggers and ${targets.size} targets, loaded ${new Date(loadedAt).toISOString()}`;
  const [finding] = definitions.lastFindings();
  const reloaded = definitions.lastReloadOk()
    ? { ok: true, detail: live }
    : {
        ok: false,
        detail: `The last change was refused: ${finding?.file}:${finding?.line} ${finding?.message}. Live: ${live}`,
      };
  const reconciled = schedules && { schedules: schedules.status() };
  const { state, detail } = store.status();
  const kept = { ok: state === 'ready' || state === 'off', detail: `${state}: ${detail}` };
  return { ready: temporal.ok, checks: { temporal, definitions: reloaded, store: kept, ...reconciled } };
}

/** A running worker. */
export type RunningWorker = {
  /** Rejects when the worker breaks, resolves when it has stopped. */
  readonly done: Promise<void>;
  /** Finishes what is under way. */
  readonly stop: () => Promise<void>;
};

/** The worker of a process. */
export async function startWorker(
  shared: Shared,
  connection: NativeConnection,
  committer: Committer,
  accept: Accept,
): Promise<RunningWorker> {
  const { settings, log, metrics, definitions, namespace, store } = shared;
  const current = () => definitions.current();
  const tell = createLedger(log, metrics, (reason) => explain(reason, (at) => new Date(at).toISOString()));
  const record = (instance: string, page: LedgerPage) => {
    tell(page);
    store.recordPage(instance, page);
  };
  const kept = createKeptGauge(metrics);
  const tellProbe = createProbeTeller(log, metrics);
  const client = new Client({ connection, namespace });
  const worker = await createWorker({
    connection,
    namespace,
    activities: createActivities({
      definitions: current,
      committer,
      accept,
      stepReplay: createStepReplay({
        definitions: current,
        eventsBetween: (span) => store.eventsBetween(span),
        accept,
        now: Date.now,
      }),
      repeats: (source, at) => isRepeatedTick(current(), source, at),
      now: Date.now,
      log,
      metrics,
      callbackOf: (runId) => shared.callbacks.of(runId),
      probeDoor: createProbeDoor({ client, definitions: current, now: Date.now }),
      targets: { resolveSecret: secretOf, stateDirectory: settings.stateDirectory, environment: settings.environment },
    }),
    sinks: {
      ledger: { record: { fn: ({ workflowId }, page) => record(workflowId, page), callDuringReplay: false } },
      letters: {
        closed: {
          fn: (_info, trigger, how) => metrics.count('signalbox_dead_letters_closed_total', { trigger, how }),
          callDuringReplay: false,
        },
      },
      probes: { done: { fn: (_info, report) => tellProbe(report), callDuringReplay: false } },
      spill: { held: { fn: (_info, held) => kept(held), callDuringReplay: false } },
    },
  });
  const done = worker.run();
  const watching = watchTemporal(shared, client, committer);
  return {
    done,
    stop: async () => {
      watching.stop();
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await done.catch(() => undefined);
    },
  };
}

/** What a process with a worker looks at in Temporal now and then, and tells what was loaded. */
function watchTemporal(
  { log, metrics, definitions }: Shared,
  client: Client,
  committer: Committer,
): { readonly stop: () => void } {
  const current = () => definitions.current();
  const loaded = new LoadedInstances({ client, committer, definitions: current, log });
  definitions.subscribe(() => void loaded.tell());
  const probes = new ProbeKeeper({ client, definitions: current, metrics, log, now: Date.now });
  definitions.subscribe(() => void probes.look());
  const tellPools = createTellPools({ client, definitions: current, log });
  definitions.subscribe(() => void tellPools());
  void tellPools();
  const watched = [
    watchEndedInstances({ client, committer, definitions: current, log }),
    watchOpenLetters({ client, definitions: current, metrics, log, now: Date.now }),
    loaded.watch(),
    probes.watch(),
  ];
  return { stop: () => watched.forEach((one) => one.stop()) };
}
