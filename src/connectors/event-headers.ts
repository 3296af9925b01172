import type { Json } from '../spec/json.ts';
import type { Violation } from '../errors.ts';

const PREFIX = 'ce-';
const QUOTED = /"((?:[^"\\]|\\.)*)"/g;
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** Whether a request carries an event in its headers (binary mode). */
export function hasEventHeaders(headers: ReadonlyMap<string, string>): boolean {
  for (const name of headers.keys()) if (name.startsWith(PREFIX)) return true;
  return false;
}

/** The place of an attribute in a binary request, for violations. */
export function headerOf(attribute: string): string {
  return attribute === 'datacontenttype' ? 'content-type' : PREFIX + attribute;
}

/** The attributes in `ce-` headers, decoded. `ce-datacontenttype` and `ce-data` may not be there. */
export function attributesFromHeaders(headers: ReadonlyMap<string, string>): {
  readonly attributes: { [name: string]: Json };
  readonly violations: Violation[];
} {
  const attributes: { [name: string]: Json } = {};
  const violations: Violation[] = [];
  for (const [header, text] of headers) {
    if (!header.startsWith(PREFIX)) continue;
    const name = header.slice(PREFIX.length);
    const value = decodeHeader(text);
    if (name === 'datacontenttype') {
      violations.push({ pointer: header, message: 'ce-datacontenttype is not allowed: Content-Type stands for it' });
    } else if (name === 'data') {
      violations.push({ pointer: header, message: 'ce-data is not allowed: the body is the data' });
    } else if (value === undefined) {
      violations.push({ pointer: header, message: `${header.slice(0, 64)} is not percent-encoded UTF-8` });
    } else attributes[name] = value;
  }
  return { attributes, violations };
}

/**
 * Header value to attribute value: double-quoted parts are unquoted, then one round of percent-decoding (CloudEvents
 * HTTP binding, section 3.1.3.2). Undefined where the value holds unencoded characters outside printable ASCII, an
 * incomplete escape, or bytes that are not UTF-8.
 */
function decodeHeader(text: string): string | undefined {
  if (!PRINTABLE_ASCII.test(text)) return undefined;
  const unquoted = text.includes('"')
    ? text.replaceAll(QUOTED, (_, inner: string) => inner.replaceAll(/\\(.)/g, '$1'))
    : text;
  if (!unquoted.includes('%')) return unquoted;
  try {
    return decodeURIComponent(unquoted);
  } catch {
    return undefined;
  }
}
