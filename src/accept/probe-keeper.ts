import type { Client } from '@temporalio/client';

import { WORKFLOW } from '../contract/names.ts';
import { isProbeMemo, type ProbeMemo, type ProbeSettings, probeSettingsSignal } from '../contract/probes.ts';
import type { Definitions } from '../load/definitions.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import { probeSettings, probeStart } from './probe-start.ts';

export type ProbeKeeperOptions = {
  readonly client: Pick<Client, 'workflow'>;
  readonly definitions: () => Pick<Definitions, 'triggers' | 'loadedAt'>;
  readonly metrics: Pick<Metrics, 'set'>;
  readonly log: Pick<Logger, 'warn'>;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

/** How often probing workflows are looked at: one page of a list, and an alert that waits for minutes. */
const LOOK_EVERY_MS = 15_000;
const PAGE = 1_000;

const RUNNING = `WorkflowType = "${WORKFLOW.probe}" AND ExecutionStatus = "Running"`;

/**
 * Keeps the workflows that probe triggers as the definitions say, and the gauges as those workflows say: at once, every
 * 15 seconds, and when it is told of a reload. Every worker reads the same from Temporal, whichever did the probing, and
 * knows how many misses there were before it started.
 */
export class ProbeKeeper {
  readonly #options: ProbeKeeperOptions;
  /** Triggers whose gauges were set, so that those that are not probed any more come to rest. */
  readonly #measured = new Set<string>();
  #looking: Promise<void> = Promise.resolve();

  constructor(options: ProbeKeeperOptions) {
    this.#options = options;
  }

  watch(): { readonly stop: () => void } {
    void this.look();
    const timer = setInterval(() => void this.look(), LOOK_EVERY_MS).unref();
    return { stop: () => clearInterval(timer) };
  }

  /** Looks once, after the look under way. Where Temporal does not answer, everything stays as it is. */
  look(): Promise<void> {
    this.#looking = this.#looking
      .then(() => this.#look())
      .catch((error: unknown) =>
        this.#options.log.warn({ error: String(error) }, 'probes could not be looked at; tried again'),
      );
    return this.#looking;
  }

  async #look(): Promise<void> {
    const running = await this.#running();
    const { triggers, loadedAt } = this.#options.definitions();
    this.#measure(new Map([...running].filter(([name]) => triggers.has(name))));
    for (const [name, trigger] of triggers) {
      const wanted = probeSettings(trigger);
      const { settings } = running.get(name) ?? {};
      const isProbed = settings !== undefined || wanted.everyMs !== undefined;
      if (isProbed && differs(settings, wanted)) await this.#tell(name, wanted);
    }
    for (const [name, { settings }] of running) {
      if (!triggers.has(name) && differs(settings, { loadedAt })) await this.#tell(name, { loadedAt });
    }
  }

  /** What has ended meanwhile is started by it, and ends again where it is not wanted. */
  async #tell(trigger: string, settings: ProbeSettings): Promise<void> {
    await this.#options.client.workflow.signalWithStart(WORKFLOW.probe, {
      ...probeStart(trigger, settings),
      signal: probeSettingsSignal,
      signalArgs: [settings],
    });
  }

  async #running(): Promise<ReadonlyMap<string, ProbeMemo>> {
    const running = new Map<string, ProbeMemo>();
    const { client } = this.#options;
    for await (const { workflowId, memo } of client.workflow.list({ query: RUNNING, pageSize: PAGE })) {
      const probe = memo?.['probe'];
      if (isProbeMemo(probe)) running.set(workflowId.slice(workflowId.indexOf('/') + 1), probe);
    }
    return running;
  }

  #measure(running: ReadonlyMap<string, ProbeMemo>): void {
    const { metrics, now } = this.#options;
    for (const trigger of this.#measured) {
      if (running.has(trigger)) continue;
      metrics.set('signalbox_probe_consecutive_misses', { trigger }, 0);
      metrics.set('signalbox_probe_overdue_seconds', { trigger }, 0);
      this.#measured.delete(trigger);
    }
    for (const [trigger, { record, dueAt }] of running) {
      this.#measured.add(trigger);
      const overdueMs = dueAt === undefined ? 0 : Math.max(0, now() - dueAt);
      metrics.set('signalbox_probe_overdue_seconds', { trigger }, overdueMs / 1_000);
      metrics.set('signalbox_probe_consecutive_misses', { trigger }, record?.misses ?? 0);
      if (!record) continue;
      metrics.set('signalbox_probe_duration_seconds', { trigger }, record.last.tookMs / 1_000);
      if (record.okAt === undefined) continue;
      metrics.set('signalbox_probe_last_success_timestamp_seconds', { trigger }, record.okAt / 1_000);
    }
  }
}

/** Whether a workflow with these settings, or none, has to be told others: those of an older load are left alone. */
function differs(settings: ProbeSettings | undefined, wanted: ProbeSettings): boolean {
  if (!settings) return true;
  return settings.everyMs !== wanted.everyMs && settings.loadedAt < wanted.loadedAt;
}
