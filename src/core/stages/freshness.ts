import type { Reason } from '../reason.ts';
import type { Gate, View } from './stage.ts';

/** Why an event of this time, epoch milliseconds, is too old at this moment; undefined when it is not. */
export function staleness(view: View, time: number, checked: 'arrival' | 'fire'): Reason | undefined {
  const freshness = view.definition.freshness;
  if (freshness === undefined || (freshness.at !== checked && freshness.at !== 'both')) return undefined;
  const ageMs = view.at - time;
  return ageMs > freshness.maxAgeMs ? { kind: 'tooOld', ageMs, maxAgeMs: freshness.maxAgeMs, checked } : undefined;
}

/** Suppresses an event older than `maxAge` when it arrives. */
export const freshness: Gate = {
  name: 'freshness',
  judge(view, offer) {
    const reason = staleness(view, offer.time ?? offer.receivedAt, 'arrival');
    return reason ? { kind: 'suppress', reason } : { kind: 'pass' };
  },
};
