import type { Definition } from '../spec/definition.ts';
import type { JsonObject } from '../spec/json.ts';
import {
  type CarriedItem,
  type CarriedUnit,
  carryItems,
  carryUnit,
  restoreGathered,
  restoreUnit,
} from './carried-item.ts';
import { type CarriedLimits, carryLimits, restoreLimits } from './carried-limits.ts';
import type { SettingsRows, SettingsTables } from './carried-table.ts';
import type { Cause, ReplayOf, Waits } from './fact.ts';
import { settleLimitsAt } from './limit-count.ts';
import type { LastEvent, Offer } from './offer.ts';
import type { OrderValue, StageName } from './reason.ts';
import type { Join, KeyState, OrderState, Pause, Tally, Waiting, Window } from './state.ts';

/** Row of its settings, 1 when it only suppresses, opened, due, earliest arrival, last event, events, bytes of those. */
type CarriedWindow = readonly [
  number,
  0 | 1,
  number,
  number | null,
  number,
  LastEvent,
  readonly CarriedItem[],
  number?,
];
/** Stage, until, earliest arrival, last event, events: what releases without lines held. */
type CarriedHold = readonly [StageName, number, number, LastEvent, readonly CarriedItem[]];
/** Turn, how, stage, until, since, cause, events, params, 1 where it is forced, what it replays. */
type CarriedWaiting = readonly [
  number,
  Waits,
  StageName,
  number | null,
  number,
  Cause,
  CarriedUnit,
  (JsonObject | null)?,
  (0 | 1)?,
  ReplayOf?,
];
/** Highest value that went on, when, and what is being sorted: value, due, events. */
type CarriedOrder = readonly [OrderValue | null, number, readonly (readonly [OrderValue, number, CarriedUnit])[]];
/** Row of the settings, and the parts: name, expiry, events. */
type CarriedJoin = readonly [number, readonly (readonly [string, number, CarriedUnit])[]];
/** Row of the settings, last event, and the units: when, amount, events. */
type CarriedTally = readonly [number, LastEvent, readonly (readonly [number, number, CarriedUnit])[]];
/** A pause: since when, by whom, and what was kept. */
export type CarriedPause = readonly [sinceAt: number, by: string, kept: readonly Offer[]];

export type CarriedKey = {
  readonly order?: CarriedOrder;
  readonly join?: CarriedJoin;
  readonly tally?: CarriedTally;
  readonly window?: CarriedWindow;
  readonly hold?: CarriedHold;
  readonly waiting?: readonly CarriedWaiting[];
  readonly coolingUntil?: number;
  readonly cooledBy?: string;
  readonly limits?: CarriedLimits;
  readonly paused?: CarriedPause;
};

/** A pause as it is carried. */
export function carryPause({ sinceAt, by, kept }: Pause): CarriedPause {
  return [sinceAt, by, kept];
}

/** The inverse of `carryPause`. */
export function restorePause([sinceAt, by, kept]: CarriedPause): Pause {
  return { sinceAt, by, kept: [...kept] };
}

/** A key's state as it is carried. */
export function carryKey(key: KeyState, clock: number, tables: SettingsTables): CarriedKey {
  const { order, join, tally, window, waiting, coolingUntil, cooledBy, paused } = key;
  const limits = carryLimits(key.limits);
  return {
    ...(order && { order: carryOrder(order, clock) }),
    ...(join && { join: carryJoin(join, clock, tables) }),
    ...(tally && { tally: carryTally(tally, clock, tables) }),
    ...(window && { window: carryWindow(window, clock, tables) }),
    ...(waiting && { waiting: waiting.map((one) => carryWaiting(one, clock)) }),
    ...(coolingUntil !== undefined && { coolingUntil }),
    ...(cooledBy !== undefined && { cooledBy }),
    ...(limits && { limits }),
    ...(paused && { paused: carryPause(paused) }),
  };
}

/** The inverse of `carryKey`. */
export function restoreKey(carried: CarriedKey, clock: number, rows: SettingsRows, definition: Definition): KeyState {
  const { order, join, tally, window, hold, waiting, coolingUntil, cooledBy, limits, paused } = carried;
  const waits = [
    ...(hold ? [restoreHold(hold, clock)] : []),
    ...(waiting ?? []).map((it) => restoreWaiting(it, clock)),
  ];
  const key: KeyState = {
    ...(order && { order: restoreOrder(order, clock) }),
    ...(join && restoreJoin(join, clock, rows)),
    ...(tally && restoreTally(tally, clock, rows)),
    ...(window && restoreWindow(window, clock, rows)),
    ...(waits.length > 0 && { waiting: waits }),
    ...(coolingUntil !== undefined && { coolingUntil }),
    ...(cooledBy !== undefined && { cooledBy }),
    ...(limits && { limits: restoreLimits(limits) }),
    ...(paused && { paused: restorePause(paused) }),
  };
  settleLimitsAt(key, definition);
  return key;
}

function carryOrder({ highest, at, sorting }: OrderState, clock: number): CarriedOrder {
  return [highest ?? null, at, sorting.map(({ by, dueAt, unit }) => [by, dueAt, carryUnit(unit, clock)])];
}

function restoreOrder([highest, at, carried]: CarriedOrder, clock: number): OrderState {
  const sorting = carried.map(([by, dueAt, carriedUnit]) => {
    const unit = restoreUnit(carriedUnit, clock);
    // What is being sorted is one event, which knows its part.
    const part = unit.items[0]?.part;
    return { by, dueAt, unit: part === undefined ? unit : { ...unit, part } };
  });
  const dueAt = sorting.reduce((first, one) => Math.min(first, one.dueAt), Infinity);
  return { ...(highest !== null && { highest }), at, sorting, dueAt };
}

function carryJoin({ settings, parts }: Join, clock: number, { joins }: SettingsTables): CarriedJoin {
  const carried = parts.map(({ name, expiresAt, unit }) => [name, expiresAt, carryUnit(unit, clock)] as const);
  return [joins.rowOf(settings), carried];
}

function restoreJoin([row, carried]: CarriedJoin, clock: number, rows: SettingsRows): KeyState {
  const settings = rows.joins[row];
  if (settings === undefined) return {};
  const parts = carried.map(([name, expiresAt, unit]) => ({ name, expiresAt, unit: restoreUnit(unit, clock) }));
  return { join: { settings, parts } };
}

function carryTally({ settings, units, last }: Tally, clock: number, { tallies }: SettingsTables): CarriedTally {
  const carried = units.map((unit) => [unit.at, unit.amount, carryUnit({ ...unit, last: {} }, clock)] as const);
  return [tallies.rowOf(settings), last, carried];
}

function restoreTally([row, last, carried]: CarriedTally, clock: number, rows: SettingsRows): KeyState {
  const settings = rows.tallies[row];
  if (settings === undefined) return {};
  const units = carried.map(([at, amount, carriedUnit]) => {
    const { items, receivedAt, bytes, size } = restoreUnit(carriedUnit, clock);
    return { at, amount, items, receivedAt, bytes, ...(size !== undefined && { size }) };
  });
  return { tally: { settings, units, last, total: units.reduce((sum, unit) => sum + unit.amount, 0) } };
}

function carryWindow(window: Window, clock: number, { windows }: SettingsTables): CarriedWindow {
  const { settings, mode, openedAt, dueAt: at, receivedAt, last, items, size } = window;
  const suppressing = mode === 'suppressing' ? 1 : 0;
  const row = windows.rowOf(settings);
  const carried = [row, suppressing, openedAt, at ?? null, receivedAt, last, carryItems(items, clock)] as const;
  return size === undefined ? carried : [...carried, size];
}

function restoreWindow(carried: CarriedWindow, clock: number, rows: SettingsRows): KeyState {
  const [row, suppressing, openedAt, at, receivedAt, last, items, size] = carried;
  const settings = rows.windows[row];
  if (settings === undefined) return {};
  const mode = suppressing ? 'suppressing' : 'collecting';
  const due = { ...(at !== null && { dueAt: at }), ...(size !== undefined && { size }) };
  return { window: { mode, settings, openedAt, ...due, ...restoreGathered(receivedAt, last, items, clock) } };
}

function carryWaiting(waiting: Waiting, clock: number): CarriedWaiting {
  const { turn, how, stage, untilAt, sinceAt, cause, params, force, replays } = waiting;
  const carried = [turn, how, stage, untilAt ?? null, sinceAt, cause, carryUnit(waiting, clock)] as const;
  if (replays) return [...carried, params ?? null, force ? 1 : 0, replays];
  if (force) return [...carried, params ?? null, 1];
  return params === undefined ? carried : [...carried, params];
}

function restoreWaiting(carried: CarriedWaiting, clock: number): Waiting {
  const [turn, how, stage, untilAt, sinceAt, cause, [receivedAt, last, items], params, force, replays] = carried;
  const until = { ...(untilAt !== null && { untilAt }) };
  const given = { ...(params && { params }), ...(force && { force: true as const }), ...(replays && { replays }) };
  return { turn, how, stage, sinceAt, cause, ...until, ...given, ...restoreGathered(receivedAt, last, items, clock) };
}

function restoreHold([stage, untilAt, receivedAt, last, items]: CarriedHold, clock: number): Waiting {
  const gathered = restoreGathered(receivedAt, last, items, clock);
  return { turn: 0, how: 'hold', stage, untilAt, sinceAt: receivedAt, cause: 'events', ...gathered };
}
