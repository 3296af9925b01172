import type {
  BatchSettings,
  CorrelateSettings,
  DebounceSettings,
  Definition,
  ThresholdSettings,
} from '../spec/definition.ts';
import { Deadlines } from './deadlines.ts';
import type { Cause, ReplayOf, RunReport, RunRequest, Waits } from './fact.ts';
import { type LimitState, noLimits } from './limit-state.ts';
import type { Item, LastEvent, Offer } from './offer.ts';
import type { OrderValue, StageName } from './reason.ts';
import { SeenIdentities } from './seen.ts';
import type { JsonObject } from '../spec/json.ts';
import type { Unit } from './unit.ts';
import { refreshShared, watchAnew } from './watching.ts';
import { otherSettingsBytes } from './weight.ts';

/** Events on their way to one run. `bytes` is what they weigh when carried. */
export type Gathered = {
  readonly items: Item[];
  last: LastEvent;
  /** The earliest arrival among them, epoch milliseconds. */
  receivedAt: number;
  bytes: number;
};

/** An event that waits until `dueAt` for others that belong before it. */
export type Sorted = { readonly by: OrderValue; readonly dueAt: number; readonly unit: Unit };

/** The order of a key: the highest value that went on and when, and what is being sorted, lowest first. */
export type OrderState = {
  highest?: OrderValue;
  at: number;
  readonly sorting: Sorted[];
  /** When the earliest arrival of what is being sorted has waited long enough. */
  dueAt: number;
};

/** One part of `events.all` that is there. */
export type Part = { readonly name: string; readonly expiresAt: number; readonly unit: Unit };

/** The parts of a key that are there, oldest first. They go by the settings that opened it, whatever is loaded meanwhile. */
export type Join = { settings: CorrelateSettings; readonly parts: Part[] };

/** One unit that counts towards a threshold. */
export type Tallied = {
  readonly at: number;
  readonly amount: number;
  readonly items: readonly Item[];
  readonly receivedAt: number;
  /** Without its last event: the tally keeps one, that of its newest unit. */
  readonly bytes: number;
  readonly size?: number;
};

/** What counts towards a threshold, oldest first, by the settings that opened it. `total` is the sum of the amounts. */
export type Tally = { readonly settings: ThresholdSettings; readonly units: Tallied[]; last: LastEvent; total: number };

/** An open debounce window or batch. It ends by the settings that opened it, whatever is loaded meanwhile. */
export type Window = {
  /** suppressing: the leading edge took its event, the rest of the window goes. */
  readonly mode: 'collecting' | 'suppressing';
  readonly settings: DebounceSettings | BatchSettings;
  openedAt: number;
  /** Absent where only its events end it. */
  dueAt?: number;
  /** Bytes of its events themselves, where a batch counts them. */
  size?: number;
} & Gathered;

/** A candidate that an admission stage keeps back until it may open. */
export type Waiting = {
  /** Its place among all that wait in this instance: the lowest comes first. */
  readonly turn: number;
  how: Waits;
  stage: StageName;
  /** When it is looked at again by itself; without it, when what closed the stage changes. */
  untilAt?: number;
  readonly sinceAt: number;
  readonly cause: Cause;
  readonly params?: JsonObject;
  /** A person said so: stages that may be forced are open to it. */
  readonly force?: true;
  readonly replays?: ReplayOf;
} & Gathered;

/** A pause: what comes meanwhile is kept, in order. */
export type Pause = { readonly sinceAt: number; readonly by: string; readonly kept: Offer[] };

/** Everything of one key. A key without any of it has no entry. What is over is set to undefined, never deleted. */
export type KeyState = {
  order?: OrderState | undefined;
  join?: Join | undefined;
  tally?: Tally | undefined;
  window?: Window | undefined;
  /** In the order they will start. */
  waiting?: Waiting[] | undefined;
  coolingUntil?: number | undefined;
  /** The mark of the run that gives the cooldown back if it never begins. */
  cooledBy?: string | undefined;
  limits?: LimitState | undefined;
  /** When the limits hold nothing any more that counts. */
  limitsOverAt?: number | undefined;
  paused?: Pause | undefined;
};

/** What a fallback knows of a key: since when it watches, what last happened, and when it last fired itself. */
export type Watched = { readonly sinceAt: number; lastAt?: number; firedAt?: number; dueAt: number };

/** Stages whose limits may count over the whole trigger; what they keep back waits in line. */
export const LINES = ['rate', 'concurrency', 'breaker'] as const;
export type LineName = (typeof LINES)[number];

/** Running totals since the instance first started. */
export type Counts = {
  accepted: number;
  suppressed: { [stage in StageName]: number };
  deadLettered: number;
  runs: number;
  eventsInRuns: number;
  ended: { [status in RunReport['status']]: number };
};

/** How full an instance is, next to its caps. */
export type Pressure = {
  readonly pendingItems: number;
  readonly pendingBytes: number;
  readonly keys: number;
  readonly keyBytes: number;
  readonly identities: number;
};

/**
 * The state of one instance. `evolve` owns it: growing collections change in place, so that a step costs the same with one
 * key or ten thousand. Nobody else changes it.
 */
export type TriggerState = {
  /** Version of the decision rules this run decides by; raised only when a run starts. */
  readonly rules: 1;
  definition: Definition;
  /** The number of the last fact. */
  seq: number;
  /** The latest moment seen, epoch milliseconds. */
  clock: number;
  readonly seen: SeenIdentities;
  readonly keys: Map<string, KeyState>;
  readonly deadlines: Deadlines;
  /** What limits of the whole trigger have counted. */
  readonly limits: LimitState;
  /** Keys whose first waiting candidate is kept back by a limit of the whole trigger, by its turn. Derived. */
  readonly lines: { readonly [stage in LineName]: Deadlines };
  readonly watched: Map<string, Watched>;
  paused?: Pause;
  /** When runs that hold up others were last looked for. */
  checkedAt: number;
  /** When something of the whole trigger is due next. Derived. */
  sharedDueAt: number;
  /** When a fallback is due next. Derived. */
  fallbackDueAt: number;
  /** The turn of the next candidate that has to wait. */
  turns: number;
  /** Decided runs whose start is not confirmed, by run id. */
  readonly starting: Map<string, RunRequest>;
  readonly counts: Counts;
  /** Events in windows, waiting, kept and in unstarted runs, and what they weigh when carried. */
  pendingItems: number;
  pendingBytes: number;
  /** The part of them that waits for the confirmed start of its run. */
  startingItems: number;
  startingBytes: number;
  keyBytes: number;
};

/** Counts of nothing. */
export function noCounts(): Counts {
  return {
    accepted: 0,
    suppressed: {
      dedupe: 0,
      freshness: 0,
      order: 0,
      correlate: 0,
      threshold: 0,
      debounce: 0,
      batch: 0,
      pause: 0,
      hours: 0,
      cooldown: 0,
      rate: 0,
      concurrency: 0,
      breaker: 0,
      run: 0,
    },
    deadLettered: 0,
    runs: 0,
    eventsInRuns: 0,
    ended: { succeeded: 0, failed: 0, timedOut: 0, cancelled: 0, deadLettered: 0, rejected: 0, skipped: 0 },
  };
}

/** An instance that has seen nothing. Its fallback counts from the first load of the definition, its facts after `seq`. */
export function initialState(definition: Definition, seq = 0): TriggerState {
  const state = { ...blankState(definition), seq };
  watchAnew(state, definition);
  refreshShared(state);
  return state;
}

/** A state in which nothing happened and nothing is watched. */
export function blankState(definition: Definition): TriggerState {
  return {
    rules: 1,
    definition,
    seq: 0,
    clock: 0,
    seen: new SeenIdentities(),
    keys: new Map(),
    deadlines: new Deadlines(),
    limits: noLimits(),
    lines: { rate: new Deadlines(), concurrency: new Deadlines(), breaker: new Deadlines() },
    watched: new Map(),
    checkedAt: 0,
    sharedDueAt: Infinity,
    fallbackDueAt: Infinity,
    turns: 0,
    starting: new Map(),
    counts: noCounts(),
    pendingItems: 0,
    pendingBytes: 0,
    startingItems: 0,
    startingBytes: 0,
    keyBytes: 0,
  };
}

/** How full the instance is. */
export function pressureOf(state: TriggerState): Pressure {
  return {
    pendingItems: state.pendingItems,
    pendingBytes: state.pendingBytes + otherSettingsBytes(state),
    keys: state.keys.size,
    keyBytes: state.keyBytes,
    identities: state.seen.size,
  };
}
