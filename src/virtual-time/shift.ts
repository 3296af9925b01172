import type { Offer } from '../core/offer.ts';
import type { Definition, Zone } from '../spec/definition.ts';

/**
 * 28 years: the calendar repeats itself to the day, weekdays and leap years included, until 2100. A whole number of weeks.
 */
const CYCLE_MS = 10_227 * 86_400_000;

/** How far a scenario must move, so that it begins after `now`, for a clock that only goes forward. Epoch milliseconds. */
export function shiftTo(startAt: number, now: number): number {
  return Math.max(0, Math.ceil((now - startAt) / CYCLE_MS)) * CYCLE_MS;
}

/** The definition with everything it knows about the clock moved. */
export function shiftedDefinition(definition: Definition, shiftMs: number): Definition {
  const { hours, fallback, loadedAt } = definition;
  return {
    ...definition,
    loadedAt: loadedAt + shiftMs,
    ...(hours && {
      hours: {
        ...hours,
        zone: shiftedZone(hours.zone, shiftMs),
        freeze: hours.freeze.map(([from, to]) => [from + shiftMs, to + shiftMs] as const),
      },
    }),
    ...(fallback && {
      fallback: {
        ...fallback,
        ...(fallback.at && { at: { ...fallback.at, zone: shiftedZone(fallback.at.zone, shiftMs) } }),
      },
    }),
  };
}

function shiftedZone(zone: Zone, shiftMs: number): Zone {
  return { ...zone, offsets: zone.offsets.map(({ fromAt, minutes }) => ({ fromAt: fromAt + shiftMs, minutes })) };
}

/** The offer with its moments moved; what its expressions gave stays as it is. */
export function shiftedOffer(offer: Offer, shiftMs: number): Offer {
  const { time, receivedAt } = offer;
  return { ...offer, receivedAt: receivedAt + shiftMs, ...(time !== undefined && { time: time + shiftMs }) };
}
