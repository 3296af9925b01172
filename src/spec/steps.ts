import { z } from 'zod';

import { bareCel, json } from './template.ts';
import { resourceName } from './units.ts';

/** Most members `params` may have at its top level. */
const PARAMS_MAX_COUNT = 64;

export const params = z
  .record(z.string(), json)
  .refine((it) => Object.keys(it).length <= PARAMS_MAX_COUNT, `more than ${PARAMS_MAX_COUNT} parameters`)
  .default({});

/** A target that is called, with what. */
export const call = z.strictObject({
  target: resourceName.describe('Name of the Target that is called.'),
  params: params.describe('Given to it; templates see what params of the run see, and what belongs to the step.'),
});

export const guard = call.extend({
  expect: bareCel.meta({
    description: 'What has to hold; sees result, its answer, and what params see.',
    examples: ['result.running == 0'],
  }),
  onFail: z.enum(['drop', 'deadLetter']).default('drop').describe('What becomes of the run where it does not hold.'),
});
