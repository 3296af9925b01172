import { createHash } from 'node:crypto';

import type { StartRequest } from './target.ts';

/** A DNS-1123 label, long enough for tokens of AWS (32 to 128) and short enough for labels of Kubernetes (63). */
const NAME = /^[a-z0-9][a-z0-9-]{30,61}[a-z0-9]$/;
const HASH_HEX = 40;

/** What makes a call the same call at its target. */
export function tokenOf({ token, runId }: StartRequest): string {
  return token ?? runId;
}

/**
 * The token as a name of 32 to 63 of a-z, 0-9 and `-`: itself where it is one, as run ids are, else its hash. The same
 * token always has the same name.
 */
export function nameOfToken(request: StartRequest): string {
  const token = tokenOf(request);
  return NAME.test(token) ? token : `sb-${createHash('sha256').update(token).digest('hex').slice(0, HASH_HEX)}`;
}
