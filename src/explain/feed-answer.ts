import { z } from 'zod';

import type { StoredEventSummary } from '../store/store.ts';
import { rfc3339 } from './answer.ts';

/** One event of the feed, without its body. */
const feedItem = z.object({
  eventId: z.string(),
  receivedAt: z.iso.datetime().describe('The first arrival.'),
  deliveries: z.number().int(),
  via: z.string().describe('The Source it came in through.'),
  source: z.string().exactOptional(),
  id: z.string().exactOptional(),
  type: z.string().exactOptional(),
  subject: z.string().exactOptional(),
  triggers: z.array(z.object({ trigger: z.string(), key: z.string(), generation: z.string() })),
  failed: z.array(z.object({ trigger: z.string(), code: z.string(), pointer: z.string(), deadLetterId: z.string() })),
  pruned: z.boolean().describe('Restored from history, which has only the parts that triggers read.'),
  replayOf: z.string().exactOptional().describe('The event that a replay brought once more as this one.'),
});

export const feedAnswer = z.object({
  events: z.array(feedItem).describe('The newest first.'),
  next: z.string().exactOptional().describe('Give it as `cursor` for the events after these.'),
});

/** One event with its body. */
export const storedEventAnswer = feedItem.extend({
  event: z.record(z.string(), z.unknown()).describe('The CloudEvent.'),
});

export type FeedItem = z.infer<typeof feedItem>;
export type FeedAnswer = z.infer<typeof feedAnswer>;
export type StoredEventAnswer = z.infer<typeof storedEventAnswer>;

/** A stored event as the feed shows it. */
export function feedItemOf(stored: StoredEventSummary): FeedItem {
  const { eventId, receivedAt, deliveries, via, source, id, type, subject, takenBy, failedIn, pruned, replayOf } =
    stored;
  return {
    eventId,
    receivedAt: rfc3339(receivedAt),
    deliveries,
    via,
    ...(source !== undefined && { source }),
    ...(id !== undefined && { id }),
    ...(type !== undefined && { type }),
    ...(subject !== undefined && { subject }),
    triggers: takenBy.map(({ trigger, key, generation }) => ({ trigger, key, generation })),
    failed: failedIn.map(({ trigger, code, pointer, deadLetterId }) => ({ trigger, code, pointer, deadLetterId })),
    pruned,
    ...(replayOf !== undefined && { replayOf }),
  };
}
