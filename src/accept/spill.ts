import { type Client, WorkflowNotFoundError } from '@temporalio/client';

import { batchSignal } from '../contract/definitions.ts';
import {
  BATCH_BYTES_MAX,
  BATCH_OFFERS_MAX,
  SEGMENT_BYTES_MAX,
  SEGMENT_OFFERS_MAX,
  SEGMENT_SIGNALS_MAX,
  SEGMENTS_MAX,
} from '../contract/limits.ts';
import type { Batch } from '../contract/messages.ts';
import { instanceId, SEARCH_ATTRIBUTE, segmentId, TASK_QUEUE, WORKFLOW } from '../contract/names.ts';
import type { SegmentInput } from '../contract/spill.ts';
import { utf8Bytes } from '../core/json-bytes.ts';
import type { Delivery } from '../core/verdicts.ts';
import { type Refusal, refusal } from '../errors.ts';
import type { Credit } from './credit.ts';
import { COMMIT_DEADLINE_MS, type Committed, Lane } from './lane.ts';

export type SpillOptions = {
  readonly trigger: string;
  readonly client: Client;
  readonly credit: Credit;
  readonly now: () => number;
  /** Offers that Temporal has in a segment. */
  readonly onKept: (offers: number) => void;
};

/** Temporal says at once whether there is a workflow of an id; a sender that is told nothing refuses. */
const FIRST_LOOK_MS = 1_000;
/** How long after events were kept the instance is asked whether it has nearly everything; the second is the most. */
const LOOK_AFTER_MS = 200;
const LOOK_AFTER_MAX_MS = 1_000;
/** How long new events wait for it to take the rest, and how often it is asked meanwhile. */
const HAND_OVER_MAX_MS = 1_000;
const HAND_OVER_LOOK_MS = 50;

/**
 * What a sender does with offers for an instance that has no room: it keeps them in segments, numbered workflows that the
 * instance reads in order. Once begun, all offers go that way until the instance has taken everything, so that none is
 * decided before one that was accepted earlier.
 */
export class Spill {
  private readonly options: SpillOptions;
  private readonly lane: Lane<Delivery>;
  private active = false;
  private segment = 0;
  private filled = { offers: 0, bytes: 0, signals: 0 };
  /** Offers that are not acknowledged. */
  private open = 0;
  /** The instance has nearly everything: what comes now waits for the rest, for a moment. */
  private handOver: Promise<void> | undefined;

  constructor(options: SpillOptions) {
    this.options = options;
    this.lane = new Lane<Delivery>({
      itemsMax: BATCH_OFFERS_MAX,
      bytesMax: BATCH_BYTES_MAX,
      bytesOf: (delivery) => utf8Bytes(JSON.stringify(delivery)),
      isPatient: () => false,
      now: options.now,
      pauseEveryBytes: () => Infinity,
      admit: async () => {
        const full = this.fullness();
        return full && (() => Promise.resolve({ ok: false, refusal: full }));
      },
      send: (deliveries) => this.send(deliveries),
    });
  }

  /** Whether offers are kept: by this sender, or by another one that the instance told of. May wait for a hand-over. */
  async isActive(): Promise<boolean> {
    await this.handOver;
    if (!this.active && (this.options.credit.spill?.pending ?? 0) > 0) this.activate();
    return this.active;
  }

  /** Begins to keep offers; false where nobody can say which segment comes next. */
  async begin(): Promise<boolean> {
    if (!this.active && this.options.credit.spill === undefined && !(await this.isUnused())) return false;
    this.activate();
    return true;
  }

  private activate(): void {
    if (this.active) return;
    this.active = true;
    void this.watch();
  }

  /** An instance that never told anything begins with the first segment, unless there was one already. */
  private async isUnused(): Promise<boolean> {
    const { client, trigger, now } = this.options;
    try {
      await client.withDeadline(now() + FIRST_LOOK_MS, () =>
        client.workflow.getHandle(segmentId(trigger, 1)).describe(),
      );
      return false;
    } catch (error) {
      return error instanceof WorkflowNotFoundError;
    }
  }

  /** Keeps an offer; nobody waits for its verdict. */
  async keep({ wait: _nobody, ...delivery }: Delivery): Promise<Committed> {
    this.open += 1;
    const committed = await this.lane.commit(delivery);
    this.open -= 1;
    return committed.ok ? { ok: true, kept: true } : committed;
  }

  private async send(deliveries: readonly Delivery[]): Promise<string> {
    const { trigger, client, now, onKept } = this.options;
    const batch: Batch = { version: 1, offers: deliveries, reports: [] };
    const segment = this.segmentFor(deliveries.length, utf8Bytes(JSON.stringify(batch)));
    const input: SegmentInput = { version: 1, trigger, segment };
    const handle = await client.withDeadline(now() + COMMIT_DEADLINE_MS, () =>
      client.workflow.signalWithStart(WORKFLOW.spill, {
        workflowId: segmentId(trigger, segment),
        taskQueue: TASK_QUEUE,
        args: [input],
        signal: batchSignal,
        signalArgs: [batch],
        staticSummary: `events kept for ${trigger}, part ${segment}`,
        memo: { trigger: instanceId(trigger) },
        typedSearchAttributes: [{ key: SEARCH_ATTRIBUTE.trigger, value: trigger }],
      }),
    );
    onKept(deliveries.length);
    return handle.signaledRunId;
  }

  /** The segment that takes so much more: the current one, the one other senders are at, or the next. */
  private segmentFor(offers: number, bytes: number): number {
    const { pending, to } = this.options.credit.spill ?? { pending: 0, to: 0 };
    const other = pending > 0 ? to : to + 1;
    const { filled } = this;
    const isFull =
      filled.offers + offers > SEGMENT_OFFERS_MAX ||
      filled.bytes + bytes > SEGMENT_BYTES_MAX ||
      filled.signals >= SEGMENT_SIGNALS_MAX;
    const segment = Math.max(other, isFull ? this.segment + 1 : this.segment);
    if (segment !== this.segment) this.filled = { offers: 0, bytes: 0, signals: 0 };
    this.segment = segment;
    this.filled.offers += offers;
    this.filled.bytes += bytes;
    this.filled.signals += 1;
    return segment;
  }

  private fullness(): Refusal | undefined {
    const { pending, to } = this.options.credit.spill ?? { pending: 0, to: 0 };
    const waiting = pending + Math.max(0, this.segment - to);
    if (waiting <= SEGMENTS_MAX) return undefined;
    return refusal('saturated', `${waiting} segments of events wait for the instance.`, { retryAfterSeconds: 5 });
  }

  /** Looks now and then whether the instance has taken nearly everything, and then lets offers go to it again. */
  private async watch(): Promise<void> {
    for (let waitMs = LOOK_AFTER_MS; this.active; waitMs = Math.min(LOOK_AFTER_MAX_MS, 1.5 * waitMs)) {
      await delay(waitMs);
      if (!(await this.isNearlyTaken().catch(() => false))) continue;
      this.handOver = this.waitForRest().catch(() => undefined);
      await this.handOver;
      this.handOver = undefined;
      waitMs = LOOK_AFTER_MAX_MS;
    }
  }

  private async isNearlyTaken(): Promise<boolean> {
    const { credit } = this.options;
    const answered = await credit.renew();
    return answered && (credit.spill?.pending ?? 0) <= 1 && credit.isHalfEmpty();
  }

  /** While this lasts nothing new is kept, so that a sender without a pause gets back to the instance too. */
  private async waitForRest(): Promise<void> {
    const { now } = this.options;
    const until = now() + HAND_OVER_MAX_MS;
    while (now() < until) {
      if (this.open === 0 && (await this.isTaken())) {
        this.active = false;
        return;
      }
      await delay(HAND_OVER_LOOK_MS);
    }
  }

  private async isTaken(): Promise<boolean> {
    const { credit, client, trigger } = this.options;
    if (!(await credit.renew()) || credit.spill?.pending !== 0) return false;
    // The instance may not have heard of a segment that was begun just now.
    return this.segment === 0 || !(await isRunning(client, segmentId(trigger, this.segment)));
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

async function isRunning(client: Client, workflowId: string): Promise<boolean> {
  try {
    return (await client.workflow.getHandle(workflowId).describe()).status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
