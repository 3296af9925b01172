import { z } from 'zod';

import type { Json } from '../json.ts';
import { bareCel, json } from '../template.ts';
import { positiveDurationMs } from '../units.ts';
import { secretRef } from './secret.ts';

const headerName = z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'expected an HTTP header name');

const watch = z
  .strictObject({
    url: z
      .string()
      .min(1)
      .max(2_048)
      .optional()
      .meta({
        description:
          'Asked how the run goes; may hold ${{ }} and see the start’s reply as result. Default: callback only.',
        examples: ['https://pipelines.example/runs/${{ result.id }}'],
      }),
    every: positiveDurationMs.prefault('10s').describe('How long after one look the next is due.'),
    succeeded: bareCel
      .optional()
      .meta({ description: 'True when it has succeeded; sees status and body.', examples: ['body.state == "done"'] }),
    failed: bareCel
      .optional()
      .meta({ description: 'True when it has failed; sees status and body.', examples: ['body.state == "error"'] }),
  })
  .describe('Follows a run to its end: by asking, or until POST /v1/runs/{runId}/finish is called.');

export const http = z.strictObject({
  url: z
    .string()
    .min(1)
    .max(2_048)
    .meta({ description: 'May hold ${{ }} after the host.', examples: ['https://pipelines.example/runs/${{ key }}'] }),
  method: z
    .enum(['POST', 'PUT', 'PATCH', 'GET', 'DELETE'])
    .default('POST')
    .describe('HTTP method. GET and DELETE send no body.'),
  headers: z
    .record(headerName, z.union([z.string().max(2_048), secretRef]))
    .default({})
    .describe('Further headers; text may hold ${{ }}, credentials are { secret }.'),
  body: json.optional().describe('Template of the body; by default the run as JSON.'),
  timeout: positiveDurationMs.prefault('30s').describe('For one attempt, answer included.'),
  watch: watch.optional().describe('Without it a run has ended when its start is answered.'),
  cancel: z
    .strictObject({
      url: z.string().min(1).max(2_048).describe('May hold ${{ }} and see the start’s reply as result.'),
      method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE']).default('POST').describe('HTTP method.'),
    })
    .optional()
    .describe('Called when a watched run is cancelled or has taken too long.'),
  probe: z
    .strictObject({
      url: z
        .string()
        .min(1)
        .max(2_048)
        .meta({
          description: 'Asked with GET, with the same headers; a 2xx is ready. It must start nothing; may hold ${{ }}.',
          examples: ['https://pipelines.example/healthz'],
        }),
    })
    .optional()
    .describe('How a probe asks whether it is there and takes the credentials; without it, it cannot be probed.'),
});

export type HttpTargetSpec = Omit<z.output<typeof http>, 'body'> & { readonly body?: Json | undefined };
