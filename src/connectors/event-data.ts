import { isUtf8 } from 'node:buffer';

import type { Json } from '../spec/json.ts';
import { isJsonType, isUtf8Charset, isUtf8Text, type MediaType } from './media-type.ts';
import { JSON_DEPTH_MAX, JSON_LEAVES_MAX, type JsonFault, parseStrictJson } from './strict-json.ts';

/** The one member of an event that holds its data. */
export type EventData = { readonly data: Json } | { readonly data_base64: string };

/**
 * Data bytes as the member an event keeps them in, so that one event reads the same whatever mode it came in: JSON
 * types as JSON, UTF-8 text as a string, everything else as base64. The limits are those of the whole event, in which
 * data stands one level deep beside `attributeCount` attributes.
 */
export function dataFromBytes(
  bytes: Uint8Array,
  type: MediaType | undefined,
  attributeCount: number,
): { readonly ok: true; readonly member: EventData } | ({ readonly ok: false } & JsonFault) {
  if (type && isJsonType(type)) {
    if (!isUtf8Charset(type)) {
      return { ok: false, code: 'unsupported_content_type', detail: 'JSON must be sent in UTF-8.', pointer: '' };
    }
    const limits = { depthMax: JSON_DEPTH_MAX - 1, leavesMax: JSON_LEAVES_MAX - attributeCount };
    const json = parseStrictJson(bytes, limits);
    return json.ok ? { ok: true, member: { data: json.value } } : json;
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (type && isUtf8Text(type)) {
    if (isUtf8(buffer)) return { ok: true, member: { data: buffer.toString('utf8') } };
    return { ok: false, code: 'invalid_unicode', detail: 'The text is not well-formed UTF-8.', pointer: '' };
  }
  return { ok: true, member: { data_base64: buffer.toString('base64') } };
}

/** Whether a text is base64 with its padding (RFC 4648 section 4). */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}
