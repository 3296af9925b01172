import { Context } from '@temporalio/activity';
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';

import type { RunInput } from '../src/contract/messages.ts';
import { instanceId, runDeadLetterId, SEARCH_ATTRIBUTE, TASK_QUEUE, WORKFLOW } from '../src/contract/names.ts';
import type { RunRequest, StartReport } from '../src/core/fact.ts';
import type { Activities } from './interface.ts';

/** Event ids written into a run's memo. */
const MEMO_EVENTS_MAX = 20;

/** Starts run workflows, all of a chunk at once. A run id that is taken already is an outcome. */
export const startRuns: Activities['startRuns'] = ({ trigger, runs }) => {
  const { client } = Context.current();
  return Promise.all(runs.map((run) => startRun(client, trigger, run)));
};

async function startRun(client: Client, trigger: string, run: RunRequest): Promise<StartReport> {
  const { runId, key, cause, settings, items, members, generation, replays, last } = run;
  const input: RunInput = { version: 1, trigger, run };
  try {
    await client.workflow.start(WORKFLOW.run, {
      workflowId: runId,
      taskQueue: TASK_QUEUE,
      args: [input],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
      requestEagerStart: true,
      staticSummary: `${settings.target} · ${key} · ${items.length} ${items.length === 1 ? 'event' : 'events'}`,
      memo: {
        members,
        instance: instanceId(trigger),
        generation,
        eventCount: items.length,
        ...(replays && { replays, deadLetter: runDeadLetterId(replays.runId) }),
        ...(last.lineage && { lineage: last.lineage }),
        ...(last.replayed && { replayed: last.replayed }),
        eventIds: items.slice(0, MEMO_EVENTS_MAX).map((item) => item.eventId),
      },
      typedSearchAttributes: [
        { key: SEARCH_ATTRIBUTE.trigger, value: trigger },
        { key: SEARCH_ATTRIBUTE.key, value: key },
        { key: SEARCH_ATTRIBUTE.target, value: settings.target },
        { key: SEARCH_ATTRIBUTE.cause, value: cause },
      ],
    });
    return { runId, outcome: 'started' };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const known = await client.workflow.getHandle(runId).describe();
    return { runId, outcome: known.memo?.['members'] === members ? 'alreadyStarted' : 'conflict' };
  }
}
