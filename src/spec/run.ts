import { z } from 'zod';

import { NOTIFIED_MAX_COUNT } from './approval.ts';
import { checks, promote, revert } from './deploy.ts';
import { fanOut as fanOutOnly } from './fan-out.ts';
import { call, guard, params } from './steps.ts';
import { template } from './template.ts';
import { durationMs, positiveDurationMs, resourceName } from './units.ts';

const retry = z.strictObject({
  delays: z.array(durationMs).max(20).describe('One wait before each further attempt; after the last: dead letter.'),
});

const shared = {
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
};

const train = z.strictObject({
  kind: z.literal('train').default('train').describe('train runs any pipeline.'),
  target: resourceName.describe('Name of the Target that is called.'),
  params: params.describe('Given to the target; templates see key, trigger, run, event, parts and items.'),
  ...shared,
});

const deploy = z.strictObject({
  kind: z.literal('deploy').describe('Brings a version into production, and takes it back where a step fails.'),
  version: template.describe('What is deployed; steps see it as version.'),
  stage: call.optional().describe('Puts it where it can be tried.'),
  smoke: checks.describe('What has to hold there.'),
  promote: promote.describe('Makes it the one that serves.'),
  verify: checks.describe('What has to hold then.'),
  revert: revert
    .optional()
    .describe('Called when a later step failed, to undo what was done; templates see failed and done, names of steps.'),
  ...shared,
});

const rollback = z.strictObject({
  kind: z.literal('rollback').describe('Routes traffic back, then tells people.'),
  route: call.describe('Makes the previous version the one that serves.'),
  notify: z
    .array(call)
    .max(NOTIFIED_MAX_COUNT)
    .default([])
    .describe('Told after that; templates see outcome, with status and detail.'),
  incident: call.optional().describe('Opens an incident, after that too.'),
  ...shared,
});

const fanOut = fanOutOnly.extend(shared);

/** What a trigger starts. */
export const run = z.union([train, deploy, rollback, fanOut]);
export type RunSpec = z.output<typeof run>;
