import { z } from 'zod';

import { count } from './values.ts';

const taken = z.object({ trigger: z.string(), key: z.string(), workflowId: z.string() });
const accepted = z.object({
  eventId: z.string(),
  source: z.string(),
  id: z.string(),
  triggers: z.array(taken),
});
const deadLettered = z.object({
  index: count,
  trigger: z.string(),
  code: z.string(),
  pointer: z.string(),
  deadLetterId: z.string(),
});
const verdict = z.object({
  eventId: z.string(),
  trigger: z.string(),
  key: z.string(),
  kind: z.enum(['suppressed', 'started', 'deadLettered', 'pending']),
  stage: z.string().exactOptional(),
  reason: z.string().exactOptional(),
  runId: z.string().exactOptional(),
  cause: z.string().exactOptional(),
  code: z.string().exactOptional(),
});

const nearest = z.object({
  trigger: z.string(),
  pointer: z.string().describe('Place of the clause in the spec of the trigger.'),
  reason: z.string(),
});
const unmatched = z.object({
  eventId: z.string(),
  nearest: nearest
    .exactOptional()
    .describe('The trigger that came closest, with the first clause the event does not fit; of 20 events at most.'),
});

/** What became of the events of a request. */
export const acknowledgement = z.object({ accepted: z.array(accepted), deadLettered: z.array(deadLettered) });

/** The same, with what each trigger decided, and which events no trigger took. */
export const acknowledgementWithVerdicts = acknowledgement.extend({
  verdicts: z.array(verdict),
  unmatched: z.array(unmatched),
});
