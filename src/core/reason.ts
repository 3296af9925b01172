import type { DebounceSettings } from '../spec/definition.ts';

/** Why an event got no run of its own, or none yet, with the values that were compared. Times are epoch milliseconds. */
export type Reason =
  | { readonly kind: 'duplicate'; readonly firstSeenAt: number; readonly windowMs: number }
  | { readonly kind: 'sameDedupeKey'; readonly firstSeenAt: number; readonly windowMs: number }
  | { readonly kind: 'conflict'; readonly firstSeenAt: number; readonly windowMs: number }
  | { readonly kind: 'tooOld'; readonly ageMs: number; readonly maxAgeMs: number; readonly checked: 'arrival' | 'fire' }
  /** Its `order.by` is below the highest the key has had. */
  | { readonly kind: 'late'; readonly by: OrderValue; readonly highest: OrderValue }
  | { readonly kind: 'edgeTaken'; readonly openedAt: number; readonly dueAt: number }
  | { readonly kind: 'superseded'; readonly keep: Exclude<DebounceSettings['keep'], 'all'> }
  /** A later event filled the same part of `events.all`. */
  | { readonly kind: 'superseded'; readonly keep: 'part'; readonly part: string }
  /** It aged out of the threshold; `reached` is what the events of the window came to, this one among them. */
  | { readonly kind: 'expired'; readonly withinMs: number; readonly atLeast?: number; readonly reached?: number }
  | { readonly kind: 'partMissing'; readonly missing: readonly string[]; readonly withinMs: number }
  /** `opensAt` is absent where no allowed hour is in sight. */
  | { readonly kind: 'outsideHours'; readonly opensAt?: number }
  | { readonly kind: 'frozen'; readonly untilAt: number }
  | { readonly kind: 'coolingDown'; readonly untilAt: number; readonly periodMs: number }
  | { readonly kind: 'rateReached'; readonly limit: number; readonly perMs: number; readonly untilAt: number }
  | { readonly kind: 'runsRunning'; readonly limit: number; readonly running: number }
  /** Without `untilAt` it is open until a person closes it, or until its probes have ended. */
  | { readonly kind: 'breakerOpen'; readonly failures: number; readonly untilAt?: number }
  | { readonly kind: 'paused'; readonly since: number }
  /** Others of its key came before it and wait still. */
  | { readonly kind: 'alreadyWaiting'; readonly since: number }
  | { readonly kind: 'alreadyStarted'; readonly runId: string };

/** What `order.by` gave: numbers come before texts, texts go by code unit. */
export type OrderValue = number | string;

/** The stages of a trigger in their order, `pause` where admission stands still, and `run` for what the run id refuses. */
export type StageName =
  | 'dedupe'
  | 'freshness'
  | 'order'
  | 'correlate'
  | 'threshold'
  | 'debounce'
  | 'batch'
  | 'pause'
  | 'hours'
  | 'cooldown'
  | 'rate'
  | 'concurrency'
  | 'breaker'
  | 'run';
