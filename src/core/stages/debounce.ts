import type { DebounceSettings } from '../../spec/definition.ts';
import type { Draft } from '../fact.ts';
import { FULL_BYTES, FULL_ITEMS, ITEM_OVERHEAD_BYTES, WHOLE_EVENTS_MAX_BYTES } from '../limits.ts';
import { type Item, jsonBytes, type LastEvent, type Offer } from '../offer.ts';
import type { Reason } from '../reason.ts';
import { itemBytes, lastBytes, type Window } from '../state.ts';
import type { Candidate, View, Windowed, WindowStage } from './stage.ts';

const NO_LAST: LastEvent = {};

/**
 * What a window or a run keeps of an offer. Where it keeps whole events, those that fit 64 KB together with the
 * `gatheredBytes` that are there; of the others only the reference stays.
 */
function itemOf(offer: Offer, gatheredBytes: number): Item {
  const fits = offer.whole && gatheredBytes + jsonBytes(offer.event) <= WHOLE_EVENTS_MAX_BYTES;
  const value = offer.item ?? (fits ? offer.event : undefined);
  const { eventId, time = offer.receivedAt } = offer;
  return value === undefined ? { eventId, time } : { eventId, time, value };
}

/** The part of an offer that a run sees as its last event. */
export function lastOf({ event, identity, traceparent }: Offer): LastEvent {
  if (event === undefined && identity === undefined && traceparent === undefined) return NO_LAST;
  return {
    ...(event !== undefined && { event }),
    ...(identity !== undefined && { identity }),
    ...(traceparent !== undefined && { traceparent }),
  };
}

/** A single offer as a candidate of its own. */
export function soleCandidate(offer: Offer): Candidate {
  const item = itemOf(offer, 0);
  const last = lastOf(offer);
  const bytes = itemBytes(item) + lastBytes(last);
  return { key: offer.key, cause: 'events', items: [item], last, receivedAt: offer.receivedAt, bytes };
}

function dueAtOf(settings: DebounceSettings, openedAt: number, lastAt: number): number {
  const quietEnd = lastAt + settings.quietMs;
  return settings.maxWaitMs === undefined ? quietEnd : Math.min(quietEnd, openedAt + settings.maxWaitMs);
}

/**
 * Whether windows and holds reach a cap of the instance. What is being started does not count: it leaves by itself, and
 * until then every event would be a full window of its own.
 */
function isFull({ state }: View, addedItems: number, addedBytes: number): boolean {
  return (
    state.pendingItems - state.startingItems + addedItems >= FULL_ITEMS ||
    state.pendingBytes - state.startingBytes + addedBytes >= FULL_BYTES
  );
}

function open(view: View, settings: DebounceSettings, offer: Offer): Windowed {
  const { key } = offer;
  const dueAt = dueAtOf(settings, view.at, view.at);
  if (settings.edge !== 'trailing') {
    const mode = settings.edge === 'leading' ? 'suppressing' : 'collecting';
    return { drafts: [{ kind: 'windowOpened', key, mode, settings, dueAt }], candidate: soleCandidate(offer) };
  }
  return collect(view, offer, [{ kind: 'windowOpened', key, mode: 'collecting', settings, dueAt }], undefined);
}

function collect(view: View, offer: Offer, before: readonly Draft[], window: Window | undefined): Windowed {
  const { key } = offer;
  const lastWas = window ? lastBytes(window.last) : 0;
  const valueBytes = window ? window.bytes - lastWas - window.items.length * ITEM_OVERHEAD_BYTES : 0;
  const item = itemOf(offer, valueBytes);
  const replaced = window?.settings.keep === 'last' ? window.items[0] : undefined;
  const drafts: Draft[] = [...before];
  if (replaced) drafts.push(suppressed(key, replaced.eventId, { kind: 'superseded', keep: 'last' }));
  const last = lastOf(offer);
  const addedBytes = itemBytes(item) + lastBytes(last) - lastWas - (replaced ? itemBytes(replaced) : 0);
  drafts.push({ kind: 'eventCollected', key, item, offer, replaces: replaced !== undefined, bytes: addedBytes });
  if (!isFull(view, replaced ? 0 : 1, addedBytes)) return { drafts };
  const gathered = {
    items: [...(replaced ? [] : (window?.items ?? [])), item],
    last,
    receivedAt: Math.min(window?.receivedAt ?? offer.receivedAt, offer.receivedAt),
    bytes: (window?.bytes ?? 0) + addedBytes,
  };
  return { drafts: [...drafts, { kind: 'windowClosed', key }], candidate: { key, cause: 'full', ...gathered } };
}

function extend(view: View, window: Window, offer: Offer): Windowed {
  const { key } = offer;
  const dueAt = dueAtOf(window.settings, window.openedAt, view.at);
  const extended: Draft = { kind: 'windowExtended', key, dueAt };
  if (window.mode === 'suppressing') {
    const reason = { kind: 'edgeTaken', openedAt: window.openedAt, dueAt } as const;
    return { drafts: [extended, suppressed(key, offer.eventId, reason)] };
  }
  if (window.settings.keep === 'first' && window.items.length > 0) {
    return { drafts: [extended, suppressed(key, offer.eventId, { kind: 'superseded', keep: 'first' })] };
  }
  return collect(view, offer, [extended], window);
}

function suppressed(key: string, eventId: string, reason: Reason): Draft {
  return { kind: 'eventsSuppressed', key, eventIds: [eventId], stage: 'debounce', reason };
}

/**
 * Gathers the events of a key until none came for `quiet`, at most `maxWait` from the first. A window that reaches the
 * instance's cap of pending events ends at once, with cause `full`.
 */
export const debounce: WindowStage = {
  name: 'debounce',
  applies: (view, key) => key?.window !== undefined || view.definition.debounce !== undefined,
  enter(view, key, offer) {
    if (key?.window) return extend(view, key.window, offer);
    const settings = view.definition.debounce;
    return settings ? open(view, settings, offer) : { drafts: [], candidate: soleCandidate(offer) };
  },
  end(_view, key, { window }) {
    const drafts: Draft[] = [{ kind: 'windowClosed', key }];
    if (!window || window.items.length === 0) return { drafts };
    const { items, last, receivedAt, bytes } = window;
    return { drafts, candidate: { key, cause: 'events', items, last, receivedAt, bytes } };
  },
};
