import type { Json } from '../spec/json.ts';
import type { Item, LastEvent } from './offer.ts';
import type { Gathered } from './state.ts';
import type { Unit } from './unit.ts';
import { gatheredBytes } from './weight.ts';

/** The part and the amount of an event; `none` where it has no value. */
type Extra = { readonly part?: string; readonly amount?: number; readonly none?: 1 };
/** An item as it is carried: id without `evt_`, milliseconds before the state's clock, value, and what few have. */
export type CarriedItem =
  | readonly [string, number]
  | readonly [string, number, Json]
  | readonly [string, number, Json, Extra];
/** A unit on its own: earliest arrival, last event, events, bytes of the events themselves. */
export type CarriedUnit = readonly [number, LastEvent, readonly CarriedItem[], number?];

/** Items as they are carried. */
export function carryItems(items: readonly Item[], clock: number): readonly CarriedItem[] {
  return items.map((item) => carryItem(item, clock));
}

function carryItem({ eventId, time, value, part, amount }: Item, clock: number): CarriedItem {
  const head = [eventId.slice('evt_'.length), clock - time] as const;
  if (part === undefined && amount === undefined) return value === undefined ? head : [...head, value];
  const extra: Extra = {
    ...(part !== undefined && { part }),
    ...(amount !== undefined && { amount }),
    ...(value === undefined && { none: 1 }),
  };
  return [...head, value ?? null, extra];
}

/** The inverse of carrying one item. */
export function restoreItem([id, beforeMs, value, extra]: CarriedItem, clock: number): Item {
  const item = { eventId: `evt_${id}`, time: clock - beforeMs };
  const { part, amount, none } = extra ?? {};
  return {
    ...item,
    ...(value !== undefined && none === undefined && { value }),
    ...(part !== undefined && { part }),
    ...(amount !== undefined && { amount }),
  };
}

/** Events and the last of them, weighed anew. */
export function restoreGathered(
  receivedAt: number,
  last: LastEvent,
  carried: readonly CarriedItem[],
  clock: number,
): Gathered {
  const items = carried.map((item) => restoreItem(item, clock));
  return { items, last, receivedAt, bytes: gatheredBytes(items, last) };
}

/** A unit as it is carried. */
export function carryUnit({ receivedAt, last, items, size }: Omit<Unit, 'bytes'>, clock: number): CarriedUnit {
  const unit = [receivedAt, last, carryItems(items, clock)] as const;
  return size === undefined ? unit : [...unit, size];
}

/** The inverse of `carryUnit`. */
export function restoreUnit([receivedAt, last, items, size]: CarriedUnit, clock: number): Unit {
  return { ...restoreGathered(receivedAt, last, items, clock), ...(size !== undefined && { size }) };
}
