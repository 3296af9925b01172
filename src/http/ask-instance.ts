import type { Client, WorkflowHandle } from '@temporalio/client';

import { viewQuery, whereQuery } from '../contract/definitions.ts';
import { instanceId } from '../contract/names.ts';
import { openWorkOf } from '../explain/open-work.ts';
import type { AskInstance } from './read-explain.ts';

/** An instance that does not answer within this is left out of the answer. */
const ANSWER_DEADLINE_MS = 3_000;

/** Asks instances by query: they answer from their state, and nothing of it goes into their history. */
export function createAskInstance(client: Client, now: () => number): AskInstance {
  const ask = async <T>(trigger: string, question: (handle: WorkflowHandle) => Promise<T>): Promise<T | undefined> => {
    const handle = client.workflow.getHandle(instanceId(trigger));
    return client.withDeadline(now() + ANSWER_DEADLINE_MS, () => question(handle)).catch(() => undefined);
  };
  return {
    where: (trigger, key, eventId) => ask(trigger, (handle) => handle.query(whereQuery, { key, eventId })),
    open: async (trigger) => {
      const view = await ask(trigger, (handle) => handle.query(viewQuery));
      return view && openWorkOf(view);
    },
  };
}
