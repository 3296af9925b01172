import type { Client } from '@temporalio/client';

import { batchSignal, viewQuery } from '../contract/definitions.ts';
import { instanceId, triggerOf, WORKFLOW } from '../contract/names.ts';
import type { Definitions, LoadedTrigger } from '../load/definitions.ts';
import type { Logger } from '../observability/log.ts';
import type { Committer } from './committer.ts';

export type LoadedInstancesOptions = {
  readonly client: Client;
  readonly committer: Committer;
  readonly definitions: () => Definitions;
  readonly log: Logger;
};

/** Instances told at once: a signal each, beside the traffic that comes meanwhile. */
const TOLD_AT_ONCE = 8;
/** How often those that could not be told are tried again. */
const TELL_AGAIN_MS = 60_000;
/** An instance that does not answer within this is asked again a minute later. */
const VIEW_DEADLINE_MS = 3_000;

/**
 * Tells instances what was loaded without waiting for an event to carry it: those that run learn of a changed definition,
 * since something may wait for it, and one with a fallback is started, since its time runs from the first load. Those
 * whose trigger is not loaded any more end what they hold, and begin nothing of themselves: their fallback is over.
 */
export class LoadedInstances {
  readonly #options: LoadedInstancesOptions;
  readonly #told = new Map<string, string>();
  /** Of the definitions after which every removed trigger was told. */
  #removedFrom = '';
  #telling: Promise<void> = Promise.resolve();

  constructor(options: LoadedInstancesOptions) {
    this.#options = options;
  }

  /** Tells at once and, what could not be told, every minute. */
  watch(): { readonly stop: () => void } {
    void this.tell();
    const timer = setInterval(() => void this.tell(), TELL_AGAIN_MS).unref();
    return { stop: () => clearInterval(timer) };
  }

  /** Tells every trigger whose generation was not told yet; one telling at a time, each about what is loaded then. */
  tell(): Promise<void> {
    this.#telling = this.#telling.then(() => this.#tellAll());
    return this.#telling;
  }

  async #tellAll(): Promise<void> {
    const { definitions, log } = this.#options;
    const changed = [...definitions().triggers.values()].filter(
      ({ name, generation }) => this.#told.get(name) !== generation,
    );
    const hasRemoved = definitions().fingerprint !== this.#removedFrom;
    if (changed.length === 0 && !hasRemoved) return;
    try {
      const running = await this.#running();
      await this.#tellRemoved(running);
      const due = changed.filter(({ name, definition }) => definition.fallback || running.has(instanceId(name)));
      for (let from = 0; from < due.length; from += TOLD_AT_ONCE) {
        await Promise.all(due.slice(from, from + TOLD_AT_ONCE).map((trigger) => this.#tellOne(trigger)));
      }
      const others = changed.filter((trigger) => !due.includes(trigger));
      for (const { name, generation } of others) this.#told.set(name, generation);
    } catch (error) {
      log.warn({ error: String(error) }, 'instances could not be told what was loaded');
    }
  }

  async #tellOne({ name, generation, definition }: LoadedTrigger): Promise<void> {
    const committed = await this.#options.committer.nudge(definition);
    if (committed.ok) this.#told.set(name, generation);
    else this.#options.log.warn({ trigger: name, detail: committed.refusal.detail }, 'an instance could not be told');
  }

  /** The latest load wins, as among generations: an instance that was told of a later one keeps its fallback. */
  async #tellRemoved(running: ReadonlySet<string>): Promise<void> {
    const { definitions, client, log } = this.#options;
    const { triggers, loadedAt, fingerprint } = definitions();
    for (const workflowId of running) {
      const trigger = triggerOf(workflowId);
      if (trigger === undefined || triggers.has(trigger)) continue;
      this.#told.delete(trigger);
      const handle = client.workflow.getHandle(workflowId);
      const view = await client.withDeadline(Date.now() + VIEW_DEADLINE_MS, () => handle.query(viewQuery));
      const { fallback, ...definition } = view.definition;
      const { pendingItems } = view.pressure;
      if (pendingItems > 0 || fallback)
        log.warn(
          { trigger, pendingItems },
          'a trigger is not loaded any more; what its instance holds goes on to its end',
        );
      if (fallback) {
        const without = { ...definition, loadedAt };
        await handle.signal(batchSignal, { version: 1, offers: [], reports: [], definition: without });
      }
    }
    this.#removedFrom = fingerprint;
  }

  async #running(): Promise<ReadonlySet<string>> {
    const query = `WorkflowType = "${WORKFLOW.trigger}" AND ExecutionStatus = "Running"`;
    const running = new Set<string>();
    for await (const { workflowId } of this.#options.client.workflow.list({ query })) running.add(workflowId);
    return running;
  }
}
