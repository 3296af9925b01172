import { createHash, timingSafeEqual } from 'node:crypto';
import { isIPv4 } from 'node:net';

import { refusal, type Refusal } from '../errors.ts';
import { essenceOf } from './headers.ts';

/** Decides whether a request may go on. */
export type Guard = (headers: ReadonlyMap<string, string>) => Refusal | undefined;

/**
 * Refuses hosts that are neither loopback nor allowed, so that a web page cannot reach a laptop's service through a
 * name of its own (DNS rebinding). An allowed entry without a port allows every port.
 */
export function guardHost(allowedHosts: readonly string[]): Guard {
  const allowed = new Set(allowedHosts.map((host) => host.toLowerCase()));
  return (headers) => {
    const host = headers.get('host')?.toLowerCase() ?? '';
    const name = host.replace(/:\d{1,5}$/, '');
    if (isLoopback(name) || allowed.has(name) || allowed.has(host)) return undefined;
    return refusal('host_not_allowed', `The Host ${JSON.stringify(host.slice(0, 100))} is not one of this service.`);
  };
}

/** The bearer token of a request; undefined where it carries none. */
export function bearerOf(headers: ReadonlyMap<string, string>): string | undefined {
  return /^bearer +(\S+) *$/i.exec(headers.get('authorization') ?? '')?.[1];
}

/** Refuses requests without the configured bearer token. Digests make the comparison take the same time for any text. */
export function guardToken(token: string | undefined): Guard {
  if (token === undefined) return () => undefined;
  const expected = digest(token);
  return (headers) => {
    const given = bearerOf(headers);
    if (given === undefined) return refusal('unauthenticated', 'The request carries no bearer token.');
    return timingSafeEqual(digest(given), expected) ? undefined : refusal('unauthenticated', 'The token is wrong.');
  };
}

/**
 * For calls that change state: refuses what a form or script of a foreign web page can send without being asked for a
 * preflight, which this service never grants.
 */
export function guardStateChange(headers: ReadonlyMap<string, string>): Refusal | undefined {
  if (headers.get('sec-fetch-site') === 'cross-site') {
    return refusal('cross_site', 'The request comes from a page of another site.');
  }
  const essence = essenceOf(headers.get('content-type'));
  if (essence.endsWith('/json') || essence.endsWith('+json') || essence.startsWith('application/cloudevents')) {
    return undefined;
  }
  for (const name of headers.keys()) if (name.startsWith('ce-')) return undefined;
  return refusal('unsupported_content_type', 'The call needs a JSON or CloudEvents Content-Type, or ce- headers.');
}

/** Refuses bodies that are not sent as they are: what is verified, limited and read must be the same bytes. */
export function guardCoding(headers: ReadonlyMap<string, string>): Refusal | undefined {
  if (headers.has('content-encoding')) {
    return refusal('unsupported_content_encoding', 'The body has a Content-Encoding.');
  }
  const coding = headers.get('transfer-encoding')?.trim().toLowerCase() ?? 'chunked';
  return coding === 'chunked' ? undefined : refusal('malformed_request', 'Transfer-Encoding may be chunked only.');
}

function isLoopback(name: string): boolean {
  return name === 'localhost' || name === '[::1]' || (isIPv4(name) && name.startsWith('127.'));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
