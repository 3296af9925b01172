import type { Client } from '@temporalio/client';

import { replayAttributes } from './accept/lineage.ts';
import { whereQuery } from './contract/definitions.ts';
import type { LedgerPage } from './core/ledger.ts';
import { type Refusal, refusal } from './errors.ts';
import type { Logger } from './observability/log.ts';
import type { Metrics } from './observability/metrics.ts';
import type { Hole, LastFact } from './store/gaps.ts';
import type { OpenStore } from './store/open.ts';
import type { AcceptedEventRecord } from './store/store.ts';
import { replayBundle } from './temporal/bundle.ts';
import { factsBefore, type InstanceRun, instanceRuns } from './temporal/instance-runs.ts';
import { type OfferedEvent, replayLedger } from './temporal/replay-ledger.ts';

/** Between two looks for holes: one that is there at both was not just on its way from another process. */
const LOOK_EVERY_MS = 60_000;
/** The first look waits for the worker to answer queries, and any for the store to open. */
const FIRST_LOOK_MS = 5_000;
const QUERY_DEADLINE_MS = 5_000;
/** What stands for the Source of an event that was restored: its history does not name it. */
const VIA_HISTORY = 'history';

/** How restoring from Temporal's history goes. Times are epoch milliseconds. */
export type CatchUpStatus = {
  readonly state: 'idle' | 'running' | 'done' | 'failed';
  readonly scope: 'all' | 'gaps';
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly instances: number;
  readonly histories: number;
  readonly facts: number;
  readonly events: number;
  /** Facts that no history tells any more. */
  readonly lostFacts: number;
  /** What went wrong, one sentence each; the first few. */
  readonly problems: readonly string[];
};

export type CatchUpDependencies = {
  readonly client: Client;
  readonly store: OpenStore;
  readonly keepMs: number;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

const PROBLEMS_MAX = 10;
const IDLE: CatchUpStatus = {
  state: 'idle',
  scope: 'gaps',
  instances: 0,
  histories: 0,
  facts: 0,
  events: 0,
  lostFacts: 0,
  problems: [],
};

/**
 * Brings the store up to what Temporal's history says: finds facts that it was never told of and has their histories
 * decided again, or all there are. One at a time; events are accepted and decided meanwhile.
 */
export class CatchUp {
  readonly #deps: CatchUpDependencies;
  #status: CatchUpStatus = IDLE;
  #working: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #suspected = new Set<string>();
  #closed = false;
  /** A rebuild was asked for while something else is under way. */
  #asked = false;

  constructor(dependencies: CatchUpDependencies) {
    this.#deps = dependencies;
  }

  status(): CatchUpStatus {
    return this.#asked ? { ...IDLE, scope: 'all', state: 'running' } : this.#status;
  }

  /** Restores everything that Temporal still has, in the background. Refused while the store is away. */
  rebuild(): { readonly ok: true; readonly status: CatchUpStatus } | { readonly ok: false; readonly refusal: Refusal } {
    const { state, detail } = this.#deps.store.status();
    if (state !== 'ready')
      return { ok: false, refusal: refusal('store_unavailable', detail, { retryAfterSeconds: 5 }) };
    this.#asked = this.#working !== undefined && this.#status.scope === 'gaps';
    this.#begin('all');
    return { ok: true, status: this.status() };
  }

  /** Looks for holes from now on. */
  watch(): void {
    this.#look(FIRST_LOOK_MS, true);
  }

  /** Resolves when nothing is under way; nothing is begun after it. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#working;
  }

  #look(inMs: number, isFirst: boolean): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      const { store } = this.#deps;
      const isReady = store.status().state === 'ready';
      if (isReady) this.#begin('gaps', isFirst);
      const again = () => this.#look(isReady ? LOOK_EVERY_MS : FIRST_LOOK_MS, isFirst && !isReady);
      void (this.#working ?? Promise.resolve()).then(again);
    }, inMs).unref();
  }

  #begin(scope: CatchUpStatus['scope'], isFirst = false): void {
    if (this.#working || this.#closed) return;
    const before = this.#status;
    const { log, now } = this.#deps;
    this.#status = { ...IDLE, scope, state: 'running', startedAt: now() };
    this.#working = (scope === 'all' ? this.#restoreAll() : this.#restoreHoles(isFirst))
      .then(
        (didSomething) => {
          const { problems, state } = this.#status;
          const ended = { ...this.#status, state: problems.length > 0 ? 'failed' : 'done', endedAt: now() } as const;
          // A look that found nothing says nothing: the last rebuild stays to be seen.
          this.#status = didSomething || state !== 'running' ? ended : before;
          if (didSomething) log.info({ ...ended }, 'the store was brought up to Temporal');
        },
        (error: unknown) => {
          this.#problem(error instanceof Error ? error.message : String(error));
          this.#status = { ...this.#status, state: 'failed', endedAt: now() };
          log.warn({ err: error }, 'the store could not be brought up to Temporal; it is tried again');
        },
      )
      .finally(() => {
        this.#working = undefined;
        if (this.#asked) {
          this.#asked = false;
          this.#begin('all');
        }
      });
  }

  async #restoreAll(): Promise<boolean> {
    for (const runs of (await this.#instances()).values()) await this.#replay(runs);
    await this.#giveUp(await this.#holes([]));
    return true;
  }

  /** A hole is filled at the second look that sees it, at the first look of a process at once. */
  async #restoreHoles(isFirst: boolean): Promise<boolean> {
    const instances = isFirst ? await this.#instances() : new Map<string, readonly InstanceRun[]>();
    const found = await this.#holes(await this.#lastFacts([...instances.keys()]));
    this.#deps.metrics.set('signalbox_store_missing_facts', {}, factsIn(found));
    const holes = found.filter((hole) => isFirst || this.#suspected.has(nameOf(hole)));
    this.#suspected = new Set(found.map(nameOf));
    if (holes.length === 0) return false;
    const runsOf = isFirst ? instances : await this.#instances();
    for (const instance of new Set(holes.map((hole) => hole.instance))) {
      const of = holes.filter((hole) => hole.instance === instance);
      await this.#replay(await this.#around(runsOf.get(instance) ?? [], of));
    }
    const left = new Set((await this.#holes([])).map(nameOf));
    await this.#giveUp(holes.filter((hole) => left.has(nameOf(hole))));
    return true;
  }

  /** The executions of every instance that may tell something within the retention of the store. */
  async #instances(): Promise<ReadonlyMap<string, readonly InstanceRun[]>> {
    const since = this.#deps.now() - this.#deps.keepMs;
    const instances = new Map<string, readonly InstanceRun[]>();
    for (const [instance, runs] of await instanceRuns(this.#deps.client)) {
      instances.set(
        instance,
        runs.filter(({ closedAt = Infinity }) => closedAt >= since),
      );
    }
    return instances;
  }

  async #lastFacts(instances: readonly string[]): Promise<readonly LastFact[]> {
    const { client, now } = this.#deps;
    const facts: LastFact[] = [];
    for (const instance of instances) {
      const ask = () => client.workflow.getHandle(instance).query(whereQuery, { key: '', eventId: '' });
      const answer = await client.withDeadline(now() + QUERY_DEADLINE_MS, ask).catch(() => undefined);
      if (answer) facts.push({ instance, trigger: triggerOf(instance), seq: answer.seq });
    }
    return facts;
  }

  /** Holes that are there when everything on its way to the store has arrived. */
  async #holes(last: readonly LastFact[]): Promise<readonly Hole[]> {
    const { store } = this.#deps;
    await store.flushed();
    const holes = await store.gaps.holes(last);
    if (!holes.ok) throw new Error(holes.refusal.detail);
    return holes.value;
  }

  /** The executions that decided the facts of these holes. */
  async #around(runs: readonly InstanceRun[], holes: readonly Hole[]): Promise<readonly InstanceRun[]> {
    const before = await Promise.all(runs.map((run) => factsBefore(this.#deps.client, run).catch(() => undefined)));
    return runs.filter((_, index) => {
      const first = (before[index] ?? 0) + 1;
      const last = before.slice(index + 1).find((facts) => facts !== undefined) ?? Infinity;
      return holes.some(({ from, to }) => from <= last && to >= first);
    });
  }

  async #replay(runs: readonly InstanceRun[]): Promise<void> {
    if (runs.length === 0 || this.#closed) return;
    const { client, store, metrics } = this.#deps;
    this.#add({ instances: 1 });
    for await (const { run, pages, events, failure } of replayLedger(client, await replayBundle(), runs)) {
      const page = wholePage(pages);
      const trigger = triggerOf(run.workflowId);
      if (page)
        await store.restore(
          run.workflowId,
          page,
          events.map((event) => recordOf(trigger, event)),
        );
      const facts = page ? page.seqTo - page.seqFrom + 1 : 0;
      metrics.count('signalbox_store_restored_facts_total', {}, facts);
      this.#add({ histories: 1, facts, events: events.length });
      if (failure !== undefined) this.#problem(`${run.workflowId} ${run.runId}: ${failure}`);
      if (this.#closed) return;
    }
  }

  async #giveUp(holes: readonly Hole[]): Promise<void> {
    const { store, log, metrics } = this.#deps;
    await store.gaps.giveUp(holes);
    this.#add({ lostFacts: factsIn(holes) });
    metrics.set('signalbox_store_missing_facts', {}, 0);
    if (holes.length > 0)
      log.warn({ facts: factsIn(holes) }, 'facts that no history tells any more are missing in the store');
  }

  #add(more: Partial<Record<'instances' | 'histories' | 'facts' | 'events' | 'lostFacts', number>>): void {
    const { instances, histories, facts, events, lostFacts } = this.#status;
    this.#status = {
      ...this.#status,
      instances: instances + (more.instances ?? 0),
      histories: histories + (more.histories ?? 0),
      facts: facts + (more.facts ?? 0),
      events: events + (more.events ?? 0),
      lostFacts: lostFacts + (more.lostFacts ?? 0),
    };
  }

  #problem(text: string): void {
    const { problems } = this.#status;
    if (problems.length < PROBLEMS_MAX) this.#status = { ...this.#status, problems: [...problems, text] };
  }
}

/** The pages of one execution as one: it replaces what the store had of its facts, however that was cut into pages. */
function wholePage(pages: readonly LedgerPage[]): LedgerPage | undefined {
  const [first] = pages;
  const last = pages.at(-1);
  if (!first || !last) return undefined;
  return { ...last, seqFrom: first.seqFrom, entries: pages.flatMap(({ entries }) => entries) };
}

function recordOf(trigger: string, { offer, generation }: OfferedEvent): AcceptedEventRecord {
  const { eventId, receivedAt, key, event = {}, traceparent, replayed } = offer;
  return {
    eventId,
    receivedAt,
    via: VIA_HISTORY,
    event: { ...event, ...(replayed && replayAttributes(replayed)) },
    ...(traceparent !== undefined && { traceparent }),
    takenBy: [{ trigger, key, generation }],
    failedIn: [],
  };
}

/** `trigger/<name>`, or `trigger/<name>/<shard>`. */
function triggerOf(instance: string): string {
  return instance.split('/')[1] ?? instance;
}

function nameOf({ instance, from, to }: Hole): string {
  return `${instance} ${from} ${to}`;
}

function factsIn(holes: readonly Hole[]): number {
  return holes.reduce((sum, { from, to }) => sum + to - from + 1, 0);
}
