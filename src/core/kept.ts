import type { Offer } from './offer.ts';
import type { TriggerState } from './state.ts';

/** Every event kept by a pause, of the whole trigger first. */
function keptOffers(state: TriggerState): readonly Offer[] {
  const all = [...(state.paused?.kept ?? [])];
  for (const { paused } of state.keys.values()) if (paused) all.push(...paused.kept);
  return all;
}

/** The earliest moment that dedup will still ask about, epoch milliseconds: kept events are judged by their arrival. */
export function dedupeFrom(state: TriggerState): number {
  return keptOffers(state).reduce((first, { receivedAt }) => Math.min(first, receivedAt), state.clock);
}
