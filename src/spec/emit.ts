import { z } from 'zod';

import { json, template } from './template.ts';
import { resourceName } from './units.ts';

const emission = z.strictObject({
  type: template.meta({ description: 'Type of the event.', examples: ['model.trained'] }),
  subject: template.optional().describe('Subject of the event.'),
  data: json.optional().describe('Its data; templates see what params see, and status, detail and result of the run.'),
  to: resourceName.optional().describe('Name of a Target that is given the event too.'),
});

/** What of a run an event may be emitted of. */
export const EMISSION_NAMES = ['started', 'succeeded', 'failed', 'timedOut', 'cancelled', 'skipped', 'held'] as const;
export type EmissionName = (typeof EMISSION_NAMES)[number];

/** Events that runs of a trigger emit, by what becomes of the run. */
export const emit = z
  .strictObject({
    started: emission.optional().describe('Its target is called: after approval, places and guard.'),
    succeeded: emission.optional().describe('It succeeded.'),
    failed: emission.optional().describe('The pipeline failed.'),
    timedOut: emission.optional().describe('It took longer than it may.'),
    cancelled: emission.optional().describe('A person cancelled or rejected it, or it made room.'),
    skipped: emission.optional().describe('Its guard, or the age of its events, kept it from starting.'),
    held: emission.optional().describe('It waits for a person: for approval, or as a dead letter.'),
  })
  .refine((it) => Object.keys(it).length > 0, 'names nothing to emit');
