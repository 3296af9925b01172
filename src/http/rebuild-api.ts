import type { ReadResult } from './read-api.ts';
import type { RebuildAnswer } from './shapes/rebuild.ts';

/** Restores the store from Temporal's history; implemented outside the HTTP layer. */
export type RebuildApi = {
  /** Begins in the background; one that is under way goes on. `store_off` or `store_unavailable` where it cannot. */
  start(): ReadResult<RebuildAnswer>;
  status(): ReadResult<RebuildAnswer>;
};
