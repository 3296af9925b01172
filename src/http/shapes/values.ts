import { z } from 'zod';

import type { Json } from '../../spec/json.ts';

/** A moment, RFC 3339 in UTC. */
export const moment = z.iso.datetime();

/** Any JSON; recursive schemas have no place in an OpenAPI document. */
export const anyJson = z.custom<Json>();

/** A count or another number that is never negative. */
export const count = z.int().nonnegative();

/** A key as a person writes it: 1 to 200 bytes of text. */
export const key = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => Buffer.byteLength(text) <= 200, 'must have at most 200 bytes');

/** Who asks, for the audit log. */
export const by = z.string().min(1).max(200);
