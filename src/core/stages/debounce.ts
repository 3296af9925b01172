import type { DebounceSettings } from '../../spec/definition.ts';
import type { Draft } from '../fact.ts';
import { PENDING_BYTES_MAX, PENDING_ITEMS_MAX, WHOLE_EVENTS_MAX_BYTES } from '../limits.ts';
import type { Item, Offer } from '../offer.ts';
import { itemBytes, lastBytes, type Window } from '../state.ts';
import type { Candidate, View, Windowed, WindowStage } from './stage.ts';

/** What a window or a run keeps of an offer. Past the cap for whole events only the reference stays. */
export function itemOf(offer: Offer, gatheredBytes: number): Item {
  const value = offer.whole && gatheredBytes < WHOLE_EVENTS_MAX_BYTES ? offer.event : offer.item;
  const item = { eventId: offer.eventId, time: offer.time ?? offer.receivedAt };
  return value === undefined ? item : { ...item, value };
}

/** The part of an offer that a run sees as its last event. */
export function lastOf(offer: Offer): Pick<Offer, 'event' | 'identity' | 'traceparent'> {
  return {
    ...(offer.event !== undefined && { event: offer.event }),
    ...(offer.identity !== undefined && { identity: offer.identity }),
    ...(offer.traceparent !== undefined && { traceparent: offer.traceparent }),
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

function isFull(view: View, addedBytes: number): boolean {
  const { pendingItems, pendingBytes } = view.state;
  return pendingItems + 1 >= PENDING_ITEMS_MAX || pendingBytes + addedBytes >= PENDING_BYTES_MAX;
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
  const item = itemOf(offer, window?.bytes ?? 0);
  const replaced = window?.settings.keep === 'last' ? window.items[0] : undefined;
  const drafts: Draft[] = [...before];
  if (replaced) {
    const reason = { kind: 'superseded', keep: 'last' } as const;
    drafts.push({ kind: 'eventsSuppressed', key, eventIds: [replaced.eventId], stage: 'debounce', reason });
  }
  drafts.push({ kind: 'eventCollected', key, item, offer, replaces: replaced !== undefined });
  const addedBytes = itemBytes(item) + lastBytes(lastOf(offer));
  if (replaced || !isFull(view, addedBytes)) return { drafts };
  const gathered = {
    items: [...(window?.items ?? []), item],
    last: lastOf(offer),
    receivedAt: Math.min(window?.receivedAt ?? offer.receivedAt, offer.receivedAt),
    bytes: (window?.bytes ?? 0) + itemBytes(item) + lastBytes(lastOf(offer)) - (window ? lastBytes(window.last) : 0),
  };
  return { drafts: [...drafts, { kind: 'windowClosed', key }], candidate: { key, cause: 'full', ...gathered } };
}

function extend(view: View, window: Window, offer: Offer): Windowed {
  const { key } = offer;
  const dueAt = dueAtOf(window.settings, window.openedAt, view.at);
  const extended: Draft = { kind: 'windowExtended', key, dueAt };
  if (window.mode === 'suppressing') {
    const reason = { kind: 'edgeTaken', openedAt: window.openedAt, dueAt } as const;
    return { drafts: [extended, suppressed(offer, reason)] };
  }
  if (window.settings.keep === 'first' && window.items.length > 0) {
    return { drafts: [extended, suppressed(offer, { kind: 'superseded', keep: 'first' })] };
  }
  return collect(view, offer, [extended], window);
}

function suppressed(offer: Offer, reason: Extract<Draft, { kind: 'eventsSuppressed' }>['reason']): Draft {
  return { kind: 'eventsSuppressed', key: offer.key, eventIds: [offer.eventId], stage: 'debounce', reason };
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
