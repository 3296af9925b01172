import { defineQuery, defineUpdate } from '@temporalio/workflow';

import type { ReplayEnd, ReplayProgress, ReplayStep } from '../core/replaying.ts';

/** The stored events that a replay brings: those that arrived at or after `sinceAt` and before `untilAt`. */
type ReplaySpan = {
  readonly trigger: string;
  readonly replayId: string;
  /** Epoch milliseconds. */
  readonly sinceAt: number;
  readonly untilAt: number;
};

/** Start input of a replay; the last three after continue-as-new. */
export type ReplayInput = ReplaySpan & {
  readonly version: 1;
  /** Events a second. */
  readonly pace: number;
  /** Events that were counted before it began. */
  readonly expected: number;
  readonly by: string;
  readonly progress?: ReplayProgress;
  readonly dueAt?: number;
  /** Somebody wants it to stop. */
  readonly stoppedBy?: string;
};

/** What a replay shows of itself. */
export type ReplayView = Omit<ReplayInput, 'version' | 'progress' | 'dueAt' | 'stoppedBy'> & {
  readonly progress: ReplayProgress;
  /** Absent while it goes on. */
  readonly end?: ReplayEnd;
};

/** One step of a replay: the next stored events behind `after`, until so many were brought. */
export type ReplayStepInput = ReplaySpan & { readonly after?: ReplayProgress['after']; readonly most: number };

/** What a step came to, or why there is no going on. */
export type ReplayStepped =
  | ({ readonly ok: true } & ReplayStep)
  | { readonly ok: false; readonly code: string; readonly detail: string };

export const replayQuery = defineQuery<ReplayView>('replay');

/** Ends a replay before its next step. Answers what it has brought. */
export const stopReplayUpdate = defineUpdate<ReplayView, [{ readonly by: string }]>('stop');

/** The workflow of a replay. */
export function replayWorkflowId(trigger: string, replayId: string): string {
  return `replay/${trigger}/${replayId}`;
}
