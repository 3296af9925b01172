import { z } from 'zod';

import { parseDurationMs } from '../../spec/units.ts';

/** Longest text a filter may have: as long as an attribute of an event in any use. */
const FILTER_CHARS_MAX = 2_048;
/** Most events of one page. */
const PAGE_MAX = 1_000;

const since = z
  .string()
  .refine((text) => sinceAtOf(text, 0) !== undefined, 'expected a duration such as 24h or 7d, or an RFC 3339 moment')
  .describe('A duration back from now, such as 24h, or an RFC 3339 moment.');
const filter = z.string().min(1).max(FILTER_CHARS_MAX);

/** Which span is asked about. */
export const spanQuery = z.strictObject({ since: since.default('24h') });

/** Which events the feed gives. */
export const feedQuery = z.strictObject({
  source: filter.exactOptional().describe('`source` of the CloudEvent.'),
  via: filter.exactOptional().describe('Name of the Source it came in through.'),
  type: filter.exactOptional(),
  trigger: filter.exactOptional().describe('Taken by this trigger, or failed in it.'),
  unmatched: z
    .enum(['true', 'false'])
    .exactOptional()
    .describe('`true`: only those no trigger took and none failed on.'),
  since: since.exactOptional(),
  until: since.exactOptional(),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(50),
  cursor: z
    .string()
    .max(4_096)
    .regex(/^[\w-]+$/)
    .exactOptional(),
});

/** Which events are exported. */
export const exportQuery = z.strictObject({ since, until: since.exactOptional() });

/** Which trigger is asked about although it did not take the event. */
export const explainQuery = z.strictObject({ trigger: filter.exactOptional() });

/** The moment a text names, epoch milliseconds: a duration before `nowMs`, or RFC 3339; undefined where it is neither. */
export function sinceAtOf(text: string, nowMs: number): number | undefined {
  const spanMs = parseDurationMs(text);
  if (spanMs !== undefined) return nowMs - spanMs;
  const at = z.iso.datetime({ offset: true }).safeParse(text).success ? Date.parse(text) : Number.NaN;
  return Number.isFinite(at) ? at : undefined;
}
