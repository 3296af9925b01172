import { z } from 'zod';

import { bareCel, json, template } from './template.ts';
import { durationMs, positiveDurationMs, resourceName } from './units.ts';

/** Most members `params` may have at its top level. */
const PARAMS_MAX_COUNT = 64;
/** Most targets told of one waiting run: they are called one after the other before anybody is waited for. */
const NOTIFIED_MAX_COUNT = 16;

const params = z
  .record(z.string(), json)
  .refine((it) => Object.keys(it).length <= PARAMS_MAX_COUNT, `more than ${PARAMS_MAX_COUNT} parameters`)
  .default({});

const retry = z.strictObject({
  delays: z.array(durationMs).max(20).describe('One wait before each further attempt; after the last: dead letter.'),
});

const guard = z.strictObject({
  target: resourceName.describe('Name of the Target that is asked.'),
  params: params.describe('Given to it; templates see what params of the run see.'),
  expect: bareCel.meta({
    description: 'What has to hold; sees result, its answer, and what params see.',
    examples: ['result.running == 0'],
  }),
  onFail: z.enum(['drop', 'deadLetter']).default('drop').describe('What becomes of the run where it does not hold.'),
});

export const run = z.strictObject({
  kind: z.literal('train').default('train').describe('train runs any pipeline.'),
  target: resourceName.describe('Name of the Target that is called.'),
  params: params.describe('Given to the target; templates see key, trigger, run, event, parts and items.'),
  identity: template
    .optional()
    .describe('What makes a run the same run within trigger, key and cause; default: the identities of its events.'),
  retry: retry.prefault({ delays: ['1m', '5m', '30m'] }).describe('For starts that did not happen.'),
  timeout: positiveDurationMs.prefault('24h').describe('Longest time from start to end of a run.'),
  guard: guard.optional().describe('Asked right before the target is called.'),
  lane: template.optional().meta({
    description: 'One run at a time in the lane of this name, across triggers and kinds; sees event, key and trigger.',
    examples: ['model/${{ key }}'],
  }),
  pool: resourceName.optional().describe('Name of the Pool in which a run takes a place.'),
});

export const approval = z.strictObject({
  when: bareCel.optional().describe('Only runs for which this holds are asked for; sees what params see.'),
  timeout: positiveDurationMs.prefault('24h').describe('How long a run waits for a person.'),
  onTimeout: z.enum(['reject', 'approve']).default('reject').describe('What becomes of it then.'),
  notify: z
    .array(
      z.strictObject({
        target: resourceName.describe('Name of the Target that is called.'),
        params: params.describe('Given to it; templates see what params of the run see.'),
      }),
    )
    .max(NOTIFIED_MAX_COUNT)
    .default([])
    .describe('Targets that are told when a run waits.'),
});
