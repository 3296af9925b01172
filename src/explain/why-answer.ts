import { z } from 'zod';

const moment = z.iso.datetime();
const count = z.number().int();

/** A clause events did not fit, with the newest of them as an example. */
const missAnswer = z.object({
  pointer: z.string(),
  clause: z.enum(['source', 'pattern', 'when']),
  events: count,
  sentence: z.string().describe('Of the example.'),
  example: z.string().describe('An event id.'),
});

/** Why a trigger did, or did not, start runs in a span. */
export const whyAnswer = z.object({
  trigger: z.string(),
  since: moment,
  until: moment,
  conclusion: z.string(),
  events: z.object({
    seen: count.describe('Events that came in, whoever they were for.'),
    taken: count.describe('Those the trigger took.'),
    failed: count.describe('Those one of its expressions failed on.'),
  }),
  notTaken: z.array(missAnswer).describe('The clauses that failed first, the most frequent first.'),
  notTakenLookedAt: count.describe('Events the clauses were counted on: the newest ones.'),
  suppressed: z.array(
    z.object({
      stage: z.string(),
      reason: z.string(),
      events: count,
      lastAt: moment,
      sentence: z.string().exactOptional().describe('Of the latest.'),
      example: z.string().exactOptional().describe('Its event id.'),
    }),
  ),
  deadLettered: z.array(z.object({ code: z.string(), events: count, remedy: z.string() })),
  open: z
    .array(
      z.object({
        key: z.string(),
        stage: z.string(),
        events: count,
        until: moment.exactOptional(),
        sentence: z.string(),
      }),
    )
    .describe('What waits at this moment; at most 100.'),
  paused: z.object({ since: moment, by: z.string(), events: count }).exactOptional(),
  breaker: z
    .object({ key: z.string().exactOptional(), until: moment.exactOptional(), sentence: z.string() })
    .exactOptional(),
  runs: z.object({
    decided: count,
    started: count,
    ended: z.record(z.string(), count).describe('By status.'),
    lastRunId: z.string().exactOptional(),
    lastAt: moment.exactOptional().describe('Of the newest run there is, in the span or before it.'),
  }),
  notices: z.array(z.string()),
});

export type WhyAnswer = z.infer<typeof whyAnswer>;
export type MissAnswer = z.infer<typeof missAnswer>;
