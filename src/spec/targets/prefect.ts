import { z } from 'zod';

import type { Json } from '../json.ts';
import { json } from '../template.ts';
import { apiAuth, apiTimeout, apiUrl, watchEvery } from './api.ts';

export const prefect = z.strictObject({
  url: apiUrl.meta({ description: 'Address of the API.', examples: ['https://prefect.example/api'] }),
  auth: apiAuth.optional(),
  deployment: z
    .string()
    .min(3)
    .max(1_024)
    .meta({ description: '<flow>/<deployment>; may hold ${{ }}.', examples: ['retrain/production'] }),
  parameters: json.optional().describe('Template of the parameters of the flow run; by default params.'),
  jobVariables: json.optional().describe('Template of what this run overrides of its infrastructure.'),
  tags: z.array(z.string().min(1).max(256)).max(16).default([]).describe('Tags of the flow run; may hold ${{ }}.'),
  every: watchEvery,
  timeout: apiTimeout,
});

export type PrefectTargetSpec = Omit<z.output<typeof prefect>, 'parameters' | 'jobVariables'> & {
  readonly parameters?: Json | undefined;
  readonly jobVariables?: Json | undefined;
};
