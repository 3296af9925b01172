import { PAUSE_EVERY_SIGNALS, SENDER_BYTES_MAX, SENDER_SIGNALS_MAX } from '../contract/limits.ts';
import { type Refusal, refusal } from '../errors.ts';

/** What became of an item: acknowledged by Temporal, in a segment where `kept`; or not taken. */
export type Committed = { readonly ok: true; readonly kept?: true } | { readonly ok: false; readonly refusal: Refusal };

/** What a lane does with its batches. */
export type LaneOptions<Item> = {
  readonly itemsMax: number;
  readonly bytesMax: number;
  readonly bytesOf: (item: Item) => number;
  /** Items that may wait a little for company instead of going at once. */
  readonly isPatient: (item: Item) => boolean;
  /** Sends one batch and answers the run id that took it; throws what Temporal throws. */
  readonly send: (items: readonly Item[], pause: boolean) => Promise<string>;
  /**
   * Room for more at the receiver: undefined where all of a batch may go, or what becomes of those that may not, in their
   * order. `blocked` is why nothing more may go. May wait for an answer of the receiver.
   */
  readonly admit: (items: readonly Item[], blocked: Refusal | undefined) => Promise<Elsewhere<Item> | undefined>;
  /** How many bytes may go between two announced pauses. */
  readonly pauseEveryBytes: () => number;
  readonly onSent?: (sent: { readonly items: number; readonly bytes: number; readonly tookMs: number }) => void;
  /** Nothing is left to send. */
  readonly onIdle?: () => void;
  readonly now: () => number;
};

/** What becomes of an item that does not go to the receiver; undefined for one that goes there nevertheless. */
type Elsewhere<Item> = (item: Item) => Promise<Committed> | undefined;

/** An item is given up when Temporal did not acknowledge it within this: senders wait no longer. */
export const COMMIT_DEADLINE_MS = 8_000;
/** Most items that wait for their turn; past that senders are told to come back. */
const QUEUE_MAX = 20_000;
/** Most bytes of them: what waits for a slow Temporal must not fill memory, however large the events are. */
const QUEUE_MAX_BYTES = 64 * 1_024 * 1_024;
/** How long patient items wait for company. */
const LINGER_MS = 100;
/** Silence after a pause was announced: the receiver continues as new meanwhile. Longer where it carries much. */
const SILENCE_MIN_MS = 40;
const SILENCE_PER_MIB_MS = 200;
/** And where the server is slow: continuing as new takes it about as long as three commits. */
const SILENCE_PER_COMMIT = 3;
const SILENCE_MAX_MS = 400;
/** What the latest commit counts in the typical one. */
const TYPICAL_WEIGHT = 0.1;

/** How often one batch is let through to a run that has had its half. */
const PROBE_EVERY_MS = 5_000;

type Waiting<Item> = {
  readonly item: Item;
  readonly bytes: number;
  readonly since: number;
  readonly settle: (committed: Committed) => void;
};

/**
 * Group commit to one workflow: one signal in flight, carrying many items. The first goes at once, later ones ride the
 * next. Counts what each run of the workflow got from here, announces pauses, and stops at half of what would kill a run.
 */
export class Lane<Item> {
  private readonly options: LaneOptions<Item>;
  private readonly queue: Waiting<Item>[] = [];
  private queuedBytes = 0;
  private busy = false;
  private lingering: NodeJS.Timeout | undefined;
  private runId = '';
  private signals = 0;
  private bytes = 0;
  private signalsSincePause = 0;
  private bytesSincePause = 0;
  private probedAt = -Infinity;
  private typicalMs = 0;
  /** Bytes the receiver carries, as last known: decides how long a pause lasts. */
  carriedBytes = 0;

  constructor(options: LaneOptions<Item>) {
    this.options = options;
  }

  /** Resolves when Temporal has the item on disk, or when it was given up. Never rejects. */
  commit(item: Item): Promise<Committed> {
    const { bytesOf, isPatient, now } = this.options;
    const bytes = bytesOf(item);
    if (this.queue.length >= QUEUE_MAX || this.queuedBytes + bytes > QUEUE_MAX_BYTES) {
      const detail = 'Too many events wait for Temporal to acknowledge.';
      return Promise.resolve({ ok: false, refusal: refusal('saturated', detail, { retryAfterSeconds: 2 }) });
    }
    return new Promise((settle) => {
      this.queue.push({ item, bytes, since: now(), settle });
      this.queuedBytes += bytes;
      if (this.busy) return;
      if (isPatient(item)) this.lingering ??= setTimeout(() => this.start(), LINGER_MS);
      else this.start();
    });
  }

  private start(): void {
    clearTimeout(this.lingering);
    this.lingering = undefined;
    if (!this.busy) void this.pump();
  }

  private async pump(): Promise<void> {
    this.busy = true;
    for (let batch = this.nextBatch(); batch.length > 0; batch = this.nextBatch()) {
      const silenceMs = await this.sendBatch(batch);
      if (silenceMs > 0) await delay(silenceMs);
    }
    this.busy = false;
    this.options.onIdle?.();
  }

  private nextBatch(): readonly Waiting<Item>[] {
    const { itemsMax, bytesMax } = this.options;
    let bytes = 0;
    let count = 0;
    for (const waiting of this.queue) {
      if (count === itemsMax || (count > 0 && bytes + waiting.bytes > bytesMax)) break;
      bytes += waiting.bytes;
      count += 1;
    }
    this.queuedBytes -= bytes;
    return this.queue.splice(0, count);
  }

  /** Sends one batch, settles its items, and answers how long to stay silent. */
  private async sendBatch(batch: readonly Waiting<Item>[]): Promise<number> {
    const { now, admit } = this.options;
    const startedAt = now();
    const [live, late] = partition(batch, (waiting) => startedAt - waiting.since < COMMIT_DEADLINE_MS);
    settleAll(late, { ok: false, refusal: unavailable('No answer in time.') });
    try {
      const blocked = this.overRunLimit(bytesOf(live));
      const elsewhere = await admit(itemsOf(live), blocked);
      const here = elsewhere ? live.filter((waiting) => !isElsewhere(waiting, elsewhere)) : live;
      if (blocked) settleAll(here, { ok: false, refusal: blocked });
      return blocked || here.length === 0 ? 0 : await this.sendAdmitted(here, startedAt);
    } catch (error) {
      settleAll(live, { ok: false, refusal: unavailable(error instanceof Error ? error.message : String(error)) });
      return 0;
    }
  }

  private async sendAdmitted(batch: readonly Waiting<Item>[], startedAt: number): Promise<number> {
    const { now, send, onSent } = this.options;
    const bytes = bytesOf(batch);
    const items = itemsOf(batch);
    const pause =
      this.signalsSincePause + 1 >= PAUSE_EVERY_SIGNALS ||
      this.bytesSincePause + bytes >= this.options.pauseEveryBytes();
    const sentAt = now();
    this.count(await send(items, pause), bytes, pause);
    settleAll(batch, { ok: true });
    this.typicalMs += (now() - sentAt - this.typicalMs) * TYPICAL_WEIGHT;
    onSent?.({ items: items.length, bytes, tookMs: now() - startedAt });
    return pause ? this.silenceMs() : 0;
  }

  private silenceMs(): number {
    const carriedMs = (SILENCE_PER_MIB_MS * this.carriedBytes) / (1_024 * 1_024);
    return Math.min(SILENCE_MAX_MS, SILENCE_MIN_MS + SILENCE_PER_COMMIT * this.typicalMs + carriedMs);
  }

  /** Past half of a kill limit only a probe goes through now and then, to learn of a new run. */
  private overRunLimit(bytes: number): Refusal | undefined {
    if (this.signals < SENDER_SIGNALS_MAX && this.bytes + bytes <= SENDER_BYTES_MAX) return undefined;
    const nowMs = this.options.now();
    if (nowMs - this.probedAt >= PROBE_EVERY_MS) {
      this.probedAt = nowMs;
      return undefined;
    }
    const detail = 'The instance has not continued as new; its history would grow past its limits.';
    return refusal('saturated', detail, { retryAfterSeconds: 5 });
  }

  private count(runId: string, bytes: number, paused: boolean): void {
    if (runId !== this.runId) {
      this.runId = runId;
      this.signals = 0;
      this.bytes = 0;
      this.signalsSincePause = 0;
      this.bytesSincePause = 0;
    }
    this.signals += 1;
    this.bytes += bytes;
    this.signalsSincePause = paused ? 0 : this.signalsSincePause + 1;
    this.bytesSincePause = paused ? 0 : this.bytesSincePause + bytes;
  }
}

function isElsewhere<Item>(waiting: Waiting<Item>, elsewhere: Elsewhere<Item>): boolean {
  const taken = elsewhere(waiting.item);
  if (taken) void taken.then(waiting.settle);
  return taken !== undefined;
}

function itemsOf<Item>(batch: readonly Waiting<Item>[]): readonly Item[] {
  return batch.map((waiting) => waiting.item);
}

function bytesOf<Item>(batch: readonly Waiting<Item>[]): number {
  return batch.reduce((sum, waiting) => sum + waiting.bytes, 0);
}

function settleAll<Item>(batch: readonly Waiting<Item>[], committed: Committed): void {
  for (const waiting of batch) waiting.settle(committed);
}

function partition<T>(all: readonly T[], holds: (one: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [all.filter((one) => holds(one)), all.filter((one) => !holds(one))];
}

function unavailable(detail: string): Refusal {
  return refusal('temporal_unavailable', `Temporal did not acknowledge: ${detail.slice(0, 200)}`, {
    retryAfterSeconds: 1,
  });
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
