import { z } from 'zod';

import { anyJson, by, count, key, moment } from './values.ts';

/** Pause or resume one key, or the whole trigger without one. */
export const pauseOrder = z.strictObject({ key: key.exactOptional(), by: by.exactOptional() });

/** The same for every trigger. */
export const pauseAllOrder = z.strictObject({ by: by.exactOptional() });

/** Start a run by hand; `force` passes hours, cooldown, rate and concurrency, never breaker or approval. */
export const fireOrder = z.strictObject({
  key: key.exactOptional(),
  params: z.record(z.string(), anyJson).exactOptional(),
  force: z.boolean().default(false),
  by: by.exactOptional(),
});

/** Open or close the breaker by hand. */
export const breakerOrder = z.strictObject({
  state: z.enum(['open', 'closed']),
  key: key.exactOptional(),
  by: by.exactOptional(),
});

/** One thing that an instance decided. */
const decided = z.object({
  kind: z.string(),
  at: moment,
  key: z.string().exactOptional(),
  stage: z.string().exactOptional(),
  eventCount: count.exactOptional(),
  runId: z.string().exactOptional(),
  detail: z.string().exactOptional(),
  why: z.string().exactOptional(),
  dueAt: moment.exactOptional(),
});

/** What an order came to. `changed` is false where it was so already; `more` counts what is not listed. */
export const ordered = z.object({
  trigger: z.string(),
  changed: z.boolean(),
  decided: z.array(decided).readonly(),
  more: count,
});

/** What firing by hand came to; without a run id no run was started yet, and `decided` says why. */
export const fired = ordered.extend({ key: z.string(), idempotencyKey: z.string(), runId: z.string().exactOptional() });

/** What an order to all triggers came to; a trigger that did not answer says so in `problem`. */
export const orderedAll = z.object({
  triggers: z.array(z.union([ordered, z.object({ trigger: z.string(), problem: z.string() })])).readonly(),
});
