import { z } from 'zod';

import { secretRef } from './secret.ts';

/** Settings that targets inside a Kubernetes cluster have in common. */
export const authority = secretRef.describe(
  'Certificates in PEM of who signs its TLS; in a cluster file:/var/run/secrets/kubernetes.io/serviceaccount/ca.crt.',
);

export const namespace = z
  .string()
  .min(1)
  .max(253)
  .meta({ description: 'Namespace; may hold ${{ }}.', examples: ['ml'] });
