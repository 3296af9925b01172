import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';

import type { BulkReplayInput } from '../contract/bulk-replay.ts';
import { TASK_QUEUE, WORKFLOW } from '../contract/names.ts';

/** Starts a bulk replay. The same id again is the same one, whatever it was given then. */
export async function startBulkReplay(client: Client, workflowId: string, input: BulkReplayInput): Promise<void> {
  try {
    await client.workflow.start(WORKFLOW.bulkReplay, {
      workflowId,
      taskQueue: TASK_QUEUE,
      args: [input],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: `bulk replay by ${input.by}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
