import type { Client } from '@temporalio/client';

import { instanceId, WORKFLOW } from '../contract/names.ts';
import type { Definitions } from '../load/definitions.ts';
import type { Logger } from '../observability/log.ts';
import type { Committer } from './committer.ts';

export type EndedInstancesOptions = {
  readonly client: Client;
  readonly committer: Committer;
  readonly definitions: () => Definitions;
  readonly log: Logger;
};

/** How often instances that ended are looked for: a window of one that gets no event any more is late by at most this. */
const ENDED_LOOK_EVERY_MS = 60_000;
/** Ended runs looked at each time, those that ended last first. */
const ENDED_RUNS_MAX = 1_000;

/** However an instance ends that is not followed by its next run. */
const ENDED = `WorkflowType = "${WORKFLOW.trigger}" AND ExecutionStatus IN ("Terminated", "Failed", "Canceled", "TimedOut", "Completed")`;

/**
 * Starts instances of loaded triggers again that somebody ended: they take over their state, so that windows which get no
 * event any more still end. Looks at once and then every minute, until it is stopped.
 */
export function watchEndedInstances(options: EndedInstancesOptions): { readonly stop: () => void } {
  let stopped = false;
  const look = async (): Promise<void> => {
    try {
      for (const trigger of await endedTriggers(options)) if (!stopped) await startAgain(trigger, options);
    } catch (error) {
      options.log.warn({ error: String(error) }, 'ended instances could not be looked for');
    }
  };
  void look();
  const timer = setInterval(() => void look(), ENDED_LOOK_EVERY_MS).unref();
  return {
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}

/** Loaded triggers of which an ended run is listed; most of them go on in a later run. */
async function endedTriggers({ client, definitions }: EndedInstancesOptions): Promise<readonly string[]> {
  const ended = new Set<string>();
  let runs = 0;
  for await (const { workflowId } of client.workflow.list({ query: ENDED, pageSize: ENDED_RUNS_MAX })) {
    ended.add(workflowId);
    runs += 1;
    if (runs === ENDED_RUNS_MAX) break;
  }
  return [...definitions().triggers.keys()].filter((trigger) => ended.has(instanceId(trigger)));
}

async function startAgain(trigger: string, options: EndedInstancesOptions): Promise<void> {
  const { client, committer, definitions, log } = options;
  const definition = definitions().triggers.get(trigger)?.definition;
  const { status, runId } = await client.workflow.getHandle(instanceId(trigger)).describe();
  if (!definition || status.name === 'RUNNING') return;
  const committed = await committer.nudge(definition);
  const about = { trigger, ended: runId, status: status.name };
  if (committed.ok) log.warn(about, 'an ended instance is started again');
  else log.error({ ...about, detail: committed.refusal.detail }, 'an ended instance cannot be started again');
}
