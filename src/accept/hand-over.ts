import { type Client, WithStartWorkflowOperation } from '@temporalio/client';

import { orderUpdate } from '../contract/definitions.ts';
import type { HandedOver, OrderAnswer } from '../contract/messages.ts';
import { WORKFLOW } from '../contract/names.ts';
import type { InstancePressure } from '../contract/spill.ts';
import { explain } from '../core/explain.ts';
import type { ReplayOf, RunRequest } from '../core/fact.ts';
import type { Order } from '../core/input.ts';
import { FULL_BYTES, FULL_ITEMS } from '../core/limits.ts';
import { runIdOf } from '../core/run-id.ts';
import type { Definition } from '../spec/definition.ts';
import type { JsonObject } from '../spec/json.ts';
import { instanceStart } from './instance-start.ts';

/**
 * Gives an order to an instance, which is started with it where it does not run. The definition goes along: whoever orders
 * means the trigger as it is loaded now. The same `updateId` again is answered, not ordered again, by one run of the
 * instance.
 */
export function giveOrder(
  client: Client,
  definition: Definition,
  order: Order,
  { deadline, updateId }: { readonly deadline: number; readonly updateId?: string },
): Promise<OrderAnswer> {
  const startWorkflowOperation = new WithStartWorkflowOperation(WORKFLOW.trigger, {
    ...instanceStart(definition),
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  return client.withDeadline(deadline, () =>
    client.workflow.executeUpdateWithStart(orderUpdate(order.kind), {
      args: [{ version: 1, order, definition }],
      startWorkflowOperation,
      ...(updateId !== undefined && { updateId }),
    }),
  );
}

/** A run that was given up, what a person changed of it, and who wants it again. `attempt` counts the replays wanted. */
export type Replay = {
  readonly run: RunRequest;
  readonly attempt: number;
  readonly params?: JsonObject;
  readonly by: string;
};

/** The next replay of a run. */
function nextReplay({ runId, replays }: RunRequest): ReplayOf {
  return { runId, root: replays?.root ?? runId, ordinal: (replays?.ordinal ?? 0) + 1 };
}

/** The order by which an instance takes a run once more. What a person gave for it stays given where nobody changed it. */
export function replayOrder({ run, params = run.params, by }: Replay): Extract<Order, { kind: 'replay' }> {
  const { key, items, last } = run;
  return { kind: 'replay', key, replays: nextReplay(run), items, last, by, ...(params && { params }) };
}

/** Whether an instance has room for the events of a run: below what makes its windows end early. */
export function hasRoom({ pendingItems, pendingBytes }: InstancePressure, { items, bytes }: RunRequest): boolean {
  return pendingItems + items.length <= FULL_ITEMS && pendingBytes + bytes <= FULL_BYTES;
}

/** What an instance made of a replay, from its answer. What it had taken before is taken. */
export function handedOver(
  trigger: string,
  { key, items, replays }: Extract<Order, { kind: 'replay' }>,
  { entries }: OrderAnswer,
): HandedOver {
  const eventIds = items.map(({ eventId }) => eventId);
  const runId = runIdOf({ trigger, key, cause: 'replay', eventIds, replays });
  if (entries.some((entry) => entry.kind === 'runDecided' && entry.runId === runId)) {
    return { ok: true, runId, fate: 'started' };
  }
  const waits = entries.find((entry) => entry.kind === 'waiting' && entry.key === key && entry.detail === 'replay');
  const why = waits?.why && explain(waits.why, timeText);
  if (waits) return { ok: true, runId, fate: 'waiting', ...(why !== undefined && { why }) };
  const no = entries.find((entry) => entry.kind === 'suppressed' && entry.key === key)?.why;
  if (!no || no.kind === 'alreadyStarted') return { ok: true, runId, fate: 'started' };
  return { ok: false, code: 'replay_refused', detail: explain(no, timeText) };
}

function timeText(at: number): string {
  return new Date(at).toISOString();
}
