import type { Effect } from '../effect.ts';
import type { Draft } from '../fact.ts';
import type { OrderValue, Reason } from '../reason.ts';
import type { KeyState, OrderState } from '../state.ts';
import { ordered, type Unit } from '../unit.ts';
import { sortedBytes, valueBytes } from '../weight.ts';
import { isFull } from './full.ts';
import type { View, Windowed, WindowStage } from './stage.ts';

/** Whether `a` belongs before `b`: numbers before texts, texts by code unit. */
function isBefore(a: OrderValue, b: OrderValue): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  if (typeof a === 'string' && typeof b === 'string') return a < b;
  return typeof a === 'number';
}

/** Where a value belongs in what is being sorted: behind everything that is not above it. */
export function placeOf(order: OrderState | undefined, by: OrderValue): number {
  const sorting = order?.sorting ?? [];
  const at = sorting.findLastIndex((one) => !isBefore(by, one.by));
  return at + 1;
}

function late(view: View, key: string, unit: Unit, reason: Extract<Reason, { kind: 'late' }>): Windowed {
  const drafts: Draft[] = [];
  const effects: Effect[] = [];
  const stage = 'order';
  for (const { eventId } of unit.items) {
    if (view.definition.order?.onLate === 'deadLetter') {
      const code = 'event_late';
      const { receivedAt, last } = unit;
      drafts.push({ kind: 'eventDeadLettered', key, eventId, stage, code, reason });
      const event = last.event && { event: last.event };
      effects.push({ kind: 'deadLetter', key, eventId, receivedAt, stage, code, reason, ...event });
    } else drafts.push({ kind: 'eventsSuppressed', key, eventIds: [eventId], stage, reason });
  }
  return { drafts, effects };
}

/** Lets the first `count` of what is being sorted go on, and moves the mark to the last of them. */
function release(key: string, { sorting }: OrderState, count: number): Windowed {
  const last = sorting[count - 1];
  if (!last) return { drafts: [] };
  return {
    drafts: [
      { kind: 'sortedReleased', key, count },
      { kind: 'orderAdvanced', key, to: last.by },
    ],
    out: sorting.slice(0, count).map(({ unit }) => ({ unit, cause: 'events' })),
  };
}

/**
 * Events of a key go on in the order of `order.by`. What is below the highest that went on is late. With `holdFor` an event
 * waits so long for others that belong before it; when its time is over it goes on, after all that are not above it.
 */
export const order: WindowStage = {
  name: 'order',
  applies: (view, _key, unit) => view.definition.order !== undefined && unit.order !== undefined,
  enter(view, key, state, unit) {
    const holdForMs = view.definition.order?.holdForMs ?? 0;
    const { order: by } = unit;
    if (by === undefined) return { drafts: [], out: [{ unit, cause: 'events' }] };
    const highest = state?.order?.highest;
    if (highest !== undefined && isBefore(by, highest)) return late(view, key, unit, { kind: 'late', by, highest });
    if (holdForMs === 0 && !state?.order?.sorting.length) {
      return { drafts: [{ kind: 'orderAdvanced', key, to: by }], out: [{ unit: ordered(unit), cause: 'events' }] };
    }
    const sorted: Draft = { kind: 'unitSorted', key, by, dueAt: view.at + holdForMs, unit: ordered(unit) };
    if (!isFull(view, unit.items.length, sortedBytes({ by, unit }))) return { drafts: [sorted] };
    const sorting = [...(state?.order?.sorting ?? [])];
    sorting.splice(placeOf(state?.order, by), 0, { by, dueAt: view.at, unit: ordered(unit) });
    const all = release(key, { at: view.at, dueAt: view.at, sorting }, sorting.length);
    return { ...all, drafts: [sorted, ...all.drafts] };
  },
  heldBytes: (state) => (state?.order?.sorting ?? []).reduce((sum, { unit }) => sum + valueBytes(unit.items), 0),
  dueAt: ({ order: held }: KeyState) => (held && held.sorting.length > 0 ? held.dueAt : undefined),
  end(view, key, { order: held }) {
    const over = (held?.sorting ?? []).findLastIndex((one) => one.dueAt <= view.at);
    return held ? release(key, held, over + 1) : { drafts: [] };
  },
};
