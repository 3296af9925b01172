import { setTimeout as delay } from 'node:timers/promises';

import { Client } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';

import { createActivities } from '../../activities/index.ts';
import type { Activities } from '../../activities/interface.ts';
import { Committer } from '../accept/committer.ts';
import { SEARCH_ATTRIBUTE_NAMES } from '../contract/names.ts';
import type { LedgerPage } from '../core/ledger.ts';
import type { Definitions } from '../load/definitions.ts';
import { createLogger } from '../observability/log.ts';
import { createMetrics } from '../observability/metrics.ts';
import { bundleWorkflows } from '../temporal/bundle.ts';
import { createWorker } from '../temporal/worker.ts';
import { VERSION } from '../version.ts';

/** `INDEXED_VALUE_TYPE_KEYWORD` of the API. */
const KEYWORD = 2;
const NAMESPACE = 'default';
/** The SDK gives a server five seconds to answer, which a busy machine may need more than once. */
const STARTS_MAX = 12;
/** From one thing that happens to the next it takes far less than a second, on a machine under load some seconds. */
const STUCK_MS = 90_000;

/** A time-skipping server with a worker of the real workflows. Its clock goes forward only. */
export type VirtualServer = {
  readonly client: Client;
  readonly committer: Committer;
  /** Virtual now, epoch milliseconds. */
  readonly now: () => Promise<number>;
  /**
   * Time passes up to `at`, epoch milliseconds; whatever becomes due on the way is finished before it goes on. Rejects
   * with ServerStuck.
   */
  readonly sleepUntil: (at: number) => Promise<void>;
  readonly close: () => Promise<void>;
};

export type VirtualServerOptions = {
  /** The executable of the time-skipping server. */
  readonly path: string;
  /** Bundled workflows, where somebody has them already. */
  readonly code?: string;
  readonly definitions: () => Definitions;
  /** Takes what instances tell. */
  readonly onPage: (page: LedgerPage) => void;
  /** What stands in for activities that would leave this machine. */
  readonly pretend: (
    now: () => Promise<number>,
  ) => Pick<Activities, 'startTarget' | 'notifyTarget' | 'emitEvent'> & Partial<Activities>;
};

let bundled: Promise<string> | undefined;

/** Bundled once a process; the SDK's own words go nowhere but to errors. */
function bundleOnce(): Promise<string> {
  if (bundled) return bundled;
  try {
    const logging = { filter: makeTelemetryFilterString({ core: 'ERROR' }), forward: {} };
    Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [], telemetryOptions: { logging } });
  } catch {
    // Somebody has installed one already: theirs serves as well.
  }
  return (bundled = bundleWorkflows());
}

/** The server does not go on: it does so for good when an activity ends at the moment its workflow cancels it. */
export class ServerStuck extends Error {}

/** Starts a time-skipping server. `path` is its executable; rejects where it does not start after several attempts. */
export async function startTestServer(path: string): Promise<TestWorkflowEnvironment> {
  const server = { executable: { type: 'existing-path', path } } as const;
  for (let attempt = 1; attempt < STARTS_MAX; attempt += 1) {
    const env = await TestWorkflowEnvironment.createTimeSkipping({ server }).catch(() => undefined);
    if (env) return env;
  }
  return TestWorkflowEnvironment.createTimeSkipping({ server });
}

/** Starts a server and a worker; both end with `close`. */
export async function openVirtualServer(options: VirtualServerOptions): Promise<VirtualServer> {
  const code = options.code ?? (await bundleOnce());
  const env = await startTestServer(options.path);
  const searchAttributes = Object.fromEntries(SEARCH_ATTRIBUTE_NAMES.map((name) => [name, KEYWORD] as const));
  await env.connection.operatorService.addSearchAttributes({ namespace: NAMESPACE, searchAttributes });
  // The client of the environment lets time jump while it waits for a result.
  const client = new Client({ connection: env.connection });
  const committer = new Committer(client, { sent: () => undefined, kept: () => undefined }, Date.now);
  const now = () => env.currentTimeMs();
  const activities = { ...realActivities(options, committer), ...options.pretend(now) };
  const worker = await createWorker({
    connection: env.nativeConnection,
    namespace: NAMESPACE,
    workflowBundle: { code },
    activities,
    sinks: {
      ledger: { record: { fn: (_info, page: LedgerPage) => options.onPage(page), callDuringReplay: false } },
    },
  });
  const done = worker.run();
  return {
    client,
    committer,
    now,
    sleepUntil: async (at) => {
      const waitMs = at - (await now());
      if (waitMs > 0) await unlessStuck(env.sleep(waitMs));
    },
    close: async () => {
      worker.shutdown();
      await done;
      await env.teardown();
    },
  };
}

/** Rejects with ServerStuck where the time that should pass does not come to its end. */
async function unlessStuck(sleep: Promise<void>): Promise<void> {
  const over = new AbortController();
  const stuck = delay(STUCK_MS, undefined, { signal: over.signal }).then(() => {
    throw new ServerStuck('the time-skipping server does not go on');
  });
  await Promise.race([sleep, stuck]).finally(() => over.abort());
}

function realActivities({ definitions }: VirtualServerOptions, committer: Committer): Activities {
  const unused = { detail: 'No target is called in virtual time.' };
  return createActivities({
    definitions,
    committer,
    accept: async () => ({ kind: 'accepted', accepted: [], deadLettered: [] }),
    stepReplay: async () => ({ ok: false, code: 'store_off', detail: 'Nothing is stored in virtual time.' }),
    repeats: () => false,
    now: Date.now,
    log: createLogger({ level: 'silent' }),
    metrics: createMetrics({ version: VERSION }),
    callbackOf: () => undefined,
    probeDoor: async () => ({ kind: 'gone' }),
    targets: { resolveSecret: () => ({ ok: false, ...unused }), stateDirectory: '', environment: {} },
  });
}
