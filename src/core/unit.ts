import { WHOLE_EVENTS_MAX_BYTES } from './limits.ts';
import { jsonBytes } from './json-bytes.ts';
import { deeper } from './lineage.ts';
import type { Item, LastEvent, Offer } from './offer.ts';
import type { OrderValue } from './reason.ts';
import { addedBytes, itemBytes, lastBytes } from './weight.ts';

/** One or more events that go through the windows together: one event at first, what a window let go of later. */
export type Unit = {
  readonly items: readonly Item[];
  readonly last: LastEvent;
  /** The earliest arrival among them, epoch milliseconds. */
  readonly receivedAt: number;
  /** What they weigh when carried. */
  readonly bytes: number;
  readonly order?: OrderValue;
  readonly part?: string;
  /** Bytes of the events themselves, where a batch counts them. */
  readonly size?: number;
};

/** What is being put together. Every event is: member by member costs a fraction of spreading what may be absent. */
type Making<T> = { -readonly [Member in keyof T]: T[Member] };

const NO_LAST: LastEvent = {};

/** The part of an offer that a run sees as its last event. */
export function lastOf({ event, identity, traceparent, lineage, replayed, part }: Offer): LastEvent {
  if ((event ?? identity ?? traceparent ?? lineage ?? replayed) === undefined) return NO_LAST;
  const last: Making<LastEvent> = {};
  if (event !== undefined) last.event = event;
  if (event !== undefined && part !== undefined) last.parts = [[part, event]];
  if (identity !== undefined) last.identity = identity;
  if (traceparent !== undefined) last.traceparent = traceparent;
  if (lineage !== undefined) last.lineage = lineage;
  if (replayed !== undefined) last.replayed = replayed;
  return last;
}

/**
 * An offer on its own. Where a trigger keeps whole events, those that fit 64 KB together with the `gatheredBytes` that its
 * first window holds; of the others only the reference stays.
 */
export function unitOf(offer: Offer, gatheredBytes: number): Unit {
  const fits = offer.whole && gatheredBytes + jsonBytes(offer.event) <= WHOLE_EVENTS_MAX_BYTES;
  const value = offer.item ?? (fits ? offer.event : undefined);
  const { eventId, receivedAt, time = receivedAt, part, amount, order, size } = offer;
  const item: Making<Item> = { eventId, time };
  if (value !== undefined) item.value = value;
  if (part !== undefined) item.part = part;
  if (amount !== undefined) item.amount = amount;
  const last = lastOf(offer);
  const unit: Making<Unit> = { items: [item], last, receivedAt, bytes: itemBytes(item) + lastBytes(last) };
  if (order !== undefined) unit.order = order;
  if (part !== undefined) unit.part = part;
  if (size !== undefined) unit.size = size;
  return unit;
}

/**
 * What a run sees of the events before and of a later one: the later one, the latest of each part, the longest chain, the
 * last replay.
 */
export function laterLast(before: LastEvent, later: LastEvent): LastEvent {
  const lineage = deeper(later.lineage, before.lineage);
  if (lineage !== later.lineage) return laterLast(before, { ...later, ...(lineage && { lineage }) });
  const { replayed } = before;
  if (replayed && !later.replayed) return laterLast(before, { ...later, replayed });
  if (before.parts === undefined) return later;
  const renewed = new Set((later.parts ?? []).map(([part]) => part));
  const kept = before.parts.filter(([part]) => !renewed.has(part));
  return { ...later, parts: [...kept, ...(later.parts ?? [])] };
}

/** Several units as one, in their order; what they see last is that of the later ones. Takes at least one. */
export function joined(first: Unit, ...others: readonly Unit[]): Unit {
  return others.reduce<Unit>((before, unit) => {
    const last = laterLast(before.last, unit.last);
    const size =
      before.size === undefined && unit.size === undefined ? undefined : (before.size ?? 0) + (unit.size ?? 0);
    return {
      items: [...before.items, ...unit.items],
      last,
      receivedAt: Math.min(before.receivedAt, unit.receivedAt),
      bytes: before.bytes + addedBytes(before.last, unit, last),
      ...(size !== undefined && { size }),
    };
  }, bare(first));
}

/** A unit whose order is settled. */
export function ordered({ order: _settled, ...unit }: Unit): Unit {
  return unit;
}

/** A unit without what only the windows before it needed. */
export function bare({ items, last, receivedAt, bytes, size }: Unit): Unit {
  return { items, last, receivedAt, bytes, ...(size !== undefined && { size }) };
}
