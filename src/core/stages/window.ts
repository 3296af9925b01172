import type { BatchSettings, DebounceSettings } from '../../spec/definition.ts';
import type { Draft } from '../fact.ts';
import { ITEM_OVERHEAD_BYTES } from '../limits.ts';
import type { Window } from '../state.ts';
import { laterLast, type Unit } from '../unit.ts';
import { addedBytes, itemBytes, lastBytes } from '../weight.ts';
import { isFull } from './full.ts';
import type { View, Windowed } from './stage.ts';

/** Whether a window is a debounce window; a batch otherwise. */
export function isDebounce(settings: DebounceSettings | BatchSettings): settings is DebounceSettings {
  return 'quietMs' in settings;
}

/** Bytes of the values that a window keeps of its events. */
export function heldBytes(window: Window | undefined): number {
  return window ? window.bytes - lastBytes(window.last) - window.items.length * ITEM_OVERHEAD_BYTES : 0;
}

/** What a window holds once it has taken a unit. */
function after(window: Window | undefined, unit: Unit, replaces: boolean, addedBytes: number): Unit {
  const size = (window?.size ?? 0) + (unit.size ?? 0);
  return {
    items: replaces || !window ? unit.items : [...window.items, ...unit.items],
    last: window && !replaces ? laterLast(window.last, unit.last) : unit.last,
    receivedAt: window ? Math.min(window.receivedAt, unit.receivedAt) : unit.receivedAt,
    bytes: (window?.bytes ?? 0) + addedBytes,
    ...(size > 0 && { size }),
  };
}

/**
 * A window takes a unit, after these drafts. It ends at once where that fills the instance, or where `isReached` says so
 * of what it then holds.
 */
export function collect(
  view: View,
  key: string,
  taken: {
    readonly stage: 'debounce' | 'batch';
    readonly before: readonly Draft[];
    readonly window: Window | undefined;
    readonly unit: Unit;
    readonly replaces: boolean;
    readonly isReached?: (events: number, bytes: number) => boolean;
  },
): Windowed {
  const { stage, before, window, unit, replaces, isReached } = taken;
  const last = window && !replaces ? laterLast(window.last, unit.last) : unit.last;
  const goneBytes = replaces && window ? window.items.reduce((sum, item) => sum + itemBytes(item), 0) : 0;
  const bytes = addedBytes(window?.last ?? {}, unit, last) - goneBytes;
  const collected: Draft = { kind: 'unitCollected', key, stage, unit, replaces, bytes };
  const events = (replaces ? 0 : (window?.items.length ?? 0)) + unit.items.length;
  const size = (window?.size ?? 0) + (unit.size ?? 0);
  const fires = isReached?.(events, size) ?? false;
  const addedItems = replaces && window ? unit.items.length - window.items.length : unit.items.length;
  if (!fires && !isFull(view, addedItems, bytes)) return { drafts: [...before, collected] };
  return {
    drafts: [...before, collected, { kind: 'windowClosed', key }],
    out: [{ unit: after(window, unit, replaces, bytes), cause: fires ? 'events' : 'full' }],
  };
}

/** A window ends, and lets go of what it holds. */
export function closeWindow(key: string, window: Window | undefined): Windowed {
  const drafts: readonly Draft[] = [{ kind: 'windowClosed', key }];
  if (!window || window.items.length === 0) return { drafts };
  const { items, last, receivedAt, bytes, size } = window;
  return {
    drafts,
    out: [{ unit: { items, last, receivedAt, bytes, ...(size !== undefined && { size }) }, cause: 'events' }],
  };
}
