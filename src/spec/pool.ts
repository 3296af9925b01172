import { z } from 'zod';

import { apiVersion, metadataSchema } from './metadata.ts';
import { positiveDurationMs } from './units.ts';

/** Most runs that hold a place at once: one workflow keeps all of them, and looks after each. */
const POOL_LIMIT_MAX = 1_000;
/** Shortest time between two looks at a holder: each one is a call to Temporal. */
const LEASE_TIMEOUT_MIN_MS = 10_000;

export const poolFile = z
  .strictObject({
    apiVersion,
    kind: z.literal('Pool').describe('Places that runs of any trigger share.'),
    metadata: metadataSchema,
    spec: z
      .strictObject({
        limit: z.int().min(1).max(POOL_LIMIT_MAX).describe('How many runs may hold a place at once.'),
        leaseTimeout: positiveDurationMs
          .refine((ms) => ms >= LEASE_TIMEOUT_MIN_MS, 'shorter than 10s')
          .prefault('1h')
          .describe(
            'After this long it is looked whether the run that holds a place still goes on; one that does keeps it.',
          ),
      })
      .describe('How many places there are.'),
  })
  .meta({ id: 'Pool', title: 'Pool' });

export type PoolFile = z.output<typeof poolFile>;
export type PoolSpec = PoolFile['spec'];
