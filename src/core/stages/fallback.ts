import type { Definition, FallbackSettings } from '../../spec/definition.ts';
import { nextCronAt } from '../calendar.ts';
import type { TriggerState, Watched } from '../state.ts';

const MINUTE_MS = 60_000;

/** When a fallback is due, epoch milliseconds; Infinity where its `at` never comes. */
export function fallbackDueAt(
  settings: FallbackSettings,
  { sinceAt, lastAt, firedAt }: Omit<Watched, 'dueAt'>,
): number {
  const from = Math.max(lastAt ?? sinceAt, firedAt ?? -Infinity) + settings.forMs;
  if (settings.at === undefined) return from;
  // Cron counts in minutes. A run that began some milliseconds into one must not cost a night a day later.
  const minute = from - (from % MINUTE_MS);
  return nextCronAt(settings.at.cron, settings.at.zone, minute - 1) ?? Infinity;
}

/** The watch over a key from this moment on. */
export function watchFrom(settings: FallbackSettings, sinceAt: number): Watched {
  return { sinceAt, dueAt: fallbackDueAt(settings, { sinceAt }) };
}

/** The keys of `fallback` that a run of this key counts for: its own, or the only one there is. */
export function watchedKey({ fallback }: Definition, key: string): string | undefined {
  return fallback?.scope === 'key' ? key : fallback?.keys[0];
}

/** The watch that is due first, with its key. */
export function firstDue({ watched }: TriggerState): { readonly key: string; readonly at: number } | undefined {
  if (watched.size === 0) return undefined;
  let first: { key: string; at: number } | undefined;
  for (const [key, { dueAt }] of watched) {
    if (dueAt < (first?.at ?? Infinity)) first = { key, at: dueAt };
  }
  return first;
}
