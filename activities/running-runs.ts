import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';

import { SEARCH_ATTRIBUTE } from '../src/contract/names.ts';
import type { RunReport } from '../src/core/fact.ts';
import type { Activities } from './interface.ts';

/** Asks a run to end. One that has ended, or is not there, has made room already. */
export const cancelRun: Activities['cancelRun'] = async ({ runId }) => {
  try {
    await Context.current().client.workflow.getHandle(runId).cancel();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
};

/** Which of these runs have ended, and how: one that a person terminated never said so itself. */
export const findEndedRuns: Activities['findEndedRuns'] = async ({ runIds, key }) => {
  const { client } = Context.current();
  const found = await Promise.all(runIds.map((runId) => endOf(client, runId, key)));
  return found.filter((report) => report !== undefined);
};

/** How these runs ended, once all have: one that is not there yet waits for its start. */
export const endOfRuns: Activities['endOfRuns'] = async ({ runIds }) => {
  const { client } = Context.current();
  return Promise.all(
    runIds.map(async (runId) => {
      const run = await client.workflow.getHandle(runId).describe();
      if (run.status.name === 'RUNNING') throw ApplicationFailure.retryable(`Run ${runId} goes on.`, 'run_goes_on');
      return { runId, status: statusOf(run) };
    }),
  );
};

async function endOf(client: Client, runId: string, key: string): Promise<RunReport | undefined> {
  try {
    const run = await client.workflow.getHandle(runId).describe();
    if (run.status.name === 'RUNNING') return undefined;
    const endedAt = run.closeTime?.getTime();
    const of = run.typedSearchAttributes.get(SEARCH_ATTRIBUTE.key) ?? key;
    return { runId, key: of, status: statusOf(run), ...(endedAt !== undefined && { endedAt }) };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { runId, key, status: 'cancelled' };
    throw error;
  }
}

const STATUSES: ReadonlyMap<string, RunReport['status']> = new Map([
  ['COMPLETED', 'succeeded'],
  ['FAILED', 'failed'],
  ['TIMED_OUT', 'timedOut'],
]);

function statusOf({ status, typedSearchAttributes }: WorkflowExecutionDescription): RunReport['status'] {
  const outcome = typedSearchAttributes.get(SEARCH_ATTRIBUTE.outcome);
  if (outcome === 'deadLettered' || outcome === 'rejected' || outcome === 'timedOut') return outcome;
  return STATUSES.get(status.name) ?? 'cancelled';
}
