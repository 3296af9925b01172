import { z } from 'zod';

import { apiAuth, apiTimeout, apiUrl } from './api.ts';

const text = z.string().min(1).max(512);
const alias = text.meta({ description: 'Alias of the model; may hold ${{ }}.', examples: ['champion'] });
const fromParams = 'may hold ${{ }}. Default: the parameter `version`.';

const registry = {
  url: apiUrl.meta({ description: 'Address of the tracking server.', examples: ['https://mlflow.example'] }),
  auth: apiAuth.optional(),
  model: text.meta({ description: 'Registered model; may hold ${{ }}.', examples: ['${{ key }}'] }),
  timeout: apiTimeout,
};

const read = z.strictObject({ alias }).describe('Answers which version the alias points to, and its tags.');

const setAlias = z
  .strictObject({
    alias,
    version: text.optional().describe(`Version it shall point to; ${fromParams}`),
    from: text.optional().describe('Version it must point to until then, else nothing is changed; may hold ${{ }}.'),
  })
  .describe('Points the alias to a version, and remembers on that version which one it pointed to before.');

const restoreAlias = z
  .strictObject({
    alias,
    from: text.optional().describe(`Version it must point to until then, else nothing is changed; ${fromParams}`),
  })
  .describe('Points the alias back to the version it pointed to before this one.');

const setTag = z
  .strictObject({
    version: text.optional().describe(`Version that gets the tag; ${fromParams}`),
    key: text.describe('Name of the tag; may hold ${{ }}.'),
    value: z.string().max(5_000).describe('Its value; may hold ${{ }}.'),
  })
  .describe('Sets a tag of a version.');

export const mlflow = z.union([
  z.strictObject({ ...registry, read }),
  z.strictObject({ ...registry, setAlias }),
  z.strictObject({ ...registry, restoreAlias }),
  z.strictObject({ ...registry, setTag }),
]);

export type MlflowTargetSpec = z.output<typeof mlflow>;
