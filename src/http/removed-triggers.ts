import type { Client } from '@temporalio/client';

import type { InstanceView } from '../contract/messages.ts';
import { triggerOf, WORKFLOW } from '../contract/names.ts';
import type { ViewOf } from './instance-view.ts';

/** Instances without a loaded trigger that are asked at once; the rest is seen when some of these are gone. */
const ASKED_MAX = 50;

/**
 * Instances that run though their trigger is not loaded any more, by name: of those that still hold something. What they
 * hold goes on to its end, so it must be seen until then.
 */
export async function removedTriggers(
  client: Client,
  isLoaded: (trigger: string) => boolean,
  viewOf: ViewOf,
): Promise<readonly (readonly [string, InstanceView])[]> {
  const names: string[] = [];
  const query = `WorkflowType = "${WORKFLOW.trigger}" AND ExecutionStatus = "Running"`;
  for await (const { workflowId } of client.workflow.list({ query })) {
    const name = triggerOf(workflowId);
    if (name !== undefined && !isLoaded(name)) names.push(name);
    if (names.length >= ASKED_MAX) break;
  }
  const views = await Promise.all(names.toSorted().map(async (name) => [name, await viewOf(name)] as const));
  return views.flatMap(([name, view]) => (view && holdsSomething(view) ? [[name, view] as const] : []));
}

/** Whether something of an instance has not come to its end: events, starts, or what waits without events. */
function holdsSomething({ pressure, starting, keys, paused }: InstanceView): boolean {
  const waits = keys.some(({ waiting = [] }) => waiting.length > 0);
  return pressure.pendingItems > 0 || starting.length > 0 || waits || paused !== undefined;
}
