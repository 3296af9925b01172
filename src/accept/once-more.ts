import { eventFromJson } from '../connectors/cloud-event.ts';
import { EMITTED_SOURCE } from '../contract/names.ts';
import type { Lineage } from '../core/lineage.ts';
import type { Offer } from '../core/offer.ts';
import type { LoadedTrigger } from '../load/definitions.ts';
import type { JsonObject } from '../spec/json.ts';
import type { StoredEvent } from '../store/store.ts';
import { incomingIdOf } from './event-id.ts';
import { eventJson } from './lineage.ts';
import { offerOf } from './offer.ts';
import type { IncomingEvent } from './outcome.ts';

/** What a trigger as it is now makes of a stored event that comes once more. */
export type Picked =
  | { readonly kind: 'taken'; readonly incoming: IncomingEvent; readonly offer: Offer }
  /** An expression fails on it: it becomes a dead letter. */
  | { readonly kind: 'failed'; readonly incoming: IncomingEvent }
  | { readonly kind: 'notTaken' }
  /** Only parts of it are kept: nobody can say whether it would be taken. */
  | { readonly kind: 'partial' };

/** Asks a trigger for a stored event that a replay brings once more at `at`, epoch milliseconds. */
export function pick(trigger: LoadedTrigger, stored: StoredEvent, replayId: string, at: number): Picked {
  const incoming = onceMore(stored, replayId, at);
  if (!incoming) return { kind: 'partial' };
  const offered = offerOf(trigger, incoming, incomingIdOf(incoming), eventJson(incoming));
  switch (offered.kind) {
    case 'noMatch':
      return { kind: 'notTaken' };
    case 'failed':
      return { kind: 'failed', incoming };
    case 'offer':
      return { kind: 'taken', incoming, offer: offered.offer };
  }
}

/**
 * A stored event as it comes once more. One that did not say when it happened is as old as its first arrival: freshness
 * must not take it for new.
 */
function onceMore(stored: StoredEvent, replayId: string, at: number): IncomingEvent | undefined {
  const { eventId, receivedAt, via, traceparent, pruned } = stored;
  const read = pruned ? undefined : eventFromJson(stored.event, '');
  if (!read?.ok) return undefined;
  const { time = new Date(receivedAt).toISOString() } = read.event;
  const lineage = lineageOf(stored.event, via);
  return {
    event: { ...read.event, time },
    source: via,
    receivedAt: at,
    replayed: { eventId, replayId },
    ...(traceparent !== undefined && { traceparent }),
    ...(lineage && { lineage }),
  };
}

/** The chain that an emitted event belongs to. Of the way it went only the last trigger is kept, in its source. */
function lineageOf(event: JsonObject, via: string): Lineage | undefined {
  const { signalboxroot: root, signalboxparent: parent, signalboxdepth: depth, source } = event;
  if (typeof root !== 'string' || typeof parent !== 'string' || typeof depth !== 'number') return undefined;
  const from = `/${EMITTED_SOURCE}/`;
  const isEmitted = via === EMITTED_SOURCE && typeof source === 'string' && source.startsWith(from);
  return { root, parent, depth, path: isEmitted ? [source.slice(from.length)] : [] };
}
