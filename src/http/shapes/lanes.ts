import { z } from 'zod';

import { count, moment } from './values.ts';

/** A run that holds a place, or waits for one, and since when. */
const run = z.object({ runId: z.string(), trigger: z.string(), kind: z.string(), since: moment });

/** A lane or pool that somebody wants, or wanted a moment ago. `waiting` are those that go first. */
export const laneSummary = z.object({
  workflowId: z.string(),
  of: z.enum(['lane', 'pool']),
  name: z.string(),
  limit: count,
  holders: z.array(run.extend({ promoting: z.literal(true).exactOptional() })).readonly(),
  waiting: z.array(run).readonly(),
  waitingCount: count,
});

export const laneList = z.object({ lanes: z.array(laneSummary).readonly() });
