import { z } from 'zod';

/** `env:NAME` or `file:/path`, resolved in the process that uses it and nowhere else. */
export const secretRef = z
  .strictObject({
    secret: z
      .string()
      .regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:\/.+)$/, 'expected env:NAME or file:/path')
      .meta({ description: 'env:NAME or file:/absolute/path.', examples: ['env:TRAIN_TOKEN'] }),
  })
  .meta({ id: 'SecretRef', description: 'A secret, named and never written out.' });

export type SecretRef = z.output<typeof secretRef>;
