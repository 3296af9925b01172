import { z } from 'zod';

import { anyJson, moment } from './values.ts';

/** The documents of a set of definitions; `fingerprint` is equal for equal contents. */
export const definitionList = z.object({
  loadedAt: moment,
  fingerprint: z.string(),
  definitions: z.array(z.record(z.string(), anyJson)).readonly(),
});
