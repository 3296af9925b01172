import { proxyActivities, sleep } from '@temporalio/workflow';

import type { Activities } from '../../activities/interface.ts';
import { TEMPORAL_CALLS } from '../../src/contract/presets.ts';
import type { CarriedSpill, Segment, SegmentCursor, SegmentPage, SpillPressure } from '../../src/contract/spill.ts';
import { BATCH_BYTES_MAX, BATCH_OFFERS_MAX } from '../../src/contract/limits.ts';
import { readBatch } from '../../src/contract/read-messages.ts';
import {
  COOLDOWN_OVERHEAD_BYTES,
  KEY_BYTES_MAX,
  KEY_OVERHEAD_BYTES,
  LIVE_KEYS_MAX,
  PENDING_BYTES_MAX,
  PENDING_ITEMS_MAX,
  WINDOW_OVERHEAD_BYTES,
} from '../../src/core/limits.ts';
import { jsonBytes } from '../../src/core/json-bytes.ts';
import type { Pressure } from '../../src/core/state.ts';

const { readSegment, endSegment } = proxyActivities<Activities>({ ...TEMPORAL_CALLS, summary: 'take what was kept' });

/** What a new key adds to its text at most: its entry, a window and a cooldown. */
const KEY_BYTES = KEY_OVERHEAD_BYTES + WINDOW_OVERHEAD_BYTES + COOLDOWN_OVERHEAD_BYTES;
/** How long it waits where a segment counts other signals than its history shows, which nothing known does. */
const MISMATCH_WAIT = '30s';

type Cursor = { -readonly [member in keyof SegmentCursor]: SegmentCursor[member] } & {
  /** All there was is taken: it may be over. */
  atEnd: boolean;
  /** It was at its end and the segment said that there is more. */
  mismatch: boolean;
};

/** What one signal may bring. */
type Load = { readonly offers: number; readonly bytes: number; readonly keys: number; readonly keyBytes: number };

const LARGEST: Load = { offers: BATCH_OFFERS_MAX, bytes: BATCH_BYTES_MAX, keys: BATCH_OFFERS_MAX, keyBytes: 0 };

/** Whether an instance has room for a signal: below its caps, as a sender's credit is. */
function fits(pressure: Pressure, load: Load): boolean {
  return (
    pressure.pendingItems + load.offers <= PENDING_ITEMS_MAX &&
    pressure.pendingBytes + load.bytes <= PENDING_BYTES_MAX &&
    pressure.keys + load.keys <= LIVE_KEYS_MAX &&
    pressure.keyBytes + load.keyBytes <= KEY_BYTES_MAX
  );
}

/** What a signal may add; its bytes as sent are more than what is carried of it. */
function loadOf(batch: unknown): Load {
  const { offers } = readBatch(batch);
  const keys = new Set(offers.map((offer) => offer.key));
  let bytes = 0;
  for (const offer of offers) bytes += jsonBytes(offer);
  let keyBytes = 0;
  for (const key of keys) keyBytes += KEY_BYTES + jsonBytes(key);
  return { offers: offers.length, bytes: Math.min(bytes, PENDING_BYTES_MAX), keys: keys.size, keyBytes };
}

/**
 * Takes in what was kept for an instance in segments, in their order and in the order of their signals, each exactly once:
 * how far it is changes in the same task in which a signal's offers are decided, and is carried.
 */
export class Drain {
  /** Calls on their way. What they bring is read again where they are given up. */
  pending = 0;
  private readonly cursors: Cursor[];
  private to: number;
  private page: SegmentPage['signals'] = [];
  private readonly wake: () => void;

  constructor(carried: CarriedSpill | undefined, wake: () => void) {
    this.to = carried?.to ?? 0;
    this.cursors = (carried?.segments ?? []).map((cursor) => ({ ...cursor, atEnd: false, mismatch: false }));
    this.wake = wake;
  }

  /** How far it is, where it ever had a segment. */
  carry(): CarriedSpill | undefined {
    if (this.to === 0) return undefined;
    const segments = this.cursors.map(({ segment, runId, upTo, signals }) => ({ segment, runId, upTo, signals }));
    return { to: this.to, segments };
  }

  pressure(): SpillPressure {
    return { pending: this.cursors.length, to: this.to };
  }

  /** Remembers a segment; it announces itself more than once. */
  announce({ segment, runId }: Segment): void {
    this.to = Math.max(this.to, segment);
    if (this.cursors.some((known) => known.runId === runId)) return;
    const cursor = { segment, runId, upTo: 0, signals: 0, atEnd: false, mismatch: false };
    // The first is under way; the others stand in the order of their numbers.
    const place = this.cursors.findIndex((known, index) => index > 0 && known.segment > segment);
    this.cursors.splice(place === -1 ? this.cursors.length : place, 0, cursor);
  }

  /** Hands over what was read, signal by signal, while there is room; whether there was anything. */
  take(pressure: () => Pressure, decide: (batch: unknown) => void): boolean {
    const [cursor] = this.cursors;
    let taken = 0;
    for (const { at, batch } of cursor ? this.page : []) {
      if (!cursor || !fits(pressure(), loadOf(batch))) break;
      cursor.upTo = at;
      cursor.signals += 1;
      cursor.mismatch = false;
      decide(batch);
      taken += 1;
    }
    this.page = this.page.slice(taken);
    return taken > 0;
  }

  /** Asks for more, or ends the segment that is taken in whole. */
  goOn(trigger: string, pressure: () => Pressure): void {
    const [cursor] = this.cursors;
    if (!cursor || this.pending > 0 || this.page.length > 0 || !fits(pressure(), LARGEST)) return;
    this.pending += 1;
    void (cursor.atEnd ? this.end(trigger, cursor) : this.read(trigger, cursor)).finally(() => {
      this.pending -= 1;
      this.wake();
    });
  }

  private async read(trigger: string, cursor: Cursor): Promise<void> {
    const { segment, runId, upTo, signals } = cursor;
    const page = await readSegment({ trigger, segment: { segment, runId, upTo, signals } });
    this.page = page.signals;
    cursor.atEnd = !page.more;
    if (page.over) this.drop(cursor);
  }

  private async end(trigger: string, cursor: Cursor): Promise<void> {
    const { segment, runId, upTo, signals } = cursor;
    if (cursor.mismatch) await sleep(MISMATCH_WAIT, { summary: 'before a segment is read again' });
    const over = await endSegment({ trigger, segment: { segment, runId, upTo, signals } });
    cursor.atEnd = false;
    cursor.mismatch = true;
    if (over) this.drop(cursor);
  }

  private drop(cursor: Cursor): void {
    this.cursors.splice(this.cursors.indexOf(cursor), 1);
  }
}
