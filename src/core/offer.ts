import type { Json, JsonObject } from '../spec/json.ts';
import type { Lineage, Replayed } from './lineage.ts';
import type { OrderValue } from './reason.ts';

/**
 * An event as handed to an instance. The accepting side has evaluated every expression on it already, so nothing an
 * instance does can fail on an event's content.
 */
export type Offer = {
  /** `evt_` and 22 characters of base64url: 128 bits of SHA-256 over source and id. */
  readonly eventId: string;
  /** Hash over type, subject, datacontenttype and data, 12 characters; tells a duplicate from a conflict. */
  readonly body: string;
  /** When the accepting side received it, epoch milliseconds. */
  readonly receivedAt: number;
  /** The event's own `time`, epoch milliseconds; what freshness measures from. */
  readonly time?: number;
  readonly key: string;
  /** Hash of the `dedupe.by` values, 12 characters. */
  readonly by?: string;
  /** The part of `events.all` that took it. */
  readonly part?: string;
  /** The value of `order.by`. */
  readonly order?: OrderValue;
  /** The value of `threshold.of`. */
  readonly amount?: number;
  /** Bytes of the event as JSON, where `batch.maxBytes` counts them. */
  readonly size?: number;
  /** The `collect` value. */
  readonly item?: Json;
  /** The parts of the event that the run reads. */
  readonly event?: JsonObject;
  /** `items` keeps the event itself: the run reads `items` and the trigger collects nothing. */
  readonly whole?: true;
  /** The value of `run.identity`. */
  readonly identity?: string;
  /** W3C trace context, carried to the target. */
  readonly traceparent?: string;
  /** Of an event that a run emitted. */
  readonly lineage?: Lineage;
  /** Of an event that was stored and comes once more. */
  readonly replayed?: Replayed;
};

/** What a window, a waiting candidate or a run keeps of one event. */
export type Item = {
  readonly eventId: string;
  /** What freshness measures from, epoch milliseconds. */
  readonly time: number;
  /** The collected value or the event; absent where neither is used, or where only a reference is kept. */
  readonly value?: Json;
  readonly part?: string;
  readonly amount?: number;
};

/**
 * What a run needs of the one event it sees as `event`, the last that its window kept, and of the last of each part;
 * `lineage` is the deepest of them all, `replayed` that of the last one that was.
 */
export type LastEvent = Pick<Offer, 'event' | 'identity' | 'traceparent' | 'lineage' | 'replayed'> & {
  readonly parts?: readonly (readonly [part: string, event: JsonObject])[];
};
