import { z } from 'zod';

import { call } from './steps.ts';
import { json, template } from './template.ts';
import { positiveDurationMs } from './units.ts';

/** Most branches of one fan-out: its history and what it answers stay far under what Temporal takes. */
export const BRANCHES_MAX_COUNT = 100;

const count = z.number().int().min(1).max(BRANCHES_MAX_COUNT);

/** What a fan-out has besides what every run has. */
export const fanOut = z.strictObject({
  kind: z.literal('fanOut').describe('A branch for each of several values, and what follows when enough succeeded.'),
  over: z.union([template, z.array(json).max(BRANCHES_MAX_COUNT)]).meta({
    description: 'The values: texts, numbers or booleans, 1 to 200 bytes each. The same value twice is one branch.',
    examples: ['${{ event.data.regions }}'],
  }),
  branch: call.describe('Called once for each value, by a run of its own; templates see item, the value.'),
  parallel: count.default(10).describe('How many branches go on at once.'),
  quorum: count.optional().describe('How many have to succeed; default: all.'),
  within: positiveDurationMs.optional().describe('How long the quorum is waited for; default: run.timeout.'),
  afterQuorum: z
    .enum(['cancelRest', 'letFinish'])
    .optional()
    .describe('What becomes of branches that go on when the quorum is reached; default: cancelRest.'),
  // oxlint-disable-next-line unicorn/no-thenable -- a word of the language; its value is no function
  then: call
    .optional()
    .describe(
      'Called when the quorum is reached; templates see result.branches, a list of { value, runId, status, … }.',
    ),
});
