import { z } from 'zod';

import type { Json } from '../json.ts';
import { json } from '../template.ts';
import { apiAuth, apiTimeout, apiUrl, watchEvery } from './api.ts';
import { authority, namespace } from './cluster.ts';

export const argo = z.strictObject({
  url: apiUrl.meta({ description: 'Address of the Argo Server.', examples: ['https://argo.example:2746'] }),
  auth: apiAuth.optional(),
  ca: authority.optional(),
  namespace,
  template: z
    .string()
    .min(1)
    .max(253)
    .meta({
      description: 'Name of the WorkflowTemplate; may hold ${{ }}.',
      examples: ['train-fraud'],
    }),
  clusterScope: z.boolean().default(false).describe('It is a ClusterWorkflowTemplate.'),
  parameters: json.optional().describe('Template of the arguments, by name; by default params.'),
  serviceAccount: z.string().min(1).max(253).optional().describe('Whom its pods run as.'),
  every: watchEvery,
  timeout: apiTimeout,
});

export type ArgoTargetSpec = Omit<z.output<typeof argo>, 'parameters'> & { readonly parameters?: Json | undefined };
