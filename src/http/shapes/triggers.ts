import { z } from 'zod';

import { anyJson, count, moment } from './values.ts';

const eventCount = count;

const window = z.object({
  stage: z.enum(['debounce', 'batch']),
  mode: z.enum(['collecting', 'suppressing']),
  openedAt: moment,
  firesAt: moment.exactOptional(),
  eventCount,
});

/** A candidate that may not start yet. Without `until` it waits for a run to end, a place in line, or a person. */
const waiting = z.object({
  how: z.string(),
  stage: z.string(),
  cause: z.string(),
  eventCount,
  since: moment,
  until: moment.exactOptional(),
});

const limits = z.object({
  starts: count,
  running: z.array(z.string()).readonly(),
  breaker: z.object({ state: z.enum(['closed', 'open', 'halfOpen', 'draining']), until: moment.exactOptional() }),
});

const paused = z.object({ since: moment, by: z.string(), keptEvents: count });

/** What one key of a trigger holds and waits for; nothing but its name where that is nothing. */
export const keySummary = z.object({
  key: z.string(),
  sorting: z.object({ eventCount, until: moment }).exactOptional(),
  parts: z
    .array(z.object({ part: z.string(), expiresAt: moment }))
    .readonly()
    .exactOptional(),
  missing: z.array(z.string()).readonly().exactOptional(),
  threshold: z.object({ reached: z.number(), atLeast: z.number(), eventCount }).exactOptional(),
  window: window.exactOptional(),
  waiting: z.array(waiting).readonly().exactOptional(),
  heldEvents: count.exactOptional(),
  cooldownUntil: moment.exactOptional(),
  limits: limits.exactOptional(),
  paused: paused.exactOptional(),
});

/**
 * One trigger in a list. Without `openWindows` its instance has not started yet. A removed one is not loaded any more; it
 * is listed as long as its instance holds something.
 */
export const triggerSummary = z.object({
  name: z.string(),
  mode: z.enum(['live', 'shadow']),
  generation: z.string(),
  loadedAt: moment,
  description: z.string().exactOptional(),
  labels: z.record(z.string(), z.string()).exactOptional(),
  workflowId: z.string(),
  removed: z.literal(true).exactOptional(),
  openWindows: count.exactOptional(),
  nextDeadline: moment.exactOptional(),
  paused: paused.exactOptional(),
});

const counts = z.object({
  accepted: count,
  suppressed: z.record(z.string(), count),
  deadLettered: count,
  runs: count,
  eventsInRuns: count,
  ended: z.record(z.string(), count),
});

const pressure = z.object({
  pendingItems: count,
  pendingBytes: count,
  keys: count,
  keyBytes: count,
  identities: count,
});

/** One trigger whole: its definition unless it is removed, and what its instance holds where that runs and answers. */
export const triggerDetail = triggerSummary.extend({
  definition: z.record(z.string(), anyJson).exactOptional(),
  keys: z.array(keySummary).readonly(),
  keyCount: count,
  counts: counts.exactOptional(),
  pressure: pressure.exactOptional(),
  limits: limits.exactOptional(),
  fallback: z
    .array(z.object({ key: z.string(), dueAt: moment, lastAt: moment.exactOptional() }))
    .readonly()
    .exactOptional(),
  history: z.object({ events: count, bytes: count, signals: count, tasks: count }).exactOptional(),
  dedupeReachesBackTo: moment.exactOptional(),
});

export const triggerList = z.object({ triggers: z.array(triggerSummary).readonly() });
