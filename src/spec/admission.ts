import { z } from 'zod';

import { positiveDurationMs } from './units.ts';

/** Most starts a rate counts: the instance carries the time of each over continue-as-new. */
const RATE_LIMIT_MAX = 1_000;
/** Most runs of a trigger at a time: the instance carries the id of each over continue-as-new. */
const CONCURRENCY_LIMIT_MAX = 500;
/** Most failures a breaker counts: the instance carries the time of each. */
const BREAKER_FAILURES_MAX = 100;
/** Most runs that try a target out: more are a load, not a trial. */
const BREAKER_PROBES_MAX = 10;
/** Most keys a fallback watches: each has an entry in the instance for as long as the trigger lives. */
const FALLBACK_KEYS_MAX = 1_000;
/** A key is text of 1 to 200 bytes, here as in an event. */
const KEY_MAX_BYTES = 200;
/** Most spans of opening hours, and of freezes: more belong into a calendar, not into a rule. */
const SPANS_MAX_COUNT = 64;
/** Longest text of one: every day named, with several spans. */
const SPAN_MAX_CHARACTERS = 128;

const scope = z
  .enum(['trigger', 'key'])
  .default('trigger')
  .describe('Counts over the whole trigger, or for each key by itself.');

/** Whether such a zone exists, and what its offsets are, is asked when the definition is loaded. */
const timeZone = z
  .string()
  .min(1)
  .max(64)
  .meta({ description: 'Name in the IANA time zone database.', examples: ['Asia/Kolkata', 'UTC'] });

export const hours = z.strictObject({
  allow: z
    .array(z.string().min(1).max(SPAN_MAX_CHARACTERS))
    .min(1)
    .max(SPANS_MAX_COUNT)
    .meta({ description: 'When runs may start, in local time.', examples: [['Mon-Fri 08:00-20:00']] }),
  timeZone,
  freeze: z
    .array(z.string().min(1).max(SPAN_MAX_CHARACTERS))
    .max(SPANS_MAX_COUNT)
    .default([])
    .meta({ description: 'Days or moments in which no run starts.', examples: [['2026-12-24/2026-12-27']] }),
  onExcess: z
    .enum(['hold', 'drop'])
    .default('hold')
    .describe('hold: what waited becomes one run when the hours open; drop: suppressed.'),
});

export const cooldown = z.strictObject({
  period: positiveDurationMs.describe('Shortest time from one start of a run to the next of the same key.'),
  onExcess: z
    .enum(['hold', 'drop', 'ask'])
    .default('hold')
    .describe(
      'hold: what waited becomes one run when the period ends; drop: suppressed; ask: a run that a person must approve.',
    ),
});

export const rate = z.strictObject({
  limit: z.int().positive().max(RATE_LIMIT_MAX).describe('Most starts in any span of `per`.'),
  per: positiveDurationMs.describe('The span in which starts are counted.'),
  onExcess: z
    .enum(['queue', 'hold', 'drop', 'ask'])
    .default('queue')
    .describe(
      'queue: one run each, in order; hold: what waited becomes one run; drop: suppressed; ' +
        'ask: a run that a person must approve.',
    ),
  scope,
});

export const concurrency = z.strictObject({
  limit: z.int().positive().max(CONCURRENCY_LIMIT_MAX).default(1).describe('Most runs at a time.'),
  onExcess: z
    .enum(['queue', 'hold', 'drop', 'cancelRunning'])
    .default('queue')
    .describe(
      'queue: one run each, in order; hold: what waited becomes one run; drop: suppressed; ' +
        'cancelRunning: the oldest run is cancelled, and the new one starts when it has ended.',
    ),
  scope,
});

export const breaker = z.strictObject({
  failures: z.int().positive().max(BREAKER_FAILURES_MAX).describe('Opens at so many failed or timed-out runs.'),
  within: positiveDurationMs.describe('The span in which failures are counted.'),
  openFor: positiveDurationMs.describe('How long it parks what would start, before runs try the target out.'),
  probes: z
    .int()
    .positive()
    .max(BREAKER_PROBES_MAX)
    .default(1)
    .describe('How many runs try the target out; all must succeed for the rest to follow.'),
  scope,
  replayOnClose: z
    .boolean()
    .optional()
    .describe(
      'When it closes, dead letters of runs that were opened since `within` before it opened are replayed, one a second, ' +
        'after one of them has succeeded. Default: false.',
    ),
});

const fallbackKey = z
  .string()
  .min(1)
  .refine((key) => new TextEncoder().encode(key).length <= KEY_MAX_BYTES, `longer than ${KEY_MAX_BYTES} bytes`);

export const fallback = z.strictObject({
  unless: z
    .xor([
      z.strictObject({ succeeded: positiveDurationMs.describe('No run succeeded for so long.') }),
      z.strictObject({ fired: positiveDurationMs.describe('No run was started for so long.') }),
    ])
    .describe('Starts a run without events when this did not happen: one of succeeded and fired.'),
  at: z
    .strictObject({
      cron: z
        .string()
        .min(1)
        .max(128)
        .meta({ description: 'Minute, hour, day of month, month, day of week.', examples: ['0 2 * * *'] }),
      timeZone,
    })
    .optional()
    .describe('Looks at these times only. Default: as soon as it is true.'),
  scope,
  keys: z
    .array(fallbackKey)
    .min(1)
    .max(FALLBACK_KEYS_MAX)
    .optional()
    .describe('The keys that are watched; with scope: key only, and required there.'),
});
