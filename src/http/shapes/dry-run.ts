import { z } from 'zod';

import { noMatchAnswer, stageAnswer } from '../../explain/answer.ts';
import { anyJson, count } from './values.ts';

/** An event, and the Source it would come in through. */
export const dryRunQuestion = z.strictObject({
  event: z.record(z.string(), anyJson),
  source: z.string().max(63).default('events'),
});

/** A run that the event would start now. */
const wouldRun = z.object({
  runId: z.string(),
  key: z.string(),
  cause: z.string(),
  eventCount: count,
  mode: z.enum(['live', 'shadow']),
  approval: z.enum(['none', 'asks', 'condition']).describe('`condition`: approval.when is evaluated in the run.'),
});

/** What a trigger would make of an event that came in now. Nothing has changed. */
export const dryRunAnswer = z.object({
  trigger: z.string(),
  eventId: z.string(),
  outcome: z.enum(['notTaken', 'deadLettered', 'suppressed', 'waiting', 'run']),
  conclusion: z.string(),
  key: z.string().exactOptional(),
  notTaken: noMatchAnswer.exactOptional(),
  deadLetter: z.object({ code: z.string(), pointer: z.string(), detail: z.string() }).exactOptional(),
  stages: z.array(stageAnswer).readonly(),
  runs: z.array(wouldRun).readonly(),
});
