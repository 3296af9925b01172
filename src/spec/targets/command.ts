import { z } from 'zod';

import { positiveDurationMs } from '../units.ts';
import { secretRef } from './secret.ts';

const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable');

export const command = z.strictObject({
  run: z
    .array(z.string().min(1))
    .min(1)
    .max(64)
    .meta({
      description: 'Program and arguments; no shell. Arguments may hold ${{ }}.',
      examples: [['node', 'train.mjs']],
    }),
  cwd: z.string().min(1).default('.').describe('Working directory, relative to the file that defines the target.'),
  env: z
    .record(variableName, z.union([z.string(), secretRef]))
    .default({})
    .describe('Environment variables; text may hold ${{ }}, credentials are { secret }.'),
  timeout: positiveDurationMs.prefault('10m').describe('The program is stopped after so long.'),
});

export type CommandTargetSpec = z.output<typeof command>;
