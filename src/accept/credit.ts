import {
  COOLDOWN_OVERHEAD_BYTES,
  KEY_BYTES_MAX,
  KEY_OVERHEAD_BYTES,
  LIVE_KEYS_MAX,
  PENDING_BYTES_MAX,
  PENDING_ITEMS_MAX,
  WINDOW_OVERHEAD_BYTES,
} from '../core/limits.ts';
import { utf8Bytes } from '../core/json-bytes.ts';
import type { Offer } from '../core/offer.ts';
import type { InstancePressure, SpillPressure } from '../contract/spill.ts';
import type { Pressure } from '../core/state.ts';
import { lastOf } from '../core/unit.ts';
import { itemBytes, lastBytes } from '../core/weight.ts';
import { type Refusal, refusal } from '../errors.ts';

/** What a sender may send to an instance before it asks again how full that is. */
type Room = { items: number; bytes: number; keys: number; keyBytes: number };

/** What is about to be sent: the keys of its offers, and what they weigh when they are carried, in bytes. */
export type Load = { readonly keys: readonly string[]; readonly bytes: number };

/** The load of offers: each as an item, and the last of each key as the event its run may see. */
export function loadOf(offers: readonly Offer[]): Load {
  let bytes = 0;
  const last = new Map<string, Offer>();
  for (const offer of offers) {
    const { eventId, receivedAt: time, item = offer.whole ? offer.event : undefined } = offer;
    bytes += itemBytes(item === undefined ? { eventId, time } : { eventId, time, value: item });
    last.set(offer.key, offer);
  }
  for (const offer of last.values()) bytes += lastBytes(lastOf(offer));
  return { keys: offers.map((offer) => offer.key), bytes };
}

const NOTHING_KEPT: SpillPressure = { pending: 0, to: 0 };
const NOTHING: Room = { items: 0, bytes: 0, keys: 0, keyBytes: 0 };
/** Granted to an instance that was never asked: little enough to fit whatever it holds already. */
const UNASKED: Room = { items: 1_000, bytes: 64 * 1_024, keys: 500, keyBytes: 16 * 1_024 };
/** The receiver is asked again when this share of the room is left, so that nobody has to wait for the answer. */
const REFRESH_BELOW = 0.5;
/** What a new key most often takes: a window, then a cooldown. */
const KEY_BYTES = KEY_OVERHEAD_BYTES + WINDOW_OVERHEAD_BYTES + COOLDOWN_OVERHEAD_BYTES;
/** How often an instance that is full, or does not answer, is asked again. */
const ASK_AGAIN_MS = 200;

/**
 * A sender's credit at one instance: the room below the instance's caps as it last told, less what was sent since. When it
 * is used up the sender asks, and refuses only if the instance really is full, or does not answer.
 */
export class Credit {
  private room: Room = { ...UNASKED };
  private granted: Room = { ...UNASKED };
  private sent: Room = NOTHING;
  private asking: Promise<void> | undefined;
  private fullUntil = -Infinity;
  private readonly ask: () => Promise<InstancePressure>;
  private readonly now: () => number;
  /** The last answer; undefined where the receiver did not answer when it was asked last. */
  pressure: InstancePressure | undefined;
  /** What the receiver said last of segments that are kept for it; undefined until it answers for the first time. */
  spill: SpillPressure | undefined;

  constructor(ask: () => Promise<InstancePressure>, now: () => number) {
    this.ask = ask;
    this.now = now;
  }

  /** Takes credit for a batch, waiting for the receiver's answer where there is too little; or says why it cannot. */
  async take(load: Load): Promise<Refusal | undefined> {
    const cost = costOf(load);
    if (!fits(this.room, cost) && this.now() >= this.fullUntil) await this.refresh();
    if (!fits(this.room, cost)) {
      if (this.now() >= this.fullUntil) this.fullUntil = this.now() + ASK_AGAIN_MS;
      return refusal('saturated', this.fullness(), { retryAfterSeconds: 1 });
    }
    this.room = minus(this.room, cost);
    this.sent = minus(this.sent, minus(NOTHING, cost));
    if (isLow(this.room, this.granted)) void this.refresh();
    return undefined;
  }

  /** Asks the receiver; whether it answered. */
  async renew(): Promise<boolean> {
    await this.refresh();
    return this.pressure !== undefined;
  }

  /** Whether the receiver had much room when it answered last. */
  isHalfEmpty(): boolean {
    const { pressure } = this;
    return (
      pressure !== undefined &&
      pressure.pendingItems < PENDING_ITEMS_MAX / 2 &&
      pressure.pendingBytes < PENDING_BYTES_MAX / 2
    );
  }

  private fullness(): string {
    if (!this.pressure) return 'The instance does not answer how full it is.';
    const { pendingItems, pendingBytes, keys, keyBytes } = this.pressure;
    return `The instance is full: it holds ${pendingItems} events of ${pendingBytes} bytes, and ${keys} keys of ${keyBytes} bytes.`;
  }

  private refresh(): Promise<void> {
    const sentBefore = this.sent;
    this.asking ??= this.ask()
      .then((pressure) => {
        this.pressure = pressure;
        this.spill = pressure.spill ?? NOTHING_KEPT;
        this.granted = roomOf(pressure);
        this.room = minus(this.granted, minus(this.sent, sentBefore));
      })
      .catch(() => {
        this.pressure = undefined;
      })
      .finally(() => {
        this.asking = undefined;
      });
    return this.asking;
  }
}

function roomOf(pressure: Pressure): Room {
  return {
    items: PENDING_ITEMS_MAX - pressure.pendingItems,
    bytes: PENDING_BYTES_MAX - pressure.pendingBytes,
    keys: LIVE_KEYS_MAX - pressure.keys,
    keyBytes: KEY_BYTES_MAX - pressure.keyBytes,
  };
}

function costOf(load: Load): Room {
  const keys = new Set(load.keys);
  let keyBytes = 0;
  for (const key of keys) keyBytes += KEY_BYTES + utf8Bytes(key);
  return { items: load.keys.length, bytes: load.bytes, keys: keys.size, keyBytes };
}

function fits(room: Room, cost: Room): boolean {
  return (
    room.items >= cost.items && room.bytes >= cost.bytes && room.keys >= cost.keys && room.keyBytes >= cost.keyBytes
  );
}

function minus(from: Room, taken: Room): Room {
  return {
    items: from.items - taken.items,
    bytes: from.bytes - taken.bytes,
    keys: from.keys - taken.keys,
    keyBytes: from.keyBytes - taken.keyBytes,
  };
}

function isLow(room: Room, granted: Room): boolean {
  return (
    room.items < granted.items * REFRESH_BELOW ||
    room.bytes < granted.bytes * REFRESH_BELOW ||
    room.keys < granted.keys * REFRESH_BELOW ||
    room.keyBytes < granted.keyBytes * REFRESH_BELOW
  );
}
