import { z } from 'zod';

/** How restoring the store from Temporal's history goes. */
export const rebuildAnswer = z.object({
  state: z.enum(['idle', 'running', 'done', 'failed']),
  scope: z.enum(['all', 'gaps']).describe('Everything, as it was asked for, or gaps the service found itself.'),
  startedAt: z.string().meta({ format: 'date-time' }).exactOptional(),
  endedAt: z.string().meta({ format: 'date-time' }).exactOptional(),
  instances: z.int(),
  histories: z.int().describe('Executions whose history was decided again.'),
  facts: z.int(),
  events: z.int(),
  lostFacts: z.int().describe('Facts that no history tells any more.'),
  problems: z.array(z.string()).readonly().describe('What went wrong; the first few.'),
});

export type RebuildAnswer = z.infer<typeof rebuildAnswer>;
