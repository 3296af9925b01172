import { z } from 'zod';

import type { Json } from '../../spec/json.ts';
import { anyJson } from './values.ts';

/** A pattern, perhaps a condition after it, and an event to try them on. */
export const matchQuestion = z.strictObject({
  pattern: z.custom<Json>((value) => value !== undefined, 'is missing'),
  when: z.string().exactOptional(),
  event: z.record(z.string(), anyJson),
});

export const matchAnswer = z.object({
  matched: z.boolean(),
  reason: z.string(),
  code: z.literal('filter_error').exactOptional(),
});
