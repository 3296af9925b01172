import { z } from 'zod';

import type { Json } from '../json.ts';
import { json } from '../template.ts';
import { apiAuth, apiTimeout, apiUrl, watchEvery } from './api.ts';
import { authority, namespace } from './cluster.ts';

export const kubernetesJob = z.strictObject({
  url: apiUrl.meta({ description: 'Address of the Kubernetes API.', examples: ['https://kubernetes.default.svc'] }),
  auth: apiAuth
    .optional()
    .describe('In a cluster { bearer: { secret: "file:/var/run/secrets/kubernetes.io/serviceaccount/token" } }.'),
  ca: authority.optional(),
  namespace,
  manifest: json.meta({
    description: 'Template of a Job of batch/v1: spec, and labels and annotations in metadata. Its name is the run’s.',
    examples: [{ spec: { template: { spec: { restartPolicy: 'Never', containers: [] } } } }],
  }),
  every: watchEvery,
  timeout: apiTimeout,
});

export type KubernetesJobTargetSpec = Omit<z.output<typeof kubernetesJob>, 'manifest'> & { readonly manifest: Json };
