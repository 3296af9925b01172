import type { Json } from '../spec/json.ts';
import { fitsDepth, objectOf } from './json.ts';

/** Lists and objects `json.parse` returns nest at most as deep as an event may. */
const PARSED_DEPTH_MAX = 32;

/** The functions Signalbox adds to CEL. The table in docs/expressions.md is compared with this list. */
export const FUNCTIONS = [
  {
    name: 'regex.extract',
    signature: 'regex.extract(text, regex) -> string',
    summary: 'The first match, or its capture group if there is one. No match is an error.',
  },
  {
    name: 'regex.extractAll',
    signature: 'regex.extractAll(text, regex) -> list',
    summary: 'All matches, or their capture group.',
  },
  {
    name: 'regex.replace',
    signature: 'regex.replace(text, regex, replacement[, count]) -> string',
    summary: 'Replaces all or the first `count` matches; `\\1` is a capture group, `\\0` the match.',
  },
  {
    name: 'hash.sha256',
    signature: 'hash.sha256(any) -> string',
    summary: 'SHA-256 of the canonical JSON of the value, in hex.',
  },
  {
    name: 'date.format',
    signature: 'date.format(time, format) -> string',
    summary: 'A timestamp or RFC 3339 text in UTC; `YYYY MM DD HH mm ss` are replaced.',
  },
  {
    name: 'uri.parse',
    signature: 'uri.parse(text) -> map',
    summary: 'Its `scheme`, `user`, `host`, `port`, `path`, `query` (a map) and `fragment`; null where absent.',
  },
  {
    name: 'json.parse',
    signature: 'json.parse(text) -> any',
    summary: 'The value of a JSON text.',
  },
] as const satisfies readonly { readonly name: string; readonly signature: string; readonly summary: string }[];

/** Time offset allowed by RFC 3339: date, time, optional fraction, offset. */
const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

/** Writes an RFC 3339 time in UTC in the given format. Throws an Error when the text is not such a time. */
export function dateFormat(time: string, format: string): string {
  const parts = RFC3339.exec(time);
  const [, year = '', month = '', day = ''] = parts ?? [];
  const instant = new Date(parts === null ? Number.NaN : Date.parse(time.toUpperCase().replace(' ', 'T')));
  const dayExists = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
  if (Number.isNaN(instant.getTime()) || !dayExists) throw new Error(`${JSON.stringify(time)} is not an RFC 3339 time`);
  const iso = instant.toISOString();
  const fields: { readonly [token: string]: string } = {
    YYYY: iso.slice(0, 4),
    MM: iso.slice(5, 7),
    DD: iso.slice(8, 10),
    HH: iso.slice(11, 13),
    mm: iso.slice(14, 16),
    ss: iso.slice(17, 19),
  };
  return format.replaceAll(/YYYY|MM|DD|HH|mm|ss/g, (token) => fields[token] ?? token);
}

/** The parts of a URI by RFC 3986 appendix B; nothing is normalised, so object keys stay as they are. */
const URI = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;
const AUTHORITY = /^(?:([^@]*)@)?(\[[^\]]*\]|[^:]*)(?::([0-9]*))?$/;

/** Takes a URI apart. Throws an Error when the text is not an absolute URI. */
export function uriParse(text: string): Json {
  const [, scheme, authority, path = '', query, fragment = null] = URI.exec(text) ?? [];
  const [whole, user = null, host = '', port = ''] = authority === undefined ? [''] : (AUTHORITY.exec(authority) ?? []);
  if (scheme === undefined || whole === undefined) throw new Error(`${JSON.stringify(text)} is not an absolute URI`);
  return {
    scheme: scheme.toLowerCase(),
    user,
    host: authority === undefined ? null : host,
    port: port === '' ? null : Number(port),
    path,
    query: query === undefined ? null : objectOf(new URLSearchParams(query)),
    fragment,
  };
}

/** Parses JSON. Throws an Error when the text is not JSON or nests deeper than an event may. */
export function jsonParse(text: string): Json {
  const value: Json = JSON.parse(text);
  if (!fitsDepth(value, PARSED_DEPTH_MAX)) throw new Error(`the JSON nests deeper than ${PARSED_DEPTH_MAX}`);
  return value;
}
