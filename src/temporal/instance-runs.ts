import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';

import type { TriggerInput } from '../contract/messages.ts';
import { WORKFLOW } from '../contract/names.ts';

/** One execution of an instance. */
export type InstanceRun = {
  readonly workflowId: string;
  readonly runId: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Absent while it runs. */
  readonly closedAt?: number;
};

/** Every execution of every instance that Temporal still has, by instance, the oldest first. */
export async function instanceRuns(client: Client): Promise<ReadonlyMap<string, readonly InstanceRun[]>> {
  const runs = new Map<string, InstanceRun[]>();
  for await (const { workflowId, runId, startTime, closeTime } of client.workflow.list({
    query: `WorkflowType = "${WORKFLOW.trigger}"`,
  })) {
    const run = {
      workflowId,
      runId,
      startedAt: startTime.getTime(),
      ...(closeTime && { closedAt: closeTime.getTime() }),
    };
    const known = runs.get(workflowId);
    if (known) known.push(run);
    else runs.set(workflowId, [run]);
  }
  for (const list of runs.values()) list.sort((a, b) => a.startedAt - b.startedAt);
  return runs;
}

/** How many facts an instance had when this execution of it began; undefined where it was not begun with a state. */
export async function factsBefore(client: Client, { workflowId, runId }: InstanceRun): Promise<number | undefined> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  const payload = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  return payload && defaultPayloadConverter.fromPayload<TriggerInput>(payload).carried?.seq;
}
