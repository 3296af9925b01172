import { z } from 'zod';

import { template, valueTemplate } from './template.ts';
import { durationMs, positiveDurationMs, sizeBytes } from './units.ts';

/** Most expressions of one identity: each is evaluated for every event. */
const IDENTITIES_MAX_COUNT = 16;
/**
 * Most events of a batch. An instance closes its windows when 448 KB are pending, and an event that keeps nothing weighs
 * 45 bytes of them: a larger batch would always end as full.
 */
export const BATCH_EVENTS_MAX = 10_000;
/** The same for a threshold, whose events each carry when they came: 125 bytes. */
export const THRESHOLD_EVENTS_MAX = 3_500;
/** Most bytes of a batch; events are at most 256 KB, so a smaller batch is full by count. */
const BATCH_BYTES_MAX = 1_024 ** 3;

export const dedupe = z.strictObject({
  by: z
    .union([template, z.array(template).min(1).max(IDENTITIES_MAX_COUNT)])
    .optional()
    .describe('What makes two events the same in this trigger, besides source and id.'),
  window: positiveDurationMs.prefault('24h').describe('How long an identity is remembered, from its first arrival.'),
});

export const freshness = z.strictObject({
  maxAge: positiveDurationMs.describe('Oldest event that counts, by its time (its arrival where it has none).'),
  at: z
    .enum(['arrival', 'fire', 'both'])
    .optional()
    .describe(
      'Checked when the event arrives, right before the run starts, or both. Default: arrival; of a rollback fire.',
    ),
});

export const order = z.strictObject({
  by: valueTemplate.describe('A number, or text of at most 200 bytes, that grows from event to event of a key.'),
  onLate: z
    .enum(['drop', 'deadLetter'])
    .default('drop')
    .describe('What becomes of an event that is lower than the highest seen of its key.'),
  holdFor: durationMs.prefault('0s').describe('Each event waits so long, and what arrives meanwhile is sorted first.'),
});

export const threshold = z
  .strictObject({
    atLeast: z
      .number()
      .positive()
      .describe('Fires when this is reached: a number of events, or with `of` the sum of their amounts.'),
    within: positiveDurationMs.describe('Events older than this no longer count.'),
    of: valueTemplate.optional().describe('The amount of an event, a number. Default: each event counts as one.'),
  })
  .refine((it) => it.of !== undefined || Number.isInteger(it.atLeast), {
    path: ['atLeast'],
    message: 'a number of events is whole',
  })
  .refine((it) => it.of !== undefined || it.atLeast <= THRESHOLD_EVENTS_MAX, {
    path: ['atLeast'],
    message: `more than ${THRESHOLD_EVENTS_MAX} events, which an instance cannot keep: it would end as full before`,
  });

export const debounce = z
  .strictObject({
    quiet: positiveDurationMs.describe('Fires when no event came for so long.'),
    maxWait: positiveDurationMs.optional().describe('Fires at the latest so long after the first event of the window.'),
    edge: z
      .enum(['trailing', 'leading', 'both'])
      .default('trailing')
      .describe('trailing: one run at the end of the window; leading: the first event at once, the rest suppressed.'),
    keep: z.enum(['all', 'last', 'first']).default('all').describe('Which events of the window the run gets.'),
  })
  .refine((it) => it.maxWait === undefined || it.maxWait >= it.quiet, {
    path: ['maxWait'],
    message: 'maxWait is shorter than quiet, so quiet would never end a window',
  })
  .refine((it) => it.edge !== 'leading' || it.keep === 'all', {
    path: ['keep'],
    message: 'a leading edge keeps its first event only, so keep has no effect',
  });

export const batch = z
  .strictObject({
    maxEvents: z
      .int()
      .positive()
      .max(BATCH_EVENTS_MAX, `more than ${BATCH_EVENTS_MAX} events, which an instance cannot keep`)
      .optional()
      .describe('Fires when so many events came.'),
    maxBytes: sizeBytes
      .refine(
        (bytes) => bytes <= BATCH_BYTES_MAX,
        'more than 1gb: the batch would be full by its number of events before',
      )
      .optional()
      .describe('Fires when the events together have so many bytes of JSON.'),
    maxWait: positiveDurationMs.optional().describe('Fires so long after the first event of the batch.'),
  })
  .refine((it) => it.maxEvents !== undefined || it.maxBytes !== undefined || it.maxWait !== undefined, {
    message: 'has no end: give it maxEvents, maxBytes or maxWait',
  });
