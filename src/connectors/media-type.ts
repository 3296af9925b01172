/** A media type taken apart; names and the charset in lower case. */
export type MediaType = { readonly essence: string; readonly charset?: string };

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const PARAMETER = `\\s*;\\s*(${TOKEN})=(${TOKEN}|"(?:[^"\\\\]|\\\\.)*")`;
const MEDIA_TYPE = new RegExp(`^\\s*(${TOKEN}/${TOKEN})((?:${PARAMETER})*)\\s*;?\\s*$`);
const CHARSET = /;\s*charset="?([^";\s]*)/i;

/** Reads a Content-Type value (RFC 9110 section 8.3); undefined where it is not one. */
export function parseMediaType(text: string): MediaType | undefined {
  const match = MEDIA_TYPE.exec(text);
  if (!match?.[1]) return undefined;
  const essence = match[1].toLowerCase();
  const charset = CHARSET.exec(match[2] ?? '')?.[1]?.toLowerCase();
  return charset === undefined ? { essence } : { essence, charset };
}

/** Whether data of this type is JSON: subtype `json` or suffix `+json` (CloudEvents JSON format, section 3.1). */
export function isJsonType(type: MediaType): boolean {
  return type.essence.endsWith('/json') || type.essence.endsWith('+json');
}

/** Whether data of this type is text in an encoding that can be kept as a string; US-ASCII is part of UTF-8. */
export function isUtf8Text(type: MediaType): boolean {
  return type.essence.startsWith('text/') && (isUtf8Charset(type) || type.charset === 'us-ascii');
}

/** Whether the type says UTF-8 or leaves it open. */
export function isUtf8Charset(type: MediaType): boolean {
  return type.charset === undefined || type.charset === 'utf-8';
}
