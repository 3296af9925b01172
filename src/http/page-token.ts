import { createHash } from 'node:crypto';

/** Bytes of the hash in front of a token: Temporal fails, rather than refuses, what it did not make itself. */
const MARK_BYTES = 4;

/** The `next` of a page, from what Temporal continues by; undefined where nothing follows. */
export function nextOf(token: Uint8Array): string | undefined {
  return token.length === 0 ? undefined : Buffer.concat([markOf(token), token]).toString('base64url');
}

/** What Temporal continues by, from the `next` of a page; undefined where it is none. */
export function tokenOf(next: string): Uint8Array | undefined {
  const bytes = Buffer.from(next, 'base64url');
  const token = bytes.subarray(MARK_BYTES);
  return token.length > 0 && markOf(token).equals(bytes.subarray(0, MARK_BYTES)) ? token : undefined;
}

function markOf(token: Uint8Array): Buffer {
  return createHash('sha256').update(token).digest().subarray(0, MARK_BYTES);
}
