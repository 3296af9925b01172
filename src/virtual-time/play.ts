import type { Client } from '@temporalio/client';

import { instanceStart } from '../accept/instance-start.ts';
import { arrive, orderOf } from '../backtest/scenario/core-engine.ts';
import { actOf } from '../backtest/scenario/course.ts';
import type { Arrival, Happened, IdleAction } from '../backtest/scenario/happened.ts';
import { approveUpdate, orderUpdate, rejectUpdate, viewQuery } from '../contract/definitions.ts';
import { instanceId, WORKFLOW } from '../contract/names.ts';
import type { LedgerEntry, LedgerPage } from '../core/ledger.ts';
import { approvalOf } from '../http/run-summary.ts';
import { definitionAt } from '../load/definition.ts';
import type { LoadedTrigger } from '../load/definitions.ts';
import type { LoadedScenario, ScenarioEvent } from '../load/scenario.ts';
import type { Json } from '../spec/json.ts';
import type { ScenarioAction } from '../spec/scenario.ts';
import type { VirtualServer } from './server.ts';
import { shiftedDefinition, shiftedOffer } from './shift.ts';

/** How exact moments are: virtual time stands at real speed while anything works. */
const TOLERANCE_MS = 2_000;
/** Waits of a run that takes long; each is a day at most, as a target may ask for no more. */
const WAITS_MAX = 400;

/** One scenario on its way through the real workflows. Its moments are those of the server, `shiftMs` later than its own. */
export class Play {
  readonly scenario: LoadedScenario;
  readonly shiftMs: number;
  /** As the worker knows it: the definition with the moments of the server, and starts that may wait. */
  readonly trigger: LoadedTrigger;
  /** By run id, as they were evaluated. */
  readonly params = new Map<string, Json>();
  /** When runs that have begun will end, epoch milliseconds. */
  readonly ends = new Map<string, number>();
  readonly #entries = new Map<number, LedgerEntry>();
  readonly #decided: string[] = [];
  readonly #ended = new Set<string>();
  readonly #arrivals: Arrival[] = [];
  readonly #idle: IdleAction[] = [];

  constructor(scenario: LoadedScenario, shiftMs: number) {
    this.scenario = scenario;
    this.shiftMs = shiftMs;
    const { trigger, startAt } = scenario;
    const definition = shiftedDefinition(definitionAt(trigger, startAt), shiftMs);
    // A run that takes long is one whose target is not there until then: its waits are timers, which time can skip.
    const retry = { delaysMs: Array.from({ length: WAITS_MAX }, () => 0) };
    this.trigger = { ...trigger, definition: { ...definition, run: { ...definition.run, retry } } };
  }

  get startAt(): number {
    return this.scenario.startAt + this.shiftMs;
  }

  /** The number of a run, counted from 1 as they were decided; 0 for one that is not known. */
  numberOf(runId: string): number {
    return this.#decided.indexOf(runId) + 1;
  }

  /** Takes what the instance tells. What is decided again after a lost task has the numbers it had. */
  take({ entries }: LedgerPage): void {
    for (const entry of entries) {
      const { seq, kind, runId = '' } = entry;
      this.#entries.set(seq, entry);
      if (kind === 'runDecided' && !this.#decided.includes(runId)) this.#decided.push(runId);
      if (kind === 'runEnded') this.#ended.add(runId);
    }
  }

  /** The instance lives from the first moment on, as one with a fallback does. */
  async begin({ client }: VirtualServer): Promise<void> {
    await client.workflow.start(WORKFLOW.trigger, instanceStart(this.trigger.definition));
  }

  async send(event: ScenarioEvent, { committer }: VirtualServer): Promise<void> {
    const { arrival, offered } = arrive(this.scenario.trigger, event, this.scenario.startAt);
    this.#arrivals.push(arrival);
    if (offered.kind !== 'offer') return;
    const committed = await committer.offer(this.trigger.definition, shiftedOffer(offered.offer, this.shiftMs));
    if (!committed.ok) throw new Error(committed.refusal.detail);
  }

  async act(index: number, action: ScenarioAction, { client }: VirtualServer): Promise<void> {
    const order = orderOf(action, `${this.scenario.name} at ${action.at}`);
    if (order) {
      const { definition } = this.trigger;
      const handle = client.workflow.getHandle(instanceId(definition.name));
      await handle.executeUpdate(orderUpdate(order.kind), { args: [{ version: 1, order, definition }] });
      return;
    }
    if (!(await this.#actOnRun(action, client))) {
      this.#idle.push({ index, atMs: action.at, what: actOf(action)?.kind ?? '' });
    }
  }

  /** Finds the oldest run that the action means. */
  async #actOnRun(action: ScenarioAction, client: Client): Promise<boolean> {
    const act = actOf(action);
    if (!act) return false;
    const answer = act.kind === 'approve' ? approveUpdate : rejectUpdate;
    for (const runId of this.#goingOn()) {
      if ((act.run ?? this.numberOf(runId)) !== this.numberOf(runId)) continue;
      if (act.key !== undefined && act.key !== this.#keyOf(runId)) continue;
      const handle = client.workflow.getHandle(runId);
      if (act.kind === 'cancel') await handle.cancel();
      else if (await isWaiting(client, runId)) await handle.executeUpdate(answer, { args: [{ by: 'the scenario' }] });
      else continue;
      return true;
    }
    return false;
  }

  /** When something happens next by itself, epoch milliseconds; undefined where nothing waits and no run goes on. */
  async nextAt({ client }: VirtualServer): Promise<number | undefined> {
    const view = await client.workflow.getHandle(instanceId(this.trigger.name)).query(viewQuery);
    const goingOn = this.#goingOn();
    const isBusy = view.pressure.pendingItems > 0 || goingOn.length > 0 || view.keys.some(({ waiting }) => waiting);
    if (!isBusy) return undefined;
    const ends = goingOn.flatMap((runId) => this.ends.get(runId) ?? []);
    return Math.min(view.nextDeadline?.at ?? Infinity, ...ends);
  }

  /** What happened, with the moments of the server. */
  async happened({ client }: VirtualServer): Promise<Happened> {
    const waiting = new Set<string>();
    for (const runId of this.#goingOn()) if (await isWaiting(client, runId)) waiting.add(runId);
    const entries = [...this.#entries.values()].toSorted((a, b) => a.seq - b.seq);
    const { params } = this;
    const kept = { arrivals: this.#arrivals, entries, params, waiting, idle: this.#idle };
    return { ...kept, startAt: this.startAt, toleranceMs: TOLERANCE_MS };
  }

  /** Ends its instance and its runs, where they stand. */
  async end({ client }: VirtualServer): Promise<void> {
    for (const id of [instanceId(this.trigger.name), ...this.#goingOn()]) {
      await client.workflow.getHandle(id).terminate('the scenario is over');
    }
  }

  #goingOn(): readonly string[] {
    return this.#decided.filter((runId) => !this.#ended.has(runId));
  }

  #keyOf(runId: string): string | undefined {
    for (const entry of this.#entries.values()) if (entry.runId === runId && entry.key !== undefined) return entry.key;
    return undefined;
  }
}

async function isWaiting(client: Client, runId: string): Promise<boolean> {
  const { memo } = await client.workflow.getHandle(runId).describe();
  return approvalOf(memo?.['approval'])?.state === 'waiting';
}
