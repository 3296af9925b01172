import { z } from 'zod';

import { approval } from './approval.ts';
import { call } from './steps.ts';
import { bareCel } from './template.ts';
import { secretRef } from './targets/secret.ts';
import { durationMs, positiveDurationMs } from './units.ts';

/** Most checks of one list, and most attempts of one: past that a deployment waits unseen. */
const CHECKS_MAX_COUNT = 16;
const ATTEMPTS_MAX_COUNT = 100;
/** Most weights a promotion goes through, and most calls that undo one. */
const WEIGHTS_MAX_COUNT = 16;
const REVERTS_MAX_COUNT = 8;

const tries = {
  attempts: z
    .number()
    .int()
    .min(1)
    .max(ATTEMPTS_MAX_COUNT)
    .default(1)
    .describe('How often it is tried until it holds.'),
  every: positiveDurationMs.prefault('10s').describe('How long after one attempt the next is made.'),
  timeout: positiveDurationMs.prefault('30s').describe('For one attempt.'),
};

const httpCheck = z.strictObject({
  http: z
    .strictObject({
      url: z
        .string()
        .min(1)
        .max(2_048)
        .meta({
          description: 'Asked with GET; may hold ${{ }} after the host.',
          examples: ['https://staging.example/healthz'],
        }),
      headers: z
        .record(
          z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'expected an HTTP header name'),
          z.union([z.string(), secretRef]),
        )
        .default({})
        .describe('Further headers; credentials are { secret }.'),
      expect: bareCel.meta({
        description: 'What has to hold; sees status and body.',
        examples: ['status == 200 && body.ok'],
      }),
    })
    .describe('An HTTP address that is asked.'),
  ...tries,
});

const targetCheck = call.extend({
  expect: bareCel.meta({ description: 'What has to hold; sees result, its answer.', examples: ['result.auc >= 0.9'] }),
  ...tries,
});

/** Checks that have to hold, one after the other. */
export const checks = z
  .array(z.union([httpCheck, targetCheck]))
  .max(CHECKS_MAX_COUNT)
  .default([]);

const weight = z.strictObject({
  weight: z.number().int().min(1).max(100).describe('Share of the traffic in percent; templates see weight.'),
  bake: durationMs.prefault('0s').describe('How long it is left at this weight.'),
  expect: bareCel
    .optional()
    .meta({ description: 'What has to hold after that; sees result.', examples: ['result.errorRate < 0.01'] }),
});

/** Makes a version the one that serves, at once or by weights. */
export const promote = call.extend({
  steps: z
    .array(weight)
    .min(1)
    .max(WEIGHTS_MAX_COUNT)
    .optional()
    .describe('Weights it goes through; without them it is promoted at once.'),
  check: call
    .optional()
    .describe('Asked after each bake, for expect of the weights. Default: what the promotion answered is looked at.'),
  approval: approval.optional().describe('A person is asked before it.'),
});

const undoing = call.extend({
  of: z
    .enum(['stage', 'promote'])
    .optional()
    .describe('Called only where this step may have happened. Default: whatever may have.'),
});

/** What undoes a deployment, one call after the other. */
export const revert = z.union([undoing, z.array(undoing).min(1).max(REVERTS_MAX_COUNT)]);
