import { z } from 'zod';

/** RFC 3339 in UTC. */
const moment = z.iso.datetime();

/** What one stage made of an event. `reason` holds the values compared, as the stage gave them. */
export const stageAnswer = z.object({
  stage: z.string().describe('`match`, a stage of the trigger in its order, `pause`, or `run`.'),
  verdict: z.enum(['passed', 'held', 'waiting', 'suppressed', 'deadLettered', 'notReached', 'unknown']),
  sentence: z.string(),
  at: moment.exactOptional(),
  until: moment.exactOptional().describe('Until when it is, or was, held as known then.'),
  reason: z.record(z.string(), z.unknown()).exactOptional(),
});

const links = z.object({
  api: z.string().describe('Path of this service.'),
  temporal: z.string().exactOptional().describe('Address in the Temporal UI, where the service knows one.'),
});

/** What one trigger made of an event it took, or failed on. */
const triggerAnswer = z.object({
  trigger: z.string(),
  key: z.string().exactOptional(),
  generation: z.string().describe('Of the definition that decided.'),
  generationNow: z.string().exactOptional().describe('Where another definition is live by now.'),
  outcome: z.enum(['run', 'waiting', 'suppressed', 'deadLettered', 'undecided']),
  conclusion: z.string(),
  stages: z.array(stageAnswer),
  repeats: z.array(z.string()).describe('What became of later arrivals of the same event.'),
  window: z
    .object({
      stage: z.string(),
      openedAt: moment.exactOptional(),
      until: moment.exactOptional(),
      others: z.number().int().describe('Events in it besides this one.'),
    })
    .exactOptional(),
  run: z
    .object({
      runId: z.string(),
      status: z.string(),
      cause: z.string(),
      target: z.string().exactOptional(),
      eventCount: z.number().int(),
      decidedAt: moment,
      startedAt: moment.exactOptional(),
      endedAt: moment.exactOptional(),
      approval: z
        .object({ until: moment, onTimeout: z.enum(['reject', 'approve']) })
        .exactOptional()
        .describe('Where it waits for approval now: until when, and what becomes of it then.'),
      links,
    })
    .exactOptional(),
  deadLetter: z
    .object({
      code: z.string(),
      remedy: z.string(),
      pointer: z.string().exactOptional(),
      id: z.string().exactOptional(),
    })
    .exactOptional(),
  seq: z.object({
    stored: z.number().int().describe('The store has the verdicts of the instance up to here.'),
    decided: z.number().int().exactOptional().describe('How far the instance is; absent where it does not answer.'),
  }),
  links,
});

/** Why a trigger did not take an event, asked of the definition as it is now. */
export const noMatchAnswer = z.object({
  trigger: z.string(),
  generation: z.string(),
  clause: z.enum(['source', 'pattern', 'when']),
  pointer: z.string().describe('Place of the clause in the spec of the trigger.'),
  sentence: z.string(),
  clauses: z.number().int(),
  held: z.number().int().describe('How many of the clauses the event fits.'),
});

/** What happened to one event, and why. */
export const eventAnswer = z.object({
  eventId: z.string(),
  receivedAt: moment,
  deliveries: z.number().int(),
  via: z.string().describe('The Source it came in through.'),
  source: z.string().exactOptional(),
  id: z.string().exactOptional(),
  type: z.string().exactOptional(),
  subject: z.string().exactOptional(),
  conclusion: z.string(),
  triggers: z.array(triggerAnswer),
  notTaken: z.array(noMatchAnswer).describe('Triggers that did not take it, the nearest first, at most five.'),
  notices: z.array(z.string()).describe('What limits this answer: a store that lags, an event kept in parts.'),
});

export type StageAnswer = z.infer<typeof stageAnswer>;
export type TriggerAnswer = z.infer<typeof triggerAnswer>;
export type NoMatchAnswer = z.infer<typeof noMatchAnswer>;
export type EventAnswer = z.infer<typeof eventAnswer>;

/** An epoch-milliseconds moment as answers write it. */
export function rfc3339(at: number): string {
  return new Date(at).toISOString();
}
