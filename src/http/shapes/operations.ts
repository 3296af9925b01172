import { z } from 'zod';

export const health = z.object({ status: z.literal('ok') });

export const readiness = z.object({
  ready: z.boolean(),
  checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string() })),
});

/** The body of every error answer (RFC 9457). */
export const problem = z.object({
  type: z.string().meta({ format: 'uri' }),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string().describe('Stable; listed in docs/errors.md.'),
  remedy: z.string(),
  retryable: z.boolean(),
  requestId: z.string(),
  violations: z.array(z.object({ pointer: z.string(), message: z.string() })).exactOptional(),
});
