import type { FactOf, Waits } from './fact.ts';
import type { Gathered, KeyState, TriggerState, Waiting, Window } from './state.ts';
import { laterLast, type Unit } from './unit.ts';
import { jsonBytes } from './json-bytes.ts';
import { joinable } from './waiting.ts';
import { addedBytes, lastBytes, partBytes, sortedBytes, unitBytes } from './weight.ts';
import { placeOf } from './stages/order.ts';
import { talliedOf } from './stages/threshold.ts';

/** Adds to what is pending. Changes the state in place. */
export function addPending(state: TriggerState, items: number, bytes: number): void {
  state.pendingItems += items;
  state.pendingBytes += bytes;
}

/** Puts a unit where its order belongs among those that are being sorted. */
export function sortIn(state: TriggerState, key: KeyState, { by, dueAt, unit, at }: FactOf<'unitSorted'>): void {
  key.order ??= { at, sorting: [], dueAt: Infinity };
  const sorted = { by, dueAt, unit };
  key.order.sorting.splice(placeOf(key.order, by), 0, sorted);
  key.order.dueAt = Math.min(key.order.dueAt, dueAt);
  addPending(state, unit.items.length, sortedBytes(sorted));
}

/** Takes the first `count` out of what is being sorted. */
export function takeSorted(state: TriggerState, key: KeyState, count: number): void {
  if (!key.order) return;
  for (const one of key.order.sorting.splice(0, count)) addPending(state, -one.unit.items.length, -sortedBytes(one));
  key.order.dueAt = key.order.sorting.reduce((first, one) => Math.min(first, one.dueAt), Infinity);
}

/** Fills a part of a join, in place of what filled it. */
export function fillPart(state: TriggerState, key: KeyState, fact: FactOf<'partFilled'>): void {
  const { part: name, settings, expiresAt, unit } = fact;
  key.join ??= { settings, parts: [] };
  key.join.settings = settings;
  takeParts(state, key.join, [name]);
  key.join.parts.push({ name, expiresAt, unit });
  addPending(state, unit.items.length, partBytes({ name, unit }));
}

/** Takes parts out of a join. */
export function takeParts(state: TriggerState, join: NonNullable<KeyState['join']>, names: readonly string[]): void {
  for (const name of names) {
    const place = join.parts.findIndex((part) => part.name === name);
    if (place === -1) continue;
    for (const part of join.parts.splice(place, 1)) addPending(state, -part.unit.items.length, -partBytes(part));
  }
}

/** Adds a unit to a tally. */
export function tally(state: TriggerState, key: KeyState, { settings, amount, unit, at }: FactOf<'unitTallied'>): void {
  key.tally ??= { settings, units: [], last: {}, total: 0 };
  const tallied = talliedOf(unit, amount, at);
  const last = laterLast(key.tally.last, unit.last);
  addPending(state, unit.items.length, unitBytes(tallied) + lastBytes(last) - lastBytes(key.tally.last));
  key.tally.units.push(tallied);
  key.tally.last = last;
  key.tally.total += amount;
}

/** Takes the oldest `count` units out of a tally; its sum is counted anew, so that it never drifts. */
export function takeTallied(state: TriggerState, key: KeyState, count: number): void {
  if (!key.tally) return;
  for (const gone of key.tally.units.splice(0, count)) addPending(state, -gone.items.length, -unitBytes(gone));
  key.tally.total = key.tally.units.reduce((sum, unit) => sum + unit.amount, 0);
  if (key.tally.units.length === 0) addPending(state, 0, -lastBytes(key.tally.last));
}

/** Adds a unit to an open window. */
export function collect(state: TriggerState, window: Window, { unit, replaces, bytes }: FactOf<'unitCollected'>): void {
  const isFirst = window.items.length === 0;
  const gone = replaces ? window.items.length : 0;
  if (replaces) window.items.length = 0;
  for (const item of unit.items) window.items.push(item);
  window.last = replaces ? unit.last : laterLast(window.last, unit.last);
  window.receivedAt = isFirst ? unit.receivedAt : Math.min(window.receivedAt, unit.receivedAt);
  window.bytes += bytes;
  if (unit.size !== undefined) window.size = (window.size ?? 0) + unit.size;
  addPending(state, unit.items.length - gone, bytes);
}

/** What was gathered is on its way to somewhere else. */
export function release(state: TriggerState, gathered: Gathered | undefined): void {
  if (gathered) addPending(state, -gathered.items.length, -gathered.bytes);
}

/** Bytes of a waiting candidate that count as pending: its events, what a person gave for it, and what it replays. */
export function waitingBytes({ bytes, params, replays }: Pick<Waiting, 'bytes' | 'params' | 'replays'>): number {
  return bytes + jsonBytes(params) + jsonBytes(replays);
}

/** A candidate begins to wait: behind the others of its key, or as one with what is held. */
export function wait(state: TriggerState, key: KeyState, fact: FactOf<'candidateWaits'>): void {
  key.waiting ??= [];
  const { how, stage, untilAt, cause, params, force, replays, unit, at } = fact;
  const held = fact.joins ? key.waiting.find(joinable) : undefined;
  if (held) {
    join(state, held, unit);
    moveTo(held, { how, stage, ...(untilAt !== undefined && { untilAt }) });
    return;
  }
  const { items, last, receivedAt, bytes } = unit;
  const waiting: Waiting = {
    turn: state.turns,
    how,
    stage,
    ...(untilAt !== undefined && { untilAt }),
    sinceAt: at,
    cause,
    ...(params && { params }),
    ...(force && { force }),
    ...(replays && { replays }),
    items: [...items],
    last,
    receivedAt,
    bytes,
  };
  state.turns += 1;
  key.waiting.push(waiting);
  addPending(state, items.length, waitingBytes(waiting));
}

function join(state: TriggerState, held: Waiting, unit: Unit): void {
  const last = laterLast(held.last, unit.last);
  const bytes = addedBytes(held.last, unit, last);
  for (const item of unit.items) held.items.push(item);
  held.last = last;
  held.receivedAt = Math.min(held.receivedAt, unit.receivedAt);
  held.bytes += bytes;
  addPending(state, unit.items.length, bytes);
}

/** A waiting candidate waits for something else from now on. */
export function moveTo(
  waiting: Waiting,
  to: { readonly how: Waits; readonly stage: Waiting['stage']; readonly untilAt?: number },
): void {
  waiting.how = to.how;
  waiting.stage = to.stage;
  if (to.untilAt === undefined) delete waiting.untilAt;
  else waiting.untilAt = to.untilAt;
}
