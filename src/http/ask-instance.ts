import type { Client, WorkflowHandle } from '@temporalio/client';

import { deadLetterQuery, viewQuery, whereQuery } from '../contract/definitions.ts';
import { instanceId, runDeadLetterId } from '../contract/names.ts';
import { openWorkOf } from '../explain/open-work.ts';
import type { AskInstance } from './read-explain.ts';
import { endOf } from './run-end.ts';
import { approvalOf } from './run-summary.ts';

/** An instance or a run that does not answer within this is left out of the answer. */
const ANSWER_DEADLINE_MS = 3_000;

/** Asks instances by query, which leaves nothing in their history, and what Temporal knows of a run. */
export function createAskInstance(client: Client, now: () => number): AskInstance {
  const ask = async <T>(
    workflowId: string,
    question: (handle: WorkflowHandle) => Promise<T>,
  ): Promise<T | undefined> => {
    const handle = client.workflow.getHandle(workflowId);
    return client.withDeadline(now() + ANSWER_DEADLINE_MS, () => question(handle)).catch(() => undefined);
  };
  return {
    where: (trigger, key, eventId) => ask(instanceId(trigger), (handle) => handle.query(whereQuery, { key, eventId })),
    open: async (trigger) => {
      const view = await ask(instanceId(trigger), (handle) => handle.query(viewQuery));
      return view && openWorkOf(view);
    },
    approval: async (runId) => {
      const run = await ask(runId, (handle) => handle.describe());
      const approval = run?.status.name === 'RUNNING' ? approvalOf(run.memo?.['approval']) : undefined;
      return approval?.state === 'waiting' ? { until: approval.until, onTimeout: approval.onTimeout } : undefined;
    },
    failure: async (runId) => {
      const id = runDeadLetterId(runId);
      const [end, letter] = await Promise.all([ask(runId, endOf), ask(id, (handle) => handle.query(deadLetterQuery))]);
      return {
        ...(end?.reason !== undefined && { reason: end.reason }),
        ...(letter && { deadLetter: { code: letter.code, id } }),
      };
    },
  };
}
