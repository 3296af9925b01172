import type { Json } from '../spec/json.ts';
import { parseMediaType } from './media-type.ts';

/** Longest `id` and `source`, in bytes: both are hashed into every identity and shown wherever the event is. */
const IDENTITY_MAX_BYTES = 1_024;
/** Longest other attribute, in bytes: room for an object key of 1,024 characters, percent-encoded, as a subject. */
const ATTRIBUTE_MAX_BYTES = 4_096;
/** Longest attribute name; CloudEvents asks for 20 characters or fewer without making it a rule. */
const ATTRIBUTE_NAME_MAX_CHARS = 64;

/** Attributes every CloudEvent must have (CloudEvents 1.0, section 3.1). */
export const REQUIRED_ATTRIBUTES = ['specversion', 'id', 'source', 'type'] as const;

const NAME = /^[a-z0-9]+$/;
const FORBIDDEN_NAMES: ReadonlySet<string> = new Set(['constructor', 'prototype']);
const FORBIDDEN_CHARACTERS = /[\p{Cc}\p{Noncharacter_Code_Point}\p{Surrogate}]/u;
const NOT_IN_URI = /[ "<>\\^`{|}]/;
const URI_SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;
const RFC_3339 =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;
const DAYS_OF_MONTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;
const INT32_MAX = 2_147_483_647;

/** What is wrong with an attribute's name, as the end of a sentence about it. */
export function nameFault(name: string): string | undefined {
  if (!NAME.test(name)) return 'may hold lower-case letters and digits only in its name';
  if (name.length > ATTRIBUTE_NAME_MAX_CHARS) return `has a name over ${ATTRIBUTE_NAME_MAX_CHARS} characters`;
  return FORBIDDEN_NAMES.has(name) ? 'has a name that is not allowed' : undefined;
}

/**
 * What is wrong with an attribute's value, as the end of a sentence about it. Types and formats are those of
 * CloudEvents 1.0 sections 2.4 and 3.1; characters outside ASCII are let through in URIs, as in an IRI.
 */
export function valueFault(name: string, value: Json): string | undefined {
  switch (name) {
    case 'specversion':
      return value === '1.0' ? undefined : 'must be "1.0"';
    case 'id':
      return textFault(value, IDENTITY_MAX_BYTES);
    case 'source':
      return textFault(value, IDENTITY_MAX_BYTES) ?? formatFault(isUriReference(value), 'a URI reference');
    case 'type':
    case 'subject':
      return textFault(value, ATTRIBUTE_MAX_BYTES);
    case 'time':
      return formatFault(isTimestamp(value), 'an RFC 3339 date and time');
    case 'datacontenttype':
      return textFault(value, ATTRIBUTE_MAX_BYTES) ?? formatFault(isMediaType(value), 'a media type');
    case 'dataschema':
      return textFault(value, ATTRIBUTE_MAX_BYTES) ?? formatFault(isAbsoluteUri(value), 'an absolute URI');
    default:
      return extensionFault(value);
  }
}

function textFault(value: Json, bytesMax: number): string | undefined {
  if (typeof value !== 'string') return 'must be a string';
  if (value === '') return 'must not be empty';
  return characterFault(value, bytesMax);
}

function characterFault(value: string, bytesMax: number): string | undefined {
  if (Buffer.byteLength(value) > bytesMax) return `must not be over ${bytesMax} bytes`;
  return FORBIDDEN_CHARACTERS.test(value) ? 'must not hold control characters or noncharacters' : undefined;
}

function extensionFault(value: Json): string | undefined {
  if (typeof value === 'string') return characterFault(value, ATTRIBUTE_MAX_BYTES);
  if (typeof value === 'boolean') return undefined;
  if (typeof value !== 'number') return 'must be a string, a boolean or an integer';
  const fits = Number.isInteger(value) && value >= -INT32_MAX - 1 && value <= INT32_MAX;
  return fits ? undefined : 'must be an integer of 32 bits where it is a number';
}

function formatFault(holds: boolean, format: string): string | undefined {
  return holds ? undefined : `must be ${format}`;
}

function isUriReference(value: Json): boolean {
  return typeof value === 'string' && !NOT_IN_URI.test(value);
}

function isAbsoluteUri(value: Json): boolean {
  return typeof value === 'string' && URI_SCHEME.test(value) && isUriReference(value);
}

function isMediaType(value: Json): boolean {
  return typeof value === 'string' && parseMediaType(value) !== undefined;
}

/** RFC 3339 with a day that exists. Leap seconds are refused: no clock that would compare them can hold one. */
function isTimestamp(value: Json): boolean {
  const match = typeof value === 'string' ? RFC_3339.exec(value) : null;
  if (!match) return false;
  const [, year, month, day] = match;
  return Number(day) >= 1 && Number(day) <= daysOf(Number(year), Number(month));
}

/** Days of a month counted from 1, in the Gregorian calendar; 0 of a month that does not exist. */
function daysOf(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && isLeap ? 29 : (DAYS_OF_MONTHS[month - 1] ?? 0);
}
