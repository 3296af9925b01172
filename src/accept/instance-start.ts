import type { TriggerInput } from '../contract/messages.ts';
import { instanceId, SEARCH_ATTRIBUTE, TASK_QUEUE } from '../contract/names.ts';
import type { Definition } from '../spec/definition.ts';

/**
 * A worker that dies as an instance continues as new holds up signals for so long, by default for 10 seconds: senders
 * still get their answer within the time of a commit. A new worker replays all its instances at once, and a task that
 * takes longer is given out again: with 2 seconds tasks timed out over and over on busy cores (decision 0016).
 */
const WORKFLOW_TASK_TIMEOUT = '5s';

/** How the instance of a trigger is started, by whatever comes to it first. */
export function instanceStart(definition: Definition) {
  const input: TriggerInput = { version: 1, definition };
  return {
    workflowId: instanceId(definition.name),
    taskQueue: TASK_QUEUE,
    args: [input],
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
    staticSummary: `${definition.name} → ${definition.run.target}`,
    memo: { trigger: definition.name, runs: `WorkflowType="run" AND SignalboxTrigger="${definition.name}"` },
    typedSearchAttributes: [
      { key: SEARCH_ATTRIBUTE.trigger, value: definition.name },
      { key: SEARCH_ATTRIBUTE.target, value: definition.run.target },
    ],
  };
}
