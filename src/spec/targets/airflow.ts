import { z } from 'zod';

import type { Json } from '../json.ts';
import { json } from '../template.ts';
import { apiTimeout, apiUrl, basic, watchEvery } from './api.ts';
import { secretRef } from './secret.ts';

const auth = z
  .union([
    z.strictObject({ login: basic.describe('Exchanged for a token at /auth/token.') }),
    z.strictObject({ bearer: secretRef.describe('A token that was made elsewhere.') }),
  ])
  .describe('How requests are authenticated.');

export const airflow = z.strictObject({
  url: apiUrl.meta({ description: 'Address of the API server.', examples: ['https://airflow.example'] }),
  auth: auth.optional(),
  dag: z
    .string()
    .min(1)
    .max(250)
    .meta({ description: 'DAG; may hold ${{ }}.', examples: ['retrain'] }),
  conf: json.optional().describe('Template of the configuration of the DAG run; by default params.'),
  every: watchEvery,
  timeout: apiTimeout,
});

export type AirflowTargetSpec = Omit<z.output<typeof airflow>, 'conf'> & { readonly conf?: Json | undefined };
