import { type InjectedSinks, type NativeConnection, Worker } from '@temporalio/worker';
import type { Sinks } from '@temporalio/workflow';

import type { Activities } from '../../activities/interface.ts';
import { TASK_QUEUE } from '../contract/names.ts';
import { workflowSource } from './bundle.ts';

/** A worker that was killed has its cached workflows' tasks for this long; then another worker gets them. */
const STICKY_TIMEOUT = '2s';
/** Tasks may wait for a report to be acknowledged together with others; many do so at the same time. */
const WORKFLOW_TASKS_MAX = 200;
/** Starts of targets under way at the same time. */
const ACTIVITIES_MAX = 200;
/** What was under way when a worker is asked to stop gets this long to finish. */
const SHUTDOWN_GRACE = '10s';
/** A call that a person cancels learns of it with its next heartbeat, which the SDK holds back for so long. */
const HEARTBEATS_AT_MOST_EVERY = '3s';

export type WorkerOptions = {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly activities: Activities;
  readonly sinks: InjectedSinks<Sinks>;
  /** Bundled workflows, where somebody has them already. */
  readonly workflowBundle?: { readonly code: string };
};

/** The worker of a process: polls the one task queue until it is shut down. */
export function createWorker(options: WorkerOptions): Promise<Worker> {
  const { connection, namespace, activities, sinks, workflowBundle } = options;
  return Worker.create({
    ...(workflowBundle ? { workflowBundle } : workflowSource()),
    connection,
    namespace,
    taskQueue: TASK_QUEUE,
    activities,
    sinks,
    stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT,
    maxConcurrentWorkflowTaskExecutions: WORKFLOW_TASKS_MAX,
    maxConcurrentActivityTaskExecutions: ACTIVITIES_MAX,
    shutdownGraceTime: SHUTDOWN_GRACE,
    maxHeartbeatThrottleInterval: HEARTBEATS_AT_MOST_EVERY,
  });
}
