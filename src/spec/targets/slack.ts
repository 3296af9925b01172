import { z } from 'zod';

import type { Json } from '../json.ts';
import { json } from '../template.ts';
import { apiTimeout } from './api.ts';
import { secretRef } from './secret.ts';

export const slack = z.strictObject({
  webhook: secretRef.describe('Address of an incoming webhook.'),
  text: z
    .string()
    .min(1)
    .max(3_000)
    .optional()
    .describe('The message, may hold ${{ }}; by default the text of params, else a line about the run.'),
  blocks: json.optional().describe('Template of Block Kit blocks; by default the blocks of params.'),
  timeout: apiTimeout,
});

export type SlackTargetSpec = Omit<z.output<typeof slack>, 'blocks'> & { readonly blocks?: Json | undefined };
