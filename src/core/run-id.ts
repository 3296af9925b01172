import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

import type { Cause, ReplayOf } from './fact.ts';

/** Version of the algorithm, first in every run id: two versions never give the same id. */
const RUN_ID_PREFIX = 'sb1-';
const RUN_ID_HEX = 40;

/** What makes a run this run and no other. */
export type RunIdentity = {
  readonly trigger: string;
  readonly key: string;
  readonly cause: Cause;
  /** `run.identity` of the last event, where the trigger names one. */
  readonly identity?: string;
  readonly eventIds: readonly string[];
  /** Of a replay: it is the same one by the run it replays and its number, whatever its events. */
  readonly replays?: ReplayOf;
};

/**
 * The deterministic id of a run: workflow id, idempotency key and the token the target gets. `sb1-` and 40 hex digits of
 * SHA-256: within the alphabet and the length every orchestrator takes for a token (32 to 63 of a-z, 0-9, -).
 */
export function runIdOf(run: RunIdentity): string {
  return RUN_ID_PREFIX + digest([run.trigger, run.key, run.cause, membersOf(run)]);
}

/** The id of the branch of a run: the run it belongs to and its value make it this branch and no other. */
export function branchIdOf(runId: string, value: string): string {
  return RUN_ID_PREFIX + digest(['branch', runId, value]);
}

/** Hash over the members of a run, kept in its memo: two starts of one run agree in it. */
export function membersHash(run: Members): string {
  return digest(membersOf(run));
}

type Members = Pick<RunIdentity, 'identity' | 'eventIds' | 'replays'>;

function membersOf(run: Members): readonly string[] {
  if (run.replays) return ['replay', run.replays.root, String(run.replays.ordinal)];
  return run.identity === undefined ? ['events', ...[...run.eventIds].sort()] : ['identity', run.identity];
}

const unused = sha256.create();
/** One hasher for all: making one costs more than hashing a short text. */
const hasher = unused.clone();
const hashed = new Uint8Array(hasher.outputLen);
const encoder = new TextEncoder();

function digest(value: readonly (string | readonly string[])[]): string {
  unused._cloneInto(hasher);
  hasher.update(encoder.encode(JSON.stringify(value))).digestInto(hashed);
  return bytesToHex(hashed.subarray(0, RUN_ID_HEX / 2));
}
