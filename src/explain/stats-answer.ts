import { z } from 'zod';

const moment = z.iso.datetime();
const count = z.number().int();
const span = z.object({ p50Ms: z.number(), p95Ms: z.number(), maxMs: z.number() });

/** What a trigger did in a span, in numbers. */
export const statsAnswer = z.object({
  trigger: z.string(),
  since: moment,
  until: moment,
  events: z.object({ taken: count, inRuns: count, suppressed: count, deadLettered: count }),
  runs: z.object({ decided: count, started: count, ended: z.record(z.string(), count) }),
  fired: z.array(z.object({ at: moment, runs: count })).describe('Runs decided, by bucket; buckets without any too.'),
  bucketMs: count.describe('Length of a bucket: an hour or a day.'),
  suppressed: z.array(z.object({ stage: z.string(), reason: z.string(), events: count })),
  toStart: z
    .object({
      fromArrival: span.exactOptional().describe('From the first arrival among the events of a run to its start.'),
      fromEvent: span.exactOptional().describe('From the earliest time the events themselves name.'),
    })
    .describe('Over the runs that started in the span.'),
  withoutRun: z
    .array(
      z.object({
        eventId: z.string(),
        receivedAt: moment,
        outcome: z.enum(['suppressed', 'deadLettered', 'waiting', 'undecided']),
        stage: z.string().exactOptional().describe('`match`, or the stage that ended it or has it now.'),
        reason: z.string().exactOptional(),
      }),
    )
    .exactOptional()
    .describe('Events it took, or failed on, that led to no run: the newest 20. Of one trigger alone.'),
  lastSuccessAt: moment.exactOptional(),
  stalenessMs: z.number().exactOptional().describe('Since the last success; absent where there was none.'),
});

export const allStatsAnswer = z.object({ triggers: z.array(statsAnswer).readonly() });

export type StatsAnswer = z.infer<typeof statsAnswer>;
