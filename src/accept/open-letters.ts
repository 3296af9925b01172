import type { Client } from '@temporalio/client';

import { SEARCH_ATTRIBUTE, WORKFLOW } from '../contract/names.ts';
import type { Definitions } from '../load/definitions.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';

export type OpenLettersOptions = {
  readonly client: Pick<Client, 'workflow'>;
  readonly definitions: () => Pick<Definitions, 'triggers'>;
  readonly metrics: Pick<Metrics, 'set'>;
  readonly log: Pick<Logger, 'warn'>;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

/** How often open dead letters are counted: one page of a list, and an alert that waits for minutes. */
const COUNT_EVERY_MS = 15_000;
/** Most that are counted: ten pages of visibility, and past that the number tells nobody anything more. */
const COUNTED_MAX = 10_000;
const PAGE = 1_000;

const OPEN = `WorkflowType = "${WORKFLOW.deadLetter}" AND ExecutionStatus = "Running"`;

/** Keeps the gauges of open dead letters: counts at once and then every 15 seconds, until it is stopped. */
export function watchOpenLetters(options: OpenLettersOptions): { readonly stop: () => void } {
  const counted = new Counted(options);
  const count = () => void counted.count();
  count();
  const timer = setInterval(count, COUNT_EVERY_MS).unref();
  return { stop: () => clearInterval(timer) };
}

/** What was counted last, so that what is gone is set to 0. */
class Counted {
  private readonly options: OpenLettersOptions;
  private readonly open = new Map<string, { readonly trigger: string; readonly code: string; count: number }>();
  private readonly ages = new Map<string, number>();

  constructor(options: OpenLettersOptions) {
    this.options = options;
  }

  /** Counts once. Where Temporal does not answer, the gauges stay as they are. */
  async count(): Promise<void> {
    const { log, metrics } = this.options;
    try {
      await this.look();
    } catch (error) {
      log.warn({ error: String(error) }, 'open dead letters could not be counted');
      return;
    }
    for (const { trigger, code, count } of this.open.values()) {
      metrics.set('signalbox_dead_letters_open', { trigger, code }, count);
    }
    for (const [trigger, ageMs] of this.ages) {
      metrics.set('signalbox_dead_letters_oldest_age_seconds', { trigger }, ageMs / 1_000);
    }
  }

  private async look(): Promise<void> {
    const { client, definitions, now } = this.options;
    const found: { readonly trigger: string; readonly code: string; readonly ageMs: number }[] = [];
    for await (const { typedSearchAttributes, startTime } of client.workflow.list({ query: OPEN, pageSize: PAGE })) {
      const name = typedSearchAttributes.get(SEARCH_ATTRIBUTE.trigger) ?? '';
      const code = typedSearchAttributes.get(SEARCH_ATTRIBUTE.outcome) ?? '';
      const trigger = definitions().triggers.has(name) ? name : 'other';
      found.push({ trigger, code, ageMs: Math.max(0, now() - startTime.getTime()) });
      if (found.length === COUNTED_MAX) break;
    }
    for (const one of this.open.values()) one.count = 0;
    for (const trigger of this.ages.keys()) this.ages.set(trigger, 0);
    for (const { trigger, code, ageMs } of found) {
      const one = this.open.get(`${trigger} ${code}`) ?? { trigger, code, count: 0 };
      one.count += 1;
      this.open.set(`${trigger} ${code}`, one);
      this.ages.set(trigger, Math.max(ageMs, this.ages.get(trigger) ?? 0));
    }
  }
}
