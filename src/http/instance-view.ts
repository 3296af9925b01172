import type { Client } from '@temporalio/client';

import { viewQuery } from '../contract/definitions.ts';
import type { InstanceView } from '../contract/messages.ts';
import { instanceId } from '../contract/names.ts';

/** An instance that does not answer within this is shown without its state. */
const VIEW_DEADLINE_MS = 3_000;

/** What the instance of a trigger shows; undefined where none answers. */
export type ViewOf = (trigger: string) => Promise<InstanceView | undefined>;

/** Asks instances by query, which leaves nothing in their history. `now`: epoch milliseconds. */
export function createViewOf(client: Client, now: () => number): ViewOf {
  return async (trigger) => {
    const handle = client.workflow.getHandle(instanceId(trigger));
    return client.withDeadline(now() + VIEW_DEADLINE_MS, () => handle.query(viewQuery)).catch(() => undefined);
  };
}
