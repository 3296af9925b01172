import { z } from 'zod';

import { BULK_PER_SECOND_MAX, CANARY_MAX } from '../../contract/bulk-replay.ts';
import { paceOf } from '../../core/pace.ts';
import { deadLetterQuery } from './dead-letters.ts';
import { by, count, moment } from './values.ts';

/** A pace that is written in whole numbers: nobody replays dead letters by fractions. */
const PACE = /^[1-9]\d{0,3}\/[smh]$/;

const reason = z.string().max(1_000);
const replayId = z.string().regex(/^(bulk-replay\/)?[A-Za-z0-9][\w-]{0,99}$/);

/** Which open dead letters to replay, and how. One member of a filter at least, or `all`. */
export const bulkOrder = z
  .strictObject({
    ...deadLetterQuery.omit({ limit: true, page: true }).shape,
    all: z.literal(true).exactOptional(),
    pace: z
      .string()
      .default('10/s')
      .transform((text) => (PACE.test(text) && paceOf(text)) || 0)
      .refine((perSecond) => perSecond > 0, 'is no pace such as 10/s, 30/m or 5/h')
      .refine((perSecond) => perSecond <= BULK_PER_SECOND_MAX, `is faster than ${BULK_PER_SECOND_MAX}/s`),
    canary: z.int().min(0).max(CANARY_MAX).default(1),
    dryRun: z.boolean().default(false),
    /** The same again is the same bulk replay. */
    id: replayId.exactOptional(),
    by: by.exactOptional(),
    reason: reason.exactOptional(),
  })
  .refine(({ all, trigger, target, code, kind, key }) => {
    const filters = [trigger, target, code, kind, key].filter((it) => it !== undefined).length;
    return all ? filters === 0 : filters > 0;
  }, 'needs one of trigger, target, code, kind and key, or all alone');

/** Who stops it, and why. */
export const stopOrder = z.strictObject({ by: by.exactOptional(), reason: reason.exactOptional() });

const named = z.object({ deadLetterId: z.string(), trigger: z.string(), code: z.string() });

/** What fits: the oldest first, of many the first. `beyond` fits too and is more than one bulk replay takes. */
export const selection = z.object({
  count,
  beyond: count,
  deadLetters: z.array(named).readonly(),
});

/** The bulk replay that was begun; without an id nothing fits, and nothing was. */
export const begun = z.object({ replayId: z.string().exactOptional(), count });

const note = z.object({
  deadLetterId: z.string(),
  kind: z.enum(['skipped', 'refused']),
  code: z.string(),
  detail: z.string(),
});

/** How far a bulk replay is. `notes` names what was not replayed, the latest last, of many the last hundred. */
export const bulkReplay = z.object({
  replayId: z.string(),
  state: z.enum(['selecting', 'canary', 'replaying', 'done', 'canaryFailed', 'stopped', 'cancelled']),
  why: z.string().exactOptional(),
  by: z.string(),
  reason: z.string().exactOptional(),
  startedAt: moment,
  perSecond: z.number(),
  canary: count,
  begun: count,
  left: count,
  beyond: count,
  counts: z.object({ replayed: count, skipped: count, refused: count }),
  codes: z.record(z.string(), count),
  canaries: z
    .array(
      z.object({ deadLetterId: z.string(), runId: z.string().exactOptional(), status: z.string().exactOptional() }),
    )
    .readonly(),
  notes: z.array(note).readonly(),
});

/** Bulk replays, the newest first. */
export const bulkReplayList = z.object({
  replays: z.array(z.object({ replayId: z.string(), startedAt: moment, running: z.boolean() })).readonly(),
});
