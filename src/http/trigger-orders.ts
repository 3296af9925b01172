import { type Client, WorkflowUpdateFailedError } from '@temporalio/client';

import { giveOrder } from '../accept/hand-over.ts';
import { orderUpdate, viewQuery } from '../contract/definitions.ts';
import type { OrderAnswer } from '../contract/messages.ts';
import type { Order } from '../core/input.ts';
import { instanceId } from '../contract/names.ts';
import { explain } from '../core/explain.ts';
import type { LedgerEntry } from '../core/ledger.ts';
import { refusal } from '../errors.ts';
import { rfc3339 } from '../explain/answer.ts';
import type { Definitions, LoadedTrigger } from '../load/definitions.ts';
import { isNotFound } from '../temporal/not-found.ts';
import { createViewOf } from './instance-view.ts';
import type { Ordered, TriggerOrders } from './operate-api.ts';
import type { ReadResult } from './read-api.ts';
import { removedTriggers } from './removed-triggers.ts';
import { away } from './temporal-answer.ts';

/** An order that is not answered within this is a refusal; given again it changes nothing twice. */
const ORDER_DEADLINE_MS = 8_000;
/** Triggers ordered at the same time where all are: each may start a workflow. */
const AT_ONCE = 8;

/** What people do to triggers, over Temporal. An instance that does not run is started with the order. */
export function createTriggerOrders(client: Client, definitions: () => Definitions, now: () => number): TriggerOrders {
  const viewOf = createViewOf(client, now);
  const give = (trigger: LoadedTrigger, order: Order) =>
    giveOrder(client, trigger.definition, order, { deadline: now() + ORDER_DEADLINE_MS }).then(
      (answer): ReadResult<Ordered> => ({ ok: true, value: orderedOf(trigger.name, answer) }),
      failure,
    );
  return {
    order: async (name, order) => {
      const trigger = definitions().triggers.get(name);
      if (!trigger) return orderRemoved(client, name, order, now() + ORDER_DEADLINE_MS);
      if (order.kind === 'breaker' && !trigger.definition.breaker) {
        return { ok: false, refusal: refusal('malformed_request', `Trigger ${name} has no breaker.`) };
      }
      return give(trigger, order);
    },
    orderAll: async (order) => {
      // Those that Temporal does not list now can be ordered by name.
      const removed = await removedTriggers(client, (name) => definitions().triggers.has(name), viewOf).catch(() => []);
      const waiting: Work[] = [
        ...[...definitions().triggers.values()].map((one): Work => [one.name, () => give(one, order)]),
        ...removed.map(([name]): Work => [name, () => orderRemoved(client, name, order, now() + ORDER_DEADLINE_MS)]),
      ];
      const done: (Ordered | { readonly trigger: string; readonly problem: string })[] = [];
      const work = async () => {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          const [trigger, ordered] = next;
          const result = await ordered();
          done.push(result.ok ? result.value : { trigger, problem: result.refusal.detail });
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      return { ok: true, value: { triggers: done.toSorted((a, b) => (a.trigger < b.trigger ? -1 : 1)) } };
    },
  };
}

type Work = readonly [trigger: string, give: () => Promise<ReadResult<Ordered>>];

/** What a removed trigger holds can be let go on, or kept back, as long as its instance runs; it starts nothing new. */
async function orderRemoved(
  client: Client,
  name: string,
  order: Order,
  deadline: number,
): Promise<ReadResult<Ordered>> {
  const unknown = { ok: false, refusal: refusal('not_found', `No trigger is named ${name.slice(0, 100)}.`) } as const;
  if (order.kind === 'fire' || order.kind === 'replay') return unknown;
  const handle = client.workflow.getHandle(instanceId(name));
  try {
    return await client.withDeadline(deadline, async () => {
      const { definition } = await handle.query(viewQuery);
      const answer = await handle.executeUpdate(orderUpdate(order.kind), { args: [{ version: 1, order, definition }] });
      return { ok: true, value: orderedOf(name, answer) } as const;
    });
  } catch (error) {
    return isNotFound(error) ? unknown : failure(error);
  }
}

function failure(error: unknown): ReadResult<never> {
  if (!(error instanceof WorkflowUpdateFailedError)) return away(error);
  const why = error.cause instanceof Error ? error.cause.message : error.message;
  return { ok: false, refusal: refusal('malformed_request', `The instance refused the order: ${why}`) };
}

function orderedOf(trigger: string, { entries, more }: OrderAnswer): Ordered {
  return { trigger, changed: entries.length > 0, decided: entries.map(decidedOf), more };
}

/** One entry for people: what happened, and why in a sentence. */
function decidedOf(entry: LedgerEntry): Ordered['decided'][number] {
  const { kind, at, key, stage, eventCount, runId, detail, why, dueAt } = entry;
  return {
    kind,
    at: rfc3339(at),
    ...(key !== undefined && { key }),
    ...(stage !== undefined && { stage }),
    ...(eventCount !== undefined && { eventCount }),
    ...(runId !== undefined && { runId }),
    ...(detail !== undefined && { detail }),
    ...(why !== undefined && { why: explain(why, rfc3339) }),
    ...(dueAt !== undefined && { dueAt: rfc3339(dueAt) }),
  };
}
