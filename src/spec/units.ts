import { z } from 'zod';

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const SHORT = /^(\d+)(ms|s|m|h|d)$/;
const ISO = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;
const DURATION = /^(\d+(ms|s|m|h|d)|P(?=\d|T\d)(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?)$/;

/** The longest duration a definition may name, ten years: past that it is a typing mistake. */
const LONGEST_MS = 3_650 * UNIT_MS.d;

function isUnit(text: string | undefined): text is keyof typeof UNIT_MS {
  return text !== undefined && Object.hasOwn(UNIT_MS, text);
}

/** `500ms 30s 5m 24h 7d` or ISO 8601 (`PT1H30M`) to milliseconds; undefined where the text is neither. */
export function parseDurationMs(text: string): number | undefined {
  const short = SHORT.exec(text);
  if (short && isUnit(short[2])) return Number(short[1]) * UNIT_MS[short[2]];
  const iso = ISO.exec(text);
  if (!iso || !DURATION.test(text)) return undefined;
  const [, days = 0, hours = 0, minutes = 0, seconds = 0] = iso;
  return (
    Number(days) * UNIT_MS.d + Number(hours) * UNIT_MS.h + Number(minutes) * UNIT_MS.m + Number(seconds) * UNIT_MS.s
  );
}

/** A duration in a definition file, read as milliseconds. */
export const durationMs = z
  .string()
  .regex(DURATION, 'expected a duration such as 500ms, 30s, 5m, 24h, 7d or PT1H30M')
  .meta({ id: 'Duration', description: '500ms, 30s, 5m, 24h, 7d or ISO 8601.', examples: ['30s', '24h', 'PT1H30M'] })
  .transform((text) => parseDurationMs(text) ?? 0)
  .refine((ms) => ms <= LONGEST_MS, 'longer than ten years');

/** A duration that may not be zero. */
export const positiveDurationMs = durationMs.refine((ms) => ms > 0, 'must be longer than zero');

const UNIT_BYTES = { b: 1, kb: 1_024, mb: 1_024 ** 2, gb: 1_024 ** 3 } as const;
const SIZE = /^(\d+)(b|kb|mb|gb)$/;

function isSizeUnit(text: string | undefined): text is keyof typeof UNIT_BYTES {
  return text !== undefined && Object.hasOwn(UNIT_BYTES, text);
}

/** `64kb 1mb` to bytes, kb being 1,024 of them; undefined where the text is no size. */
export function parseSizeBytes(text: string): number | undefined {
  const [, number, unit] = SIZE.exec(text) ?? [];
  return isSizeUnit(unit) ? Number(number) * UNIT_BYTES[unit] : undefined;
}

/** A size in a definition file, read as bytes. */
export const sizeBytes = z
  .string()
  .regex(SIZE, 'expected a size such as 64kb or 1mb')
  .meta({ id: 'Size', description: '500b, 64kb, 1mb or 1gb; kb is 1,024 bytes.', examples: ['64kb', '1mb'] })
  .transform((text) => parseSizeBytes(text) ?? 0)
  .refine((bytes) => bytes > 0, 'must be more than zero');

/** `metadata.name`: what workflow ids, metric labels and URLs are built of. */
export const resourceName = z
  .string()
  .regex(/^[a-z0-9-]{1,63}$/, 'expected 1 to 63 characters of a-z, 0-9 and -')
  .meta({ id: 'Name', description: '1 to 63 characters of a-z, 0-9 and -.', examples: ['retrain-fraud'] });
