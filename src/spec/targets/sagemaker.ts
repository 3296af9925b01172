import { z } from 'zod';

import type { Json } from '../json.ts';
import { json } from '../template.ts';
import { positiveDurationMs } from '../units.ts';
import { apiTimeout, apiUrl } from './api.ts';
import { secretRef } from './secret.ts';

export const sagemaker = z.strictObject({
  region: z
    .string()
    .regex(/^[a-z]{2,}(-[a-z]+)+-\d$/, 'expected an AWS region')
    .meta({ description: 'AWS region; written out.', examples: ['eu-central-1'] }),
  credentials: z
    .strictObject({
      accessKeyId: secretRef.describe('Access key.'),
      secretAccessKey: secretRef.describe('Its secret.'),
      sessionToken: secretRef.optional().describe('Of temporary credentials.'),
    })
    .describe('Read anew for every request, so files that are replaced in time stay good.'),
  pipeline: z
    .string()
    .min(1)
    .max(256)
    .meta({ description: 'Name or ARN of the pipeline; may hold ${{ }}.', examples: ['train-fraud'] }),
  parameters: json.optional().describe('Template of the pipeline parameters, by name; by default params.'),
  description: z.string().min(1).max(3_072).optional().describe('Of the execution; may hold ${{ }}.'),
  url: apiUrl.optional().describe('Address of the API, where it is not the public one of the region.'),
  every: positiveDurationMs.prefault('30s').describe('How long after one look the next is due.'),
  timeout: apiTimeout,
});

export type SagemakerTargetSpec = Omit<z.output<typeof sagemaker>, 'parameters'> & {
  readonly parameters?: Json | undefined;
};
