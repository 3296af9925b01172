import type { DebounceSettings } from '../spec/definition.ts';

/** Why an event got no run of its own, with the values that were compared. Times are epoch milliseconds. */
export type Reason =
  | { readonly kind: 'duplicate'; readonly firstSeenAt: number; readonly windowMs: number }
  | { readonly kind: 'sameDedupeKey'; readonly firstSeenAt: number; readonly windowMs: number }
  | { readonly kind: 'conflict'; readonly firstSeenAt: number; readonly windowMs: number }
  | { readonly kind: 'tooOld'; readonly ageMs: number; readonly maxAgeMs: number; readonly checked: 'arrival' | 'fire' }
  | { readonly kind: 'edgeTaken'; readonly openedAt: number; readonly dueAt: number }
  | { readonly kind: 'superseded'; readonly keep: Exclude<DebounceSettings['keep'], 'all'> }
  | { readonly kind: 'coolingDown'; readonly untilAt: number; readonly periodMs: number }
  | { readonly kind: 'alreadyStarted'; readonly runId: string };

/** The stages of a trigger in their order, and `run` for what the run id itself refuses. */
export type StageName = 'dedupe' | 'freshness' | 'debounce' | 'cooldown' | 'run';
