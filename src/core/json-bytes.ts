import type { Json } from '../spec/json.ts';

/** Integers below it are written without an exponent. */
const PLAIN_INTEGERS_BELOW = 1e15;

/** UTF-8 length of a text, in bytes. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

/**
 * Bytes of a value as JSON; 0 where there is none. Every event is weighed more than once, so the text is written only
 * where its length cannot be told by looking.
 */
export function jsonBytes(value: Json | undefined): number {
  if (typeof value === 'string') return textBytes(value);
  if (typeof value === 'number') return numberBytes(value);
  if (typeof value === 'boolean') return value ? 4 : 5;
  if (value === undefined) return 0;
  if (value === null) return 4;
  if (isList(value)) return value.reduce<number>((sum, item) => sum + jsonBytes(item), Math.max(2, value.length + 1));
  let bytes = 1;
  for (const name of Object.keys(value)) {
    const member = value[name];
    // A name, a colon, and a comma or the closing brace.
    if (member !== undefined) bytes += textBytes(name) + jsonBytes(member) + 2;
  }
  return Math.max(2, bytes);
}

/** Array.isArray does not narrow readonly arrays. */
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function textBytes(text: string): number {
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    const isPlain = unit >= 0x20 && unit < 0x80 && unit !== 0x22 && unit !== 0x5c;
    if (!isPlain) return utf8Bytes(JSON.stringify(text));
  }
  return text.length + 2;
}

function numberBytes(value: number): number {
  if (!Number.isInteger(value) || value < 0 || value >= PLAIN_INTEGERS_BELOW) return JSON.stringify(value).length;
  let digits = 1;
  for (let above = 10; value >= above; above *= 10) digits += 1;
  return digits;
}
