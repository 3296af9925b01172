import type { WorkflowInterceptors, WorkflowInternalsInterceptor } from '@temporalio/workflow';

import { AHEAD, recoveryQuery } from '../../src/contract/definitions.ts';
import { carriedLaneQuery } from '../../src/contract/places.ts';

type Activation = Parameters<NonNullable<WorkflowInternalsInterceptor['activate']>>[0]['activation'];

/** Asked of runs that have ended, which no task will follow. */
const ASKED_OF_ENDED: ReadonlySet<string> = new Set([recoveryQuery.name, carriedLaneQuery.name]);

/** Follows the tasks of one execution. */
class Tasks {
  /** What was taken in since the last task came of no task. */
  isAhead = false;
  private at: string | undefined;
  private events = 0;

  /** The time of a task is that of its start: more events at the same time are no task. */
  take({ jobs, timestamp, historyLength }: Activation): void {
    const at = `${String(timestamp?.seconds)}.${timestamp?.nanos}`;
    const events = historyLength ?? 0;
    if (at === this.at && events > this.events && (jobs?.length ?? 0) > 0) this.isAhead = true;
    this.at = at;
    this.events = events;
  }
}

/**
 * Sees to it that nothing is decided outside of a task (decision 0031). A query that reaches a worker before the task does
 * is answered from a replay with what that task will bring: timers and results, at the time of the task before. What the
 * workflow decides of them would be sent with the task, and a replay would decide otherwise. Such a query fails, and what
 * was replayed for it is gone.
 */
export function interceptors(): WorkflowInterceptors {
  const tasks = new Tasks();
  const wholeTasks: WorkflowInternalsInterceptor = {
    activate(input, next) {
      const query = input.activation.jobs?.find(({ queryWorkflow }) => queryWorkflow)?.queryWorkflow?.queryType;
      if (typeof query !== 'string') tasks.take(input.activation);
      else if (tasks.isAhead && !ASKED_OF_ENDED.has(query)) throw new Error(AHEAD);
      next(input);
    },
  };
  return { internals: [wholeTasks] };
}
