import type { z } from 'zod';

import type { TriggerState } from '../core/state.ts';
import type { Refusal } from '../errors.ts';
import type { LoadedTrigger } from '../load/definitions.ts';
import type { bulkReplay, bulkReplayList } from './shapes/bulk-replays.ts';
import type { deadLetterDetail, deadLetterList, deadLetterQuery, deadLetterSummary } from './shapes/dead-letters.ts';
import type { laneSummary } from './shapes/lanes.ts';
import type { runDetail, runEvents, runList, runQuery, runSummary } from './shapes/runs.ts';
import type { keySummary, triggerDetail, triggerSummary } from './shapes/triggers.ts';

/**
 * What the `/v1` readers answer with. What is not there is a `not_found` refusal; Temporal being away is
 * `temporal_unavailable`. Times are RFC 3339 in UTC.
 */
export type ReadResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal };

export type TriggerSummary = z.infer<typeof triggerSummary>;
export type TriggerDetail = z.infer<typeof triggerDetail>;
export type KeySummary = z.infer<typeof keySummary>;
export type RunSummary = z.infer<typeof runSummary>;
export type RunDetail = z.infer<typeof runDetail>;
export type RunList = z.infer<typeof runList>;
export type RunQuery = z.infer<typeof runQuery>;
export type RunEvents = z.infer<typeof runEvents>;
export type LaneSummary = z.infer<typeof laneSummary>;
export type DeadLetterSummary = z.infer<typeof deadLetterSummary>;
export type DeadLetterList = z.infer<typeof deadLetterList>;
export type DeadLetterDetail = z.infer<typeof deadLetterDetail>;
export type DeadLetterQuery = z.infer<typeof deadLetterQuery>;

export type BulkReplay = z.infer<typeof bulkReplay>;
export type BulkReplayList = z.infer<typeof bulkReplayList>;

/** How bulk replays of dead letters go. */
export type BulkReads = {
  /** The latest, newest first. */
  bulkReplays(): Promise<ReadResult<BulkReplayList['replays']>>;
  /** By its id, or what is behind `bulk-replay/`. */
  bulkReplay(id: string): Promise<ReadResult<BulkReplay>>;
};

/** Reads of what Temporal and the loaded definitions hold; implemented outside the HTTP layer. */
export type ReadApi = BulkReads & {
  triggers(): Promise<ReadResult<readonly TriggerSummary[]>>;
  trigger(name: string): Promise<ReadResult<TriggerDetail>>;
  /** One key; nothing but its name where nothing of it is open. */
  key(name: string, key: string): Promise<ReadResult<KeySummary>>;
  /** A trigger, and a copy of what its instance holds, for whoever uses it up. */
  state(name: string): Promise<ReadResult<{ readonly trigger: LoadedTrigger; readonly state: TriggerState }>>;
  /** Newest first. */
  runs(query: RunQuery): Promise<ReadResult<RunList>>;
  run(runId: string): Promise<ReadResult<RunDetail>>;
  runEvents(runId: string): Promise<ReadResult<RunEvents>>;
  /** Lanes and pools that run, by id. */
  lanes(): Promise<ReadResult<readonly LaneSummary[]>>;
  deadLetters(query: DeadLetterQuery): Promise<ReadResult<DeadLetterList>>;
  /** By its id or that of its run; closed ones while Temporal keeps them. */
  deadLetter(id: string): Promise<ReadResult<DeadLetterDetail>>;
};
