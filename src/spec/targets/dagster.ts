import { z } from 'zod';

import type { Json } from '../json.ts';
import { json } from '../template.ts';
import { apiTimeout, apiUrl, basic, watchEvery } from './api.ts';
import { secretRef } from './secret.ts';

const auth = z
  .union([
    z.strictObject({ cloudToken: secretRef.describe('Sent as Dagster-Cloud-Api-Token.') }),
    z.strictObject({ bearer: secretRef.describe('Sent as Authorization: Bearer, for a proxy before Dagster.') }),
    z.strictObject({ basic: basic.describe('Sent as Authorization: Basic, for a proxy before Dagster.') }),
  ])
  .describe('How requests are authenticated.');

const name = z.string().min(1).max(512);

export const dagster = z.strictObject({
  url: apiUrl.meta({ description: 'Address of the web server.', examples: ['https://dagster.example'] }),
  auth: auth.optional(),
  location: name.meta({ description: 'Code location; may hold ${{ }}.', examples: ['pipelines.py'] }),
  repository: name.default('__repository__').describe('Repository in the location; may hold ${{ }}.'),
  job: name.meta({ description: 'Job; may hold ${{ }}.', examples: ['retrain'] }),
  runConfig: json.optional().describe('Template of the run configuration; by default params.'),
  tags: z
    .record(z.string().min(1).max(127), z.string().max(1_024))
    .default({})
    .describe('Further tags of the run; may hold ${{ }}.'),
  every: watchEvery,
  timeout: apiTimeout,
});

export type DagsterTargetSpec = Omit<z.output<typeof dagster>, 'runConfig'> & { readonly runConfig?: Json | undefined };
