import { z } from 'zod';

import type { Json } from '../json.ts';
import { json } from '../template.ts';
import { apiTimeout, apiUrl, watchEvery } from './api.ts';
import { secretRef } from './secret.ts';

export const github = z.strictObject({
  url: apiUrl
    .default('https://api.github.com')
    .describe('Address of the REST API; of a GitHub Enterprise Server its /api/v3.'),
  token: secretRef.describe('With actions: write, and contents: read for the look-up of a lost start.'),
  repository: z
    .string()
    .regex(/^[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+$/, 'expected <owner>/<repository>')
    .max(200)
    .meta({ description: '<owner>/<repository>; written out.', examples: ['acme/models'] }),
  workflow: z
    .string()
    .min(1)
    .max(255)
    .meta({ description: 'Its file name or number.', examples: ['train.yml'] }),
  ref: z
    .string()
    .min(1)
    .max(255)
    .meta({ description: 'Branch or tag; may hold ${{ }}.', examples: ['main'] }),
  inputs: json.optional().describe('Template of the inputs, by name; by default params.'),
  tokenInput: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_-]{0,99}$/, 'expected the name of an input')
    .default('signalbox-run')
    .describe('The input that gets the token; run-name of the workflow must show it.'),
  every: watchEvery,
  timeout: apiTimeout,
});

export type GithubTargetSpec = Omit<z.output<typeof github>, 'inputs'> & { readonly inputs?: Json | undefined };
