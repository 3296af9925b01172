import { SeenIdentities } from '../seen.ts';
import type { Gate, View } from './stage.ts';

/** The part of an event id that identifies it: the id without its `evt_`. */
export function identityOf(eventId: string): string {
  return eventId.slice('evt_'.length);
}

function seenWithin(view: View, identity: string, seenAt: number) {
  return view.state.seen.find(identity, seenAt, view.definition.dedupe.windowMs);
}

/**
 * The same source and id within the window is a duplicate, or a conflict when its body differs: the first wins. An event
 * equal only in `dedupe.by` is suppressed and never a conflict.
 */
export const dedupe: Gate = {
  name: 'dedupe',
  judge(view, offer, seenAt) {
    const windowMs = view.definition.dedupe.windowMs;
    const seen = seenWithin(view, identityOf(offer.eventId), seenAt);
    if (seen && SeenIdentities.sameBody(seen, offer.body)) {
      return { kind: 'suppress', reason: { kind: 'duplicate', firstSeenAt: seen.at, windowMs } };
    }
    if (seen) {
      const reason = { kind: 'conflict', firstSeenAt: seen.at, windowMs } as const;
      return { kind: 'deadLetter', code: 'event_id_conflict', reason };
    }
    const same = offer.by === undefined ? undefined : seenWithin(view, offer.by, seenAt);
    if (same) return { kind: 'suppress', reason: { kind: 'sameDedupeKey', firstSeenAt: same.at, windowMs } };
    return { kind: 'pass' };
  },
};
