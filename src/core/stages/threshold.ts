import type { ThresholdSettings } from '../../spec/definition.ts';
import type { Draft } from '../fact.ts';
import type { KeyState, Tally, Tallied } from '../state.ts';
import { laterLast, type Unit } from '../unit.ts';
import { gatheredBytes, lastBytes, unitBytes } from '../weight.ts';
import { isFull } from './full.ts';
import type { View, Windowed, WindowStage } from './stage.ts';

/** What a unit adds: its events, or the sum of their amounts. */
function amountOf(settings: ThresholdSettings, { items }: Unit): number {
  if (settings.of === 'events') return items.length;
  return items.reduce((sum, item) => sum + (item.amount ?? 0), 0);
}

/** Everything tallied, and the unit that comes on top of it, as one. */
function all(tally: Tally | undefined, unit: Unit): Unit {
  const units: readonly Tallied[] = tally?.units ?? [];
  const items = [...units.flatMap((one) => one.items), ...unit.items];
  const last = tally ? laterLast(tally.last, unit.last) : unit.last;
  const sizes = [...units, unit].flatMap(({ size }) => (size === undefined ? [] : [size]));
  return {
    items,
    last,
    receivedAt: units.reduce((earliest, one) => Math.min(earliest, one.receivedAt), unit.receivedAt),
    bytes: gatheredBytes(items, last),
    ...(sizes.length > 0 && { size: sizes.reduce((sum, size) => sum + size, 0) }),
  };
}

function tallyIn(view: View, key: string, tally: Tally | undefined, unit: Unit): Windowed {
  const settings = tally?.settings ?? view.definition.threshold;
  if (settings === undefined) return { drafts: [], out: [{ unit, cause: 'events' }] };
  const amount = amountOf(settings, unit);
  const tallied: Draft = { kind: 'unitTallied', key, settings, amount, unit };
  const isReached = (tally?.total ?? 0) + amount >= settings.atLeast;
  if (!isReached && !isFull(view, unit.items.length, unitBytes(unit))) return { drafts: [tallied] };
  return {
    drafts: [tallied, { kind: 'tallyTaken', key, count: (tally?.units.length ?? 0) + 1 }],
    out: [{ unit: all(tally, unit), cause: isReached ? 'events' : 'full' }],
  };
}

function expire(view: View, key: string, { settings, units, total }: Tally): Windowed {
  const alive = units.findIndex((unit) => unit.at + settings.withinMs > view.at);
  const over = units.slice(0, alive === -1 ? units.length : alive);
  const reason = { kind: 'expired', withinMs: settings.withinMs, atLeast: settings.atLeast, reached: total } as const;
  const eventIds = over.flatMap((unit) => unit.items.map((item) => item.eventId));
  return {
    drafts: [
      { kind: 'tallyTaken', key, count: over.length },
      { kind: 'eventsSuppressed', key, eventIds, stage: 'threshold', reason },
    ],
  };
}

/**
 * Fires when the events of the last `within` (their count, or the sum of `of`) reach `atLeast`, with exactly those events,
 * which are consumed. What ages out is suppressed.
 */
export const threshold: WindowStage = {
  name: 'threshold',
  applies: (view, key) => view.definition.threshold !== undefined || key?.tally !== undefined,
  enter: (view, key, state, unit) => tallyIn(view, key, state?.tally, unit),
  heldBytes: (state) => (state?.tally?.units ?? []).reduce((sum, { bytes }) => sum + bytes, 0),
  dueAt({ tally }: KeyState) {
    const oldest = tally?.units[0];
    return tally && oldest && oldest.at + tally.settings.withinMs;
  },
  end: (view, key, { tally }) => (tally ? expire(view, key, tally) : { drafts: [] }),
};

/** What a tally keeps of a unit: its newest last event is kept once, by the tally. */
export function talliedOf(unit: Unit, amount: number, at: number): Tallied {
  const { items, receivedAt, size } = unit;
  const bytes = unit.bytes - lastBytes(unit.last);
  return { at, amount, items, receivedAt, bytes, ...(size !== undefined && { size }) };
}
