import { z } from 'zod';

import { metadataSchema } from './trigger.ts';
import { positiveDurationMs } from './units.ts';

/** `env:NAME` or `file:/path`, resolved in the process that uses it and nowhere else. */
export const secretRef = z.strictObject({
  secret: z.string().regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:\/.+)$/, 'expected env:NAME or file:/path'),
});

const headerName = z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'expected an HTTP header name');

const http = z.strictObject({
  url: z.string().min(1).max(2_048).describe('May hold ${{ }} over the run.'),
  method: z.enum(['POST', 'PUT', 'PATCH']).default('POST'),
  headers: z.record(headerName, z.union([z.string().max(2_048), secretRef])).default({}),
  body: z.json().optional().describe('Template of the body; by default the run as JSON.'),
  timeout: positiveDurationMs.default(30_000).describe('For one attempt, answer included.'),
});

const command = z.strictObject({
  run: z.array(z.string().min(1)).min(1).max(64).describe('Program and arguments; no shell.'),
  cwd: z.string().default('.').describe('Relative to the file that defines the target.'),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.union([z.string(), secretRef])).default({}),
  timeout: positiveDurationMs.default(600_000),
});

const onUnknown = z
  .enum(['hold', 'retry'])
  .default('hold')
  .describe('When it stays unknown whether a start happened: hold for a person, or retry where the token is honoured.');

export const targetFile = z.strictObject({
  apiVersion: z.literal('signalbox/v1'),
  kind: z.literal('Target'),
  metadata: metadataSchema,
  spec: z.union([z.strictObject({ http, onUnknown }), z.strictObject({ command, onUnknown })]),
});

export type TargetFile = z.output<typeof targetFile>;
export type TargetSpec = TargetFile['spec'];
export type HttpTargetSpec = z.output<typeof http>;
export type CommandTargetSpec = z.output<typeof command>;
export type SecretRef = z.output<typeof secretRef>;
