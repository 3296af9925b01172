/** Longest wait a caller may ask for with `Prefer: wait=N`, in seconds: below the idle limits of common proxies. */
export const WAIT_MAX_SECONDS = 60;

/** Request headers by lower-case name, and the name of one that may stand once only but stands twice. */
export type RequestHeaders = { readonly headers: ReadonlyMap<string, string>; readonly duplicate?: string };

/** Headers where two values let two readers see two requests. Every `ce-` header is one as well. */
const SINGLE_VALUED: ReadonlySet<string> = new Set([
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'origin',
  'sec-fetch-site',
  'traceparent',
  'transfer-encoding',
  'webhook-request-origin',
  'x-request-id',
]);
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:$|-)/;
const WAIT = /^wait\s*=\s*"?(\d{1,6})"?\s*(?:;|$)/i;

/** Reads the raw name and value pairs; repeated list headers are joined with a comma (RFC 9110 section 5.3). */
export function readHeaders(raw: readonly string[]): RequestHeaders {
  const headers = new Map<string, string>();
  let duplicate: string | undefined;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    const value = raw[i + 1] ?? '';
    const before = headers.get(name);
    if (before === undefined) headers.set(name, value);
    else {
      if (SINGLE_VALUED.has(name) || name.startsWith('ce-')) duplicate ??= name;
      headers.set(name, `${before}, ${value}`);
    }
  }
  return duplicate === undefined ? { headers } : { headers, duplicate };
}

/** Seconds of the first `wait` preference (RFC 7240 section 4.3), at most `WAIT_MAX_SECONDS`; ill-formed ones are ignored. */
export function preferredWaitSeconds(prefer: string | undefined): number | undefined {
  for (const preference of prefer?.split(',') ?? []) {
    const match = WAIT.exec(preference.trim());
    if (match) return Math.min(Number(match[1]), WAIT_MAX_SECONDS);
  }
  return undefined;
}

/** The value if it is a trace context that may be carried on (W3C Trace Context, section 3.2.2). */
export function validTraceparent(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= 256 && TRACEPARENT.test(value) ? value : undefined;
}

/** The media type of a Content-Type value, without parameters and in lower case. */
export function essenceOf(contentType: string | undefined): string {
  return (contentType?.split(';', 1)[0] ?? '').trim().toLowerCase();
}
