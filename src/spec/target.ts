import { z } from 'zod';

import { apiVersion, metadataSchema } from './metadata.ts';
import type { Json } from './json.ts';
import { json } from './template.ts';
import { positiveDurationMs } from './units.ts';

/** `env:NAME` or `file:/path`, resolved in the process that uses it and nowhere else. */
export const secretRef = z
  .strictObject({
    secret: z
      .string()
      .regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:\/.+)$/, 'expected env:NAME or file:/path')
      .meta({ description: 'env:NAME or file:/absolute/path.', examples: ['env:TRAIN_TOKEN'] }),
  })
  .meta({ id: 'SecretRef', description: 'A secret, named and never written out.' });

const headerName = z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'expected an HTTP header name');
const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable');

const http = z.strictObject({
  url: z
    .string()
    .min(1)
    .max(2_048)
    .meta({ description: 'May hold ${{ }} after the host.', examples: ['https://pipelines.example/runs/${{ key }}'] }),
  method: z.enum(['POST', 'PUT', 'PATCH']).default('POST').describe('HTTP method.'),
  headers: z
    .record(headerName, z.union([z.string().max(2_048), secretRef]))
    .default({})
    .describe('Further headers; text may hold ${{ }}, credentials are { secret }.'),
  body: json.optional().describe('Template of the body; by default the run as JSON.'),
  timeout: positiveDurationMs.prefault('30s').describe('For one attempt, answer included.'),
});

const command = z.strictObject({
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

const onUnknown = z
  .enum(['hold', 'retry'])
  .default('hold')
  .describe('When it stays unknown whether a start happened: hold for a person, or retry where the token is honoured.');

export const targetFile = z
  .strictObject({
    apiVersion,
    kind: z.literal('Target').describe('What a run calls.'),
    metadata: metadataSchema,
    spec: z
      .union([
        z.strictObject({ http: http.describe('Calls an HTTP endpoint; any 2xx means started.'), onUnknown }),
        z.strictObject({ command: command.describe('Runs a local program.'), onUnknown }),
      ])
      .describe('One of http and command.'),
  })
  .meta({ id: 'Target', title: 'Target' });

export type TargetFile = z.output<typeof targetFile>;
export type HttpTargetSpec = Omit<z.output<typeof http>, 'body'> & { readonly body?: Json | undefined };
export type CommandTargetSpec = z.output<typeof command>;
type Shared = Pick<TargetFile['spec'], 'onUnknown'>;
/** The `spec` of a Target: one member names the connector. */
export type TargetSpec = Shared & ({ readonly http: HttpTargetSpec } | { readonly command: CommandTargetSpec });
export type SecretRef = z.output<typeof secretRef>;
