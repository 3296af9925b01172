import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { Worker } from '@temporalio/worker';

import { viewQuery } from '../../../src/contract/definitions.ts';
import { instanceId, WORKFLOW } from '../../../src/contract/names.ts';
import { laneQuery } from '../../../src/contract/places.ts';
import { replayBundle } from '../../../src/temporal/bundle.ts';
import type { Ending } from './oracle.ts';

/** How a run that is over ended, and which dead letters tell of it. */
export async function endingOf(client: Client, runId: string, letters: readonly string[]): Promise<Ending> {
  const own = letters.filter((id) => id.startsWith(`dead-letter/${runId}`));
  try {
    await client.workflow.getHandle(runId).result();
    return { ended: 'COMPLETED', detail: '', letters: own };
  } catch (error) {
    const cause = error instanceof WorkflowFailedError ? error.cause : error;
    if (cause instanceof ApplicationFailure)
      return { ended: cause.type ?? 'no type', detail: cause.message, letters: own };
    return { ended: cause instanceof CancelledFailure ? 'CANCELED' : 'BROKEN', detail: String(cause), letters: own };
  }
}

/** Ids of all dead letters. */
export async function lettersOf(client: Client): Promise<readonly string[]> {
  return (await all(client, `WorkflowType = "${WORKFLOW.deadLetter}"`)).map(({ workflowId }) => workflowId);
}

/** Who still holds a place in a lane or pool, or waits for one; as sentences. */
export async function placesHeld(client: Client): Promise<readonly string[]> {
  const lanes = await all(client, `WorkflowType = "${WORKFLOW.lane}" AND ExecutionStatus = "Running"`);
  const views = await Promise.all(
    lanes.map(({ workflowId }) => client.workflow.getHandle(workflowId).query(laneQuery)),
  );
  return views.flatMap(({ of, name, holders, waitingCount }) =>
    holders.length + waitingCount === 0 ? [] : [`${of} ${name}: ${holders.length} hold, ${waitingCount} wait`],
  );
}

/** What an instance still has to do; as sentences. */
export async function openAt(client: Client, trigger: string): Promise<readonly string[]> {
  const { starting, limits, counts } = await client.workflow.getHandle(instanceId(trigger)).query(viewQuery);
  return [
    ...starting.map((runId) => `${trigger}: the start of ${runId} is not confirmed`),
    ...limits.running.map((runId) => `${trigger}: ${runId} counts as running`),
    ...(counts.runs === 1 ? [] : [`${trigger}: ${counts.runs} runs`]),
  ];
}

/** Workflows whose history does not replay, and whose tasks failed; as sentences. */
export async function brokenHistories(client: Client): Promise<readonly string[]> {
  const bundle = await replayBundle();
  const nothing = { fn: () => undefined, callDuringReplay: false };
  const sinks = { ledger: { record: nothing }, letters: { closed: nothing }, spill: { held: nothing } };
  const broken: string[] = [];
  async function* histories() {
    for (const { workflowId, runId } of await all(client, 'WorkflowId != ""')) {
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      const failed = history.events?.find((event) => event.workflowTaskFailedEventAttributes);
      const why = failed?.workflowTaskFailedEventAttributes?.failure?.message;
      if (failed) broken.push(`${workflowId}: a task failed: ${why}`);
      yield { workflowId, history };
    }
  }
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: bundle, sinks }, histories())) {
    if (error) broken.push(`${workflowId}: ${error.message}`);
  }
  return broken;
}

async function all(client: Client, query: string): Promise<readonly WorkflowExecutionInfo[]> {
  const found: WorkflowExecutionInfo[] = [];
  for await (const execution of client.workflow.list({ query })) found.push(execution);
  return found;
}
