import { z } from 'zod';

import { anyJson, count, moment } from './values.ts';

const window = z.object({ openedAt: moment, firesAt: moment.exactOptional(), eventCount: count });

/** What one key of a trigger waits for. */
export const keySummary = z.object({
  key: z.string(),
  window: window.exactOptional(),
  cooldownUntil: moment.exactOptional(),
  heldEvents: count.exactOptional(),
});

/** One trigger in a list. Without `openWindows` its instance has not started yet. */
export const triggerSummary = z.object({
  name: z.string(),
  mode: z.enum(['live', 'shadow']),
  generation: z.string(),
  loadedAt: moment,
  description: z.string().exactOptional(),
  labels: z.record(z.string(), z.string()).exactOptional(),
  workflowId: z.string(),
  openWindows: count.exactOptional(),
  nextDeadline: moment.exactOptional(),
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

/** One trigger whole: its definition, and what its instance holds where that runs and answers. */
export const triggerDetail = triggerSummary.extend({
  definition: z.record(z.string(), anyJson),
  keys: z.array(keySummary).readonly(),
  keyCount: count,
  counts: counts.exactOptional(),
  pressure: pressure.exactOptional(),
  history: z.object({ events: count, bytes: count, signals: count, tasks: count }).exactOptional(),
  dedupeReachesBackTo: moment.exactOptional(),
});

export const triggerList = z.object({ triggers: z.array(triggerSummary).readonly() });
