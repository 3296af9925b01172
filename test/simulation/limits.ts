import type { Fact, FactOf, RunReport, RunRequest } from '../../src/core/fact.ts';
import type { Breaker } from '../../src/core/limit-state.ts';
import type { Definition, Scope } from '../../src/spec/definition.ts';
import { promise } from './violation.ts';

type Start = { readonly runId: string; readonly at: number };

/** Starts kept before those that are over are forgotten. */
const STARTS_MAX = 1_000;

/** Entries by key, or all under one name where a limit counts over the whole trigger. */
class Scoped<T> {
  readonly #entries = new Map<string, T[]>();

  of(scope: Scope, key: string): T[] {
    const name = scope === 'trigger' ? '' : `key ${key}`;
    const entries = this.#entries.get(name) ?? [];
    this.#entries.set(name, entries);
    return entries;
  }

  drop(isGone: (entry: T) => boolean): void {
    for (const [name, entries] of this.#entries) {
      const kept = entries.filter((entry) => !isGone(entry));
      if (kept.length < entries.length) this.#entries.set(name, kept);
    }
  }

  clear(): void {
    this.#entries.clear();
  }
}

/**
 * Counts starts, runs and cooldowns on its own, from facts alone, and holds them against the definition: what a person
 * forced or approved counts and is not held against it. A changed setting starts a new count.
 */
export class Limits {
  #definition: Definition;
  readonly #starts = new Scoped<Start>();
  readonly #running = new Scoped<string>();
  readonly #cooling = new Scoped<Start>();
  readonly #breakers = new Scoped<Breaker>();
  /** Failed runs since the breaker closed, each once. */
  readonly #failures = new Scoped<Start>();
  /** Keys and ids of what a person forced. */
  readonly #forced = new Set<string>();
  /** From when on failures are counted by the settings there are. */
  #certainFrom = 0;
  #previous: Fact | undefined;

  constructor(definition: Definition) {
    this.#definition = definition;
  }

  see(fact: Fact): void {
    this.#expectOpened(fact);
    if (fact.kind === 'definitionAdopted') this.#adopt(fact);
    else if (fact.kind === 'runDecided') this.#decide(fact);
    else if (fact.kind === 'runApproved') this.#count(fact.report.runId, fact.report.key, fact.at);
    else if (fact.kind === 'breakerMoved') this.#move(fact.key, fact.breaker);
    else if (fact.kind === 'fired') this.#fire(fact);
    else if (fact.kind === 'startReported' && fact.report.outcome === 'conflict') this.#end(fact.report.runId, true);
    else if (fact.kind === 'runEnded') {
      this.#end(fact.report.runId, isNeverBegun(fact.report.status));
      this.#fail(fact);
    }
    this.#previous = fact;
  }

  #adopt({ definition, at }: FactOf<'definitionAdopted'>): void {
    const before = this.#definition;
    const isSame = (name: 'rate' | 'concurrency' | 'cooldown' | 'breaker') => {
      return JSON.stringify(before[name]) === JSON.stringify(definition[name]);
    };
    if (!isSame('rate')) this.#starts.clear();
    if (!isSame('concurrency')) this.#running.clear();
    if (!isSame('cooldown')) this.#cooling.clear();
    if (before.breaker?.scope !== definition.breaker?.scope) {
      this.#breakers.clear();
      this.#failures.clear();
    }
    // The breaker itself stays as it is; what it has let go of of earlier failures went by the earlier settings.
    if (!isSame('breaker')) this.#certainFrom = at + (definition.breaker?.withinMs ?? 0);
    this.#definition = definition;
  }

  #decide({ run, at, breaker }: FactOf<'runDecided'>): void {
    const { key, runId } = run;
    if (!run.asks && !this.#isForced(run)) this.#checkOpen(key, at);
    if (!run.asks) this.#checkBreaker(run, at, breaker);
    if (breaker) this.#move(this.#definition.breaker?.scope === 'key' ? key : undefined, breaker);
    if (!run.asks) this.#count(runId, key, at);
  }

  #fire({ key, id, force }: FactOf<'fired'>): void {
    if (force) this.#forced.add(`${key} ${id}`);
    else this.#forced.delete(`${key} ${id}`);
  }

  #isForced({ key, cause, last }: RunRequest): boolean {
    return cause === 'manual' && this.#forced.has(`${key} ${String(last.identity)}`);
  }

  #checkOpen(key: string, at: number): void {
    const { rate, concurrency, cooldown } = this.#definition;
    const starts = rate ? this.#starts.of(rate.scope, key).filter((start) => start.at > at - rate.perMs) : [];
    promise(!rate || starts.length < rate.limit, () => `rate: ${starts.length} starts, and one more at ${at}`);
    const running = concurrency ? this.#running.of(concurrency.scope, key) : [];
    promise(!concurrency || running.length < concurrency.limit, () => `concurrency: ${running.length} and one more`);
    const last = cooldown && this.#cooling.of('key', key).at(-1);
    promise(!last || last.at + cooldown.periodMs <= at, () => {
      return `cooldown: ${last?.runId} began at ${last?.at}, another run of the key at ${at}`;
    });
  }

  #checkBreaker({ key, runId }: RunRequest, at: number, after: Breaker | undefined): void {
    const settings = this.#definition.breaker;
    const before = settings && this.#breakers.of(settings.scope, key)[0];
    if (!settings || !before) return;
    const probes = after?.mode === 'halfOpen' ? after.probes.length + after.succeeded : 0;
    const isProbe = after?.mode === 'halfOpen' && after.probes.includes(runId) && probes <= settings.probes;
    switch (before.mode) {
      case 'closed':
        return;
      case 'open': {
        const { untilAt = Infinity } = before;
        promise(isProbe && untilAt <= at, () => `breaker: open until ${untilAt}, ${runId} begins at ${at}`);
        return;
      }
      case 'halfOpen':
        promise(isProbe, () => `breaker: half open with its probes, and ${runId} begins`);
        return;
      case 'draining':
        promise(before.runId === undefined, () => `breaker: ${String(before.runId)} drains, and ${runId} begins`);
    }
  }

  #count(runId: string, key: string, at: number): void {
    const { rate, concurrency } = this.#definition;
    const starts = rate ? this.#starts.of(rate.scope, key) : [];
    // What is out of the span is forgotten now and then, so that counting stays cheap.
    if (starts.length > STARTS_MAX)
      starts.splice(
        0,
        starts.findIndex((start) => start.at > at - (rate?.perMs ?? 0)),
      );
    if (starts.every((start) => start.runId !== runId || start.at <= at - (rate?.perMs ?? 0)))
      starts.push({ runId, at });
    const running = concurrency ? this.#running.of(concurrency.scope, key) : [];
    if (!running.includes(runId)) running.push(runId);
    const cooling = this.#cooling.of('key', key);
    if (cooling.length > STARTS_MAX) cooling.splice(0, STARTS_MAX / 2);
    cooling.push({ runId, at });
  }

  #end(runId: string, neverBegan: boolean): void {
    this.#running.drop((one) => one === runId);
    if (!neverBegan) return;
    this.#starts.drop((start) => start.runId === runId);
    this.#cooling.drop((start) => start.runId === runId);
  }

  #move(key: string | undefined, breaker: Breaker): void {
    const scope = key === undefined ? 'trigger' : 'key';
    this.#breakers.of(scope, key ?? '')[0] = breaker;
    if (breaker.mode !== 'closed' || breaker.failedAt.length === 0) this.#failures.of(scope, key ?? '').length = 0;
  }

  #fail({ report, at }: FactOf<'runEnded'>): void {
    const settings = this.#definition.breaker;
    if (!settings || !isBad(report.status)) return;
    const mode = this.#breakers.of(settings.scope, report.key)[0]?.mode ?? 'closed';
    const failures = this.#failures.of(settings.scope, report.key);
    const isLongOver = (report.endedAt ?? at) <= at - settings.withinMs;
    if (mode !== 'closed' || isLongOver || failures.some(({ runId }) => runId === report.runId)) return;
    failures.push({ runId: report.runId, at });
  }

  /** A closed breaker opens with the failure that is one too many, and never before. */
  #expectOpened(fact: Fact): void {
    const settings = this.#definition.breaker;
    if (!settings || this.#previous?.kind !== 'runEnded') return;
    const { report, at } = this.#previous;
    const mode = this.#breakers.of(settings.scope, report.key)[0]?.mode ?? 'closed';
    if (mode !== 'closed' || !isBad(report.status) || at < this.#certainFrom) return;
    const failures = this.#failures.of(settings.scope, report.key).filter((one) => one.at > at - settings.withinMs);
    const opens = fact.kind === 'breakerMoved' && fact.by === undefined && fact.breaker.mode === 'open';
    const isNew = failures.some(({ runId, at: failedAt }) => runId === report.runId && failedAt === at);
    promise(opens === (isNew && failures.length >= settings.failures), () => {
      const which = failures.map(({ runId }) => runId).join(', ');
      return `breaker: ${opens ? 'opened' : 'did not open'} after ${failures.length} failures (${which}) of ${settings.failures}`;
    });
  }
}

const isBad = (status: RunReport['status']): boolean => status === 'failed' || status === 'timedOut';
const isNeverBegun = (status: RunReport['status']): boolean => status === 'rejected' || status === 'skipped';
