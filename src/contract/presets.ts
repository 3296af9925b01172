import type { ActivityOptions, LocalActivityOptions } from '@temporalio/common';

/**
 * Calls to Temporal itself: repeated until they succeed, since nothing may be lost. A worker that dies in one holds it up
 * for the whole timeout, so that is just above what one commit may take.
 */
export const TEMPORAL_CALLS = {
  startToCloseTimeout: '10s',
  retry: { initialInterval: '100ms', backoffCoefficient: 1.5, maximumInterval: '10s' },
} as const satisfies ActivityOptions;

/** The same within a workflow task; past ten seconds of trying a normal activity goes on. */
export const QUICK_TEMPORAL_CALLS = {
  startToCloseTimeout: '5s',
  scheduleToCloseTimeout: '10s',
  retry: { initialInterval: '50ms', backoffCoefficient: 1.5, maximumInterval: '1s' },
} as const satisfies LocalActivityOptions;

/** A look at what an earlier run left, within the first workflow task, of instances of before decision 0024. */
export const QUICK_RECOVERY = {
  startToCloseTimeout: '5s',
  scheduleToCloseTimeout: '5s',
  retry: { initialInterval: '50ms', backoffCoefficient: 1.5, maximumInterval: '1s' },
} as const satisfies LocalActivityOptions;

/**
 * The same by an activity: a long history takes seconds to replay. What came meanwhile waits, so it does not go on
 * for ever; then the instance starts empty and says so.
 */
export const RECOVERY = {
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '5m',
  retry: { initialInterval: '200ms', backoffCoefficient: 1.5, maximumInterval: '10s' },
} as const satisfies ActivityOptions;

/** Evaluation of expressions: pure, bounded by the step budget, so only the death of its worker ends it. */
export const EVALUATION = {
  startToCloseTimeout: '5s',
  retry: { initialInterval: '100ms', maximumInterval: '1s' },
} as const satisfies LocalActivityOptions;

/** A worker that calls a target says so this often, so that its death is noticed. */
export const TARGET_HEARTBEAT_TIMEOUT_MS = 15_000;

/** A call that tells people something: tried for a few minutes, since what it tells of goes on without it. */
export const NOTIFICATION = {
  startToCloseTimeout: '1m',
  heartbeatTimeout: TARGET_HEARTBEAT_TIMEOUT_MS,
  retry: { initialInterval: '5s', backoffCoefficient: 3, maximumAttempts: 4 },
} as const satisfies ActivityOptions;

/** A guard is asked right before a start, so it is quick or tried again soon: what it saw is old a moment later. */
export const GUARD_TIMEOUT_MS = 60_000;
export const GUARD_DELAYS_MS = [1_000, 5_000, 30_000] as const;

/** One look at what was started, or the wish that it ends: an attempt that hangs is given up, and made again. */
export const TARGET_LOOK_TIMEOUT_MS = 60_000;

/** Asks a target to end what was started: for some minutes, since nobody waits for it. */
export const TARGET_CANCEL = {
  startToCloseTimeout: TARGET_LOOK_TIMEOUT_MS,
  heartbeatTimeout: TARGET_HEARTBEAT_TIMEOUT_MS,
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumAttempts: 6 },
} as const satisfies ActivityOptions;

/** A target that does not say within this whether it is there is not ready: a start would wait as long. */
export const PROBE_TARGET_TIMEOUT_MS = 15_000;

/** One attempt: a probe that is repeated until it succeeds measures nothing. Longer than a commit may take. */
export const PROBE_DOOR = {
  startToCloseTimeout: '12s',
  scheduleToCloseTimeout: '20s',
  retry: { maximumAttempts: 1 },
} as const satisfies ActivityOptions;

/** The same at a target: past its own time-out only the death of its worker holds it up. */
export const PROBE_TARGET = {
  startToCloseTimeout: '20s',
  scheduleToCloseTimeout: '30s',
  retry: { maximumAttempts: 1 },
} as const satisfies ActivityOptions;

/** Whoever asks for a probe waits for the longest way it may take, and a little more. */
export const PROBE_ANSWER_MS = 55_000;

/** A look whether the runs of canaries have ended, made again until they have; a canary may take a day. */
export const CANARY_LOOK = {
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '1d',
  retry: { initialInterval: '500ms', backoffCoefficient: 1.3, maximumInterval: '10s' },
} as const satisfies ActivityOptions;

/** Replays of some dead letters, with a heartbeat after each; made again until each has been asked. */
export const LETTER_REPLAYS = {
  startToCloseTimeout: '10m',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '500ms', backoffCoefficient: 1.5, maximumInterval: '10s' },
} as const satisfies ActivityOptions;
