import { z } from 'zod';

import { json } from './template.ts';
import { positiveDurationMs } from './units.ts';

/** A probe calls other people's systems and is some twenty events of history. */
const PROBE_EVERY_MIN_MS = 10_000;

/** How a trigger is probed. */
export const probe = z.strictObject({
  every: positiveDurationMs
    .refine((ms) => ms >= PROBE_EVERY_MIN_MS, `must be at least ${PROBE_EVERY_MIN_MS / 1_000}s`)
    .optional()
    .describe('How often; without it, only when somebody asks.'),
  event: z
    .record(z.string(), json)
    .optional()
    .describe(
      'A CloudEvent that the trigger has to take; specversion, id, source, time and type are filled in where they are left out. Without it one is made up that it need not take.',
    ),
});
