import { z } from 'zod';

import { call } from './steps.ts';
import { bareCel } from './template.ts';
import { positiveDurationMs } from './units.ts';

/** Most targets told of one waiting run, or of one rollback: enough for every team that has to know. */
export const NOTIFIED_MAX_COUNT = 16;

export const approval = z.strictObject({
  when: bareCel.optional().describe('Only runs for which this holds are asked for; sees what params see.'),
  timeout: positiveDurationMs.prefault('24h').describe('How long a run waits for a person.'),
  onTimeout: z.enum(['reject', 'approve']).default('reject').describe('What becomes of it then.'),
  notify: z.array(call).max(NOTIFIED_MAX_COUNT).default([]).describe('Targets that are told when a run waits.'),
});
