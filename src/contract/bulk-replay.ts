import { defineQuery, defineUpdate } from '@temporalio/workflow';

import type { Bulk, BulkEnd } from '../core/bulk.ts';
import type { LetterOrder } from './messages.ts';

/** Most dead letters of one bulk replay: their names are half a megabyte, which is carried over continue-as-new. */
export const BULK_LETTERS_MAX = 10_000;
/** Bytes of their names at most: one payload takes 2 MB, and names of letters of events may be long. */
export const BULK_NAMES_MAX_BYTES = 1_024 * 1_024;
/** Fastest pace, a second: an instance takes ten orders at the same time, each several writes to disk. */
export const BULK_PER_SECOND_MAX = 100;
/** The pace of what a breaker replays when it closes, a second: its target has only just come back. */
export const BREAKER_REPLAYS_PER_SECOND = 1;
/** Most that go before the others: more are a load, not a trial. */
export const CANARY_MAX = 100;

/** Which open dead letters; what is left out is any. Times are epoch milliseconds, from and until are of the opening. */
export type LetterFilter = {
  readonly trigger?: string;
  readonly target?: string;
  readonly code?: string;
  readonly kind?: 'events' | 'run';
  readonly key?: string;
  readonly fromAt?: number;
  readonly untilAt?: number;
};

/** Start input of a bulk replay; `carried` once it knows its dead letters. */
export type BulkReplayInput = {
  readonly version: 1;
  readonly filter: LetterFilter;
  /** Dead letters a second. */
  readonly perSecond: number;
  /** So many go first, and have to end well before the others go. */
  readonly canary: number;
  readonly by: string;
  readonly reason?: string;
  readonly carried?: Bulk;
};

/** What a bulk replay shows of itself. */
export type BulkProgress = Omit<Bulk, 'left' | 'paced' | 'ended'> &
  Pick<BulkReplayInput, 'filter' | 'perSecond' | 'canary' | 'by' | 'reason'> & {
    readonly state: 'selecting' | 'canary' | 'replaying' | BulkEnd['kind'];
    readonly left: number;
    /** Of its end: why, or who stopped it. */
    readonly ended?: BulkEnd;
  };

/** What a bulk replay comes to. Refused: whoever started it gave it something else than its input. */
export type BulkResult = BulkProgress | { readonly refused: string };

/** How far a bulk replay is. */
export const bulkQuery = defineQuery<BulkProgress>('progress');

/** A person stops a bulk replay: what is under way comes to its end, the rest stays as it is. */
export const stopBulkUpdate = defineUpdate<BulkProgress, [LetterOrder]>('stop');
