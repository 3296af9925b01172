import { z } from 'zod';

import { anyJson, by, count, key, moment } from './values.ts';

const kind = z.enum(['events', 'run']);

/** What needs a person, in a line; what its workflow did not tell in time is left out. */
export const deadLetterSummary = z.object({
  deadLetterId: z.string(),
  kind,
  trigger: z.string(),
  code: z.string(),
  place: z.string(),
  target: z.string().exactOptional(),
  key: z.string().exactOptional(),
  openedAt: moment,
  count: count.exactOptional(),
  detail: z.string().exactOptional(),
  /** Replays that were begun. */
  attempts: count.exactOptional(),
});

export const deadLetterList = z.object({
  deadLetters: z.array(deadLetterSummary).readonly(),
  next: z.string().exactOptional(),
});

const told = { by: z.string(), at: moment };

/** Which run a run does again. */
const replays = z.object({ runId: z.string(), root: z.string(), ordinal: z.int().positive() });

/** One dead letter whole. `params` is what a replay would have: edited, or as the run had them. */
export const deadLetterDetail = deadLetterSummary.extend({
  state: z.enum(['open', 'replayed', 'discarded']),
  generation: z.string(),
  entries: z
    .array(
      z.object({
        id: z.string(),
        at: moment,
        key: z.string().exactOptional(),
        detail: z.string(),
        event: anyJson.exactOptional(),
      }),
    )
    .readonly(),
  /** Entries that were only counted. */
  beyond: count,
  run: z
    .object({
      runId: z.string(),
      kind: z.string(),
      cause: z.string(),
      eventCount: count,
      eventIds: z.array(z.string()).readonly(),
      replays: replays.exactOptional(),
    })
    .exactOptional(),
  params: anyJson.exactOptional(),
  edited: z.object(told).exactOptional(),
  refused: z.object({ ...told, code: z.string(), detail: z.string() }).exactOptional(),
  closed: z
    .object({
      by: z.string().exactOptional(),
      reason: z.string().exactOptional(),
      runId: z.string().exactOptional(),
      events: count.exactOptional(),
      /** The target that took the call. */
      called: z.string().exactOptional(),
      /** Of the bulk replay that did it. */
      replayId: z.string().exactOptional(),
    })
    .exactOptional(),
});

/** Most dead letters of one page: each is asked what it holds. */
const PAGE_MAX = 200;
const PAGE_DEFAULT = 50;

const name = z.string().regex(/^[a-z0-9-]{1,63}$/);
const code = z.string().regex(/^[a-z_]{1,40}$/);

/** What dead letters to list; `page` is the `next` of the page before. */
export const deadLetterQuery = z.strictObject({
  trigger: name.exactOptional(),
  target: name.exactOptional(),
  code: code.exactOptional(),
  kind: kind.exactOptional(),
  key: key.exactOptional(),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
  page: z
    .string()
    .max(4_096)
    .regex(/^[\w-]+$/)
    .exactOptional(),
});

const reason = z.string().max(1_000);

/** Who wants a dead letter replayed, and why. */
export const replayOrder = z.strictObject({ by: by.exactOptional(), reason: reason.exactOptional() });

/** Whoever discards says why. */
export const discardOrder = z.strictObject({ by: by.exactOptional(), reason: reason.min(1) });

/** Parameters that the replay of a run shall have; a member replaces that of the definition's params. */
export const editOrder = z.strictObject({
  params: z.record(z.string(), anyJson),
  by: by.exactOptional(),
  reason: reason.exactOptional(),
});

/**
 * What a replay came to. Of a run: the run it is, and why it does not start yet where it waits. Of events: how many were
 * taken; with some left it stays open, and `why` says it of the first of them. Of a notification or an emitted event: the
 * target that took it.
 */
export const replayed = z.union([
  z.object({
    deadLetterId: z.string(),
    runId: z.string(),
    fate: z.enum(['started', 'waiting']),
    why: z.string().exactOptional(),
  }),
  z.object({ deadLetterId: z.string(), called: z.string() }),
  z.object({ deadLetterId: z.string(), taken: count, left: count, why: z.string().exactOptional() }),
]);

export const edited = z.object({ deadLetterId: z.string(), params: anyJson });

export const discarded = z.object({ deadLetterId: z.string(), reason: z.string(), by: z.string().exactOptional() });
