import { ORDER_MARK_MS } from './limits.ts';
import type { Join, KeyState, LineName, TriggerState } from './state.ts';

/** What is due next: of a key, of what is shared by all keys, or a fallback. */
export type Due =
  | { readonly kind: 'key'; readonly at: number; readonly key: string }
  | { readonly kind: 'shared'; readonly at: number }
  | { readonly kind: 'fallback'; readonly at: number };

/** When something of the key is due next, epoch milliseconds; of a cooldown, that its entry can go. */
export function dueAt(key: KeyState | undefined): number | undefined {
  if (key === undefined || key.paused) return undefined;
  const { order, join, tally, window, waiting, coolingUntil = Infinity, limitsOverAt = Infinity } = key;
  let at = Math.min(coolingUntil, limitsOverAt);
  if (order) at = Math.min(at, order.sorting.length === 0 ? order.at + ORDER_MARK_MS : order.dueAt);
  if (join) at = Math.min(at, expiresAt(join));
  const oldest = tally?.units[0];
  if (tally && oldest) at = Math.min(at, oldest.at + tally.settings.withinMs);
  if (window?.dueAt !== undefined) at = Math.min(at, window.dueAt);
  const first = waiting?.[0];
  if (first?.untilAt !== undefined) at = Math.min(at, first.untilAt);
  return at === Infinity ? undefined : at;
}

/** When the first part of a join expires, epoch milliseconds: not always the oldest, where definitions changed meanwhile. */
export function expiresAt({ parts }: Join): number {
  return parts.reduce((first, part) => Math.min(first, part.expiresAt), Infinity);
}

/** The turn of the key's first waiting candidate, if a limit of the whole trigger keeps it back at this stage. */
export function turnAt(key: KeyState | undefined, stage: LineName): number | undefined {
  const first = key?.paused ? undefined : key?.waiting?.[0];
  return first?.stage === stage && first.untilAt === undefined ? first.turn : undefined;
}

/** The key that is first in a line. */
export function firstInLine(state: TriggerState, stage: LineName): string | undefined {
  if (state.lines[stage].size === 0) return undefined;
  return state.lines[stage].next((key) => turnAt(state.keys.get(key), stage))?.key;
}

/** A moment before which nothing is due, epoch milliseconds: told without looking at a key. */
export function earliestDue({ deadlines, sharedDueAt, fallbackDueAt }: TriggerState): number {
  return Math.min(deadlines.earliest, sharedDueAt, fallbackDueAt);
}

/** The next moment anything is due, epoch milliseconds. While the trigger is paused nothing is. */
export function nextDeadline(state: TriggerState): Due | undefined {
  if (state.paused) return undefined;
  const next = nextOfStages(state);
  const { fallbackDueAt } = state;
  return fallbackDueAt < (next?.at ?? Infinity) ? { kind: 'fallback', at: fallbackDueAt } : next;
}

/** The same without fallbacks: they are late once, however long nobody looked, where everything else fires at its time. */
export function nextOfStages(state: TriggerState): Due | undefined {
  if (state.paused) return undefined;
  const next = state.deadlines.next((key) => dueAt(state.keys.get(key)));
  if (next && next.at <= state.sharedDueAt) return { kind: 'key', at: next.at, key: next.key };
  return state.sharedDueAt === Infinity ? undefined : { kind: 'shared', at: state.sharedDueAt };
}
