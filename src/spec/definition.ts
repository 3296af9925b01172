import type { EmissionName } from './emit.ts';
import type { Json } from './json.ts';
import type { TriggerSpec } from './trigger.ts';

/**
 * What an instance decides by: the part of a trigger that holds no pattern and is evaluated without the event.
 * Plain JSON, because it travels in signals and is carried over continue-as-new.
 */
export type Definition = {
  readonly name: string;
  /** Content hash of the trigger file's `spec`. */
  readonly generation: string;
  /** When this generation was loaded, epoch milliseconds; the latest wins. */
  readonly loadedAt: number;
  readonly mode: TriggerSpec['mode'];
  readonly dedupe: { readonly windowMs: number };
  readonly freshness?: { readonly maxAgeMs: number; readonly at: 'arrival' | 'fire' | 'both' };
  readonly order?: OrderSettings;
  readonly correlate?: CorrelateSettings;
  readonly threshold?: ThresholdSettings;
  readonly debounce?: DebounceSettings;
  readonly batch?: BatchSettings;
  readonly hours?: HoursSettings;
  readonly cooldown?: { readonly periodMs: number; readonly onExcess: 'hold' | 'drop' | 'ask' };
  readonly rate?: RateSettings;
  readonly concurrency?: ConcurrencySettings;
  readonly breaker?: BreakerSettings;
  readonly fallback?: FallbackSettings;
  readonly run: RunSettings;
};

/** Whether a limit counts over the whole trigger or over each key by itself. */
export type Scope = 'trigger' | 'key';

/** Events of a key are taken in the order of `order.by`. */
type OrderSettings = { readonly onLate: 'drop' | 'deadLetter'; readonly holdForMs: number };

/** Events of all `parts` make one run; a part waits `withinMs` for the others. */
export type CorrelateSettings = {
  readonly parts: readonly string[];
  readonly withinMs: number;
  readonly onDeadline: 'drop' | 'fire' | 'deadLetter';
};

/** Fires when the events of the last `withinMs`, or the sum of their amounts, reach `atLeast`. */
export type ThresholdSettings = {
  readonly atLeast: number;
  readonly withinMs: number;
  readonly of: 'events' | 'amounts';
};

/** Fires when one is reached, counted from the first event of the batch. At least one is there. */
export type BatchSettings = { readonly maxEvents?: number; readonly maxBytes?: number; readonly maxWaitMs?: number };

/**
 * What is `minutes` east of UTC from `fromAt` on (epoch milliseconds), until the next row; the first row counts before
 * too. Computed when the trigger is loaded, so that an update of the time zone database cannot change a replay.
 */
export type Zone = {
  readonly name: string;
  readonly offsets: readonly { readonly fromAt: number; readonly minutes: number }[];
};

/** Half-open spans: `allow` in minutes of the local week from Monday 00:00, `freeze` in epoch milliseconds; both sorted. */
export type HoursSettings = {
  readonly allow: readonly (readonly [number, number])[];
  readonly freeze: readonly (readonly [number, number])[];
  readonly zone: Zone;
  readonly onExcess: 'hold' | 'drop';
};

/** Never more than `limit` starts in any (t - perMs, t]. */
export type RateSettings = {
  readonly limit: number;
  readonly perMs: number;
  readonly onExcess: 'queue' | 'hold' | 'drop' | 'ask';
  readonly scope: Scope;
};

/** Never more than `limit` runs that have not ended. */
export type ConcurrencySettings = {
  readonly limit: number;
  readonly onExcess: 'queue' | 'hold' | 'drop' | 'cancelRunning';
  readonly scope: Scope;
};

/** Opens at `failures` failed or timed-out runs within `withinMs`, lets `probes` through after `openForMs`. */
export type BreakerSettings = {
  readonly failures: number;
  readonly withinMs: number;
  readonly openForMs: number;
  readonly probes: number;
  readonly scope: Scope;
  /** Once it closes, dead letters of runs since `withinMs` before it opened are replayed. */
  readonly replayOnClose?: true;
};

/** The values a cron expression allows, each list sorted. Days: either list where both are restricted, as in cron. */
export type Cron = {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** 1 to 31; absent where it is `*`. */
  readonly daysOfMonth?: readonly number[];
  /** 1 to 12. */
  readonly months: readonly number[];
  /** 0 (Sunday) to 6; absent where it is `*`. */
  readonly daysOfWeek?: readonly number[];
};

/** Fires without events when `unless` has not happened for `forMs`, at the times of `at` or as soon as it is true. */
export type FallbackSettings = {
  readonly unless: 'succeeded' | 'fired';
  readonly forMs: number;
  readonly at?: { readonly cron: Cron; readonly zone: Zone };
  /** The keys it watches: the default key where its scope is the trigger. */
  readonly keys: readonly string[];
  readonly scope: Scope;
};

/** A person is asked before the target is called. */
export type ApprovalSettings = {
  /** Bare CEL over what params see; absent: always. Evaluated in the run. */
  readonly when?: string;
  readonly timeoutMs: number;
  readonly onTimeout: 'reject' | 'approve';
  /** Targets told that a run waits, with their params as templates. */
  readonly notify: readonly { readonly target: string; readonly params: { readonly [name: string]: Json } }[];
};

/** Asked right before a run's target is called. */
type GuardSettings = {
  readonly target: string;
  /** JSON with `${{ }}` templates. */
  readonly params: { readonly [name: string]: Json };
  /** Bare CEL over `result` and what params see. */
  readonly expect: string;
  readonly onFail: 'drop' | 'deadLetter';
};

/** Windows are opened with these and keep them until they fire, whatever is loaded meanwhile. */
export type DebounceSettings = {
  readonly quietMs: number;
  readonly maxWaitMs?: number;
  readonly edge: 'trailing' | 'leading' | 'both';
  readonly keep: 'all' | 'last' | 'first';
};

/** A target that is called, with JSON that has `${{ }}` templates. */
export type CallSettings = { readonly target: string; readonly params: { readonly [name: string]: Json } };

/** What has to hold before a deployment goes on: tried until it does, or `attempts` are used up. */
export type CheckSettings = {
  readonly attempts: number;
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** Bare CEL over `result`, or of an HTTP address over `status` and `body`. */
  readonly expect: string;
} & (
  | { readonly kind: 'target'; readonly call: CallSettings }
  | { readonly kind: 'http'; readonly url: string; readonly headers: { readonly [name: string]: Json } }
);

/** How a deployment goes, beside its target, the one that promotes. */
export type DeployPlan = {
  readonly kind: 'deploy';
  /** Template. */
  readonly version: string;
  readonly stage?: CallSettings;
  readonly smoke: readonly CheckSettings[];
  readonly promote: CallSettings;
  /** Empty: promoted at once. */
  readonly weights: readonly { readonly weight: number; readonly bakeMs: number; readonly expect?: string }[];
  /** Asked after each bake. */
  readonly check?: CallSettings;
  readonly approval?: ApprovalSettings;
  readonly verify: readonly CheckSettings[];
  /** `of`: called only where that step may have happened. */
  readonly revert: readonly (CallSettings & { readonly of?: 'stage' | 'promote' })[];
};

/** How a rollback goes, beside its target, the one that routes. */
export type RollbackPlan = {
  readonly kind: 'rollback';
  readonly route: CallSettings;
  readonly notify: readonly CallSettings[];
  readonly incident?: CallSettings;
  /** Older events are refused at the moment it would route. */
  readonly maxAgeMs?: number;
};

/** How a fan-out goes, beside its target, the one of its branches. The values are `over` of its params. */
export type FanOutPlan = {
  readonly kind: 'fanOut';
  readonly branch: CallSettings;
  /** How many branches go on at once. */
  readonly parallel: number;
  /** How many have to succeed; absent: all. */
  readonly quorum?: number;
  /** How long the quorum is waited for; absent: as long as the run may take. */
  readonly withinMs?: number;
  readonly afterQuorum: 'cancelRest' | 'letFinish';
  /** Called once the quorum is reached: `then` of the definition. */
  readonly after?: CallSettings;
  /** Name of a Pool in which each branch takes a place. */
  readonly pool?: string;
};

/** An event that a run emits; its texts and data are templates. */
export type EmissionSettings = {
  readonly name: EmissionName;
  readonly type: string;
  readonly subject?: string;
  readonly data?: Json;
  /** Name of a Target that is given the event too. */
  readonly to?: string;
};

/** How a run of the trigger starts; taken from the current generation when the run is decided. */
export type RunSettings = {
  readonly kind: 'train' | 'deploy' | 'rollback' | 'fanOut';
  /** What it is mainly about: the pipeline, what promotes, what routes, what each branch calls. */
  readonly target: string;
  /** JSON with `${{ }}` templates, resolved once in the run. */
  readonly params: { readonly [name: string]: Json };
  readonly retry: { readonly delaysMs: readonly number[] };
  readonly timeoutMs: number;
  readonly approval?: ApprovalSettings;
  readonly guard?: GuardSettings;
  /** Template of the name of a lane, resolved in the run: one run at a time in it. */
  readonly lane?: string;
  /** Name of a Pool in which a run takes a place. */
  readonly pool?: string;
  readonly emit?: readonly EmissionSettings[];
  /** Absent for `train`, which is its target alone. */
  readonly plan?: DeployPlan | RollbackPlan | FanOutPlan;
};
