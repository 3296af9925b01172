import { z } from 'zod';

import { count, moment } from './values.ts';

/** What needs a person. */
export const deadLetterSummary = z.object({
  deadLetterId: z.string(),
  kind: z.enum(['events', 'run']),
  trigger: z.string(),
  code: z.string(),
  detail: z.string(),
  count,
  openedAt: moment,
});

export const deadLetterList = z.object({ deadLetters: z.array(deadLetterSummary).readonly() });
