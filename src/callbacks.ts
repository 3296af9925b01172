import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Settings } from './settings.ts';

/** Where pipelines say how they ended, and by which token each may. */
export type Callbacks = {
  /** Address and bearer token for a run; undefined as long as no address is known. */
  of(runId: string): { readonly url: string; readonly token: string } | undefined;
  /** Whether a token is that of the run. Takes the same time for any token. */
  accepts(runId: string, token: string): boolean;
  /** The service listens there: the address where none was set. */
  servedAt(url: string): void;
};

const SECRET_FILE = 'callback-secret';
const SECRET_BYTES = 32;

/**
 * Tokens are HMAC-SHA256 of the run id under one secret, so that none has to be kept anywhere. The secret is the given
 * one, or is made at the first start and kept in the state directory, readable by its owner only.
 */
export function openCallbacks({
  callbackSecret: secret,
  stateDirectory,
  apiUrl: url,
}: Pick<Settings, 'callbackSecret' | 'stateDirectory' | 'apiUrl'>): Callbacks {
  let kept: string | undefined;
  let served: string | undefined;
  const tokenOf = (runId: string) => {
    kept ??= secret ?? keptSecret(stateDirectory);
    return createHmac('sha256', kept).update(`finish ${runId}`).digest('base64url');
  };
  return {
    of: (runId) => {
      const base = url ?? served;
      return base === undefined ? undefined : { url: `${base}/v1/runs/${runId}/finish`, token: tokenOf(runId) };
    },
    accepts: (runId, token) => timingSafeEqual(digest(token), digest(tokenOf(runId))),
    servedAt: (at) => {
      served = at;
    },
  };
}

function digest(token: string): Buffer {
  return createHmac('sha256', 'compare').update(token).digest();
}

/** Two processes may start at once: the first to write it decides. */
function keptSecret(stateDirectory: string): string {
  const path = join(stateDirectory, SECRET_FILE);
  mkdirSync(stateDirectory, { recursive: true });
  try {
    writeFileSync(path, randomBytes(SECRET_BYTES).toString('hex'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return readFileSync(path, 'utf8').trim();
}
