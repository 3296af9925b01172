import type { Client } from '@temporalio/client';

import { carriedQuery, keyQuery } from '../contract/definitions.ts';
import type { InstanceView } from '../contract/messages.ts';
import { instanceId } from '../contract/names.ts';
import { restore } from '../core/carried.ts';
import { initialState } from '../core/state.ts';
import { type Refusal, refusal } from '../errors.ts';
import { rfc3339 } from '../explain/answer.ts';
import type { Definitions, LoadedTrigger } from '../load/definitions.ts';
import type { JsonObject } from '../spec/json.ts';
import { isNotFound } from '../temporal/not-found.ts';
import { createBulkReads } from './bulk-replays.ts';
import { createDeadLetterReads } from './dead-letter-reads.ts';
import { listLanes } from './lane-list.ts';
import type { ReadApi, ReadResult, TriggerDetail, TriggerSummary } from './read-api.ts';
import { createViewOf } from './instance-view.ts';
import { removedTriggers } from './removed-triggers.ts';
import { createRunReads } from './run-reads.ts';
import { away } from './temporal-answer.ts';
import { keySummary, pausedOf, stateOf } from './state-view.ts';

/** A whole state may have 1.25 MiB. */
const STATE_DEADLINE_MS = 8_000;
/** A key that is not shown within this is answered with 503. */
const KEY_DEADLINE_MS = 3_000;

/** Reads what Temporal and the loaded definitions hold. */
export function createReadApi(client: Client, definitions: () => Definitions, now: () => number): ReadApi {
  const viewOf = createViewOf(client, now);
  return {
    triggers: async () => {
      const all = [...definitions().triggers.values()];
      const [loaded, removed] = await Promise.all([
        Promise.all(all.map(async (trigger) => summaryOf(trigger, await viewOf(trigger.name)))),
        // Like the state of the others, they are missing where Temporal does not answer.
        removedTriggers(client, (name) => definitions().triggers.has(name), viewOf).catch(() => []),
      ]);
      return { ok: true, value: [...loaded, ...removed.map(([name, view]) => removedSummary(name, view))] };
    },
    trigger: async (name) => {
      const trigger = definitions().triggers.get(name);
      if (!trigger) return removedTrigger(name, await viewOf(name));
      const view = await viewOf(name);
      const definition = toJson(trigger.spec);
      return { ok: true, value: { ...summaryOf(trigger, view), definition, ...heldBy(view) } };
    },
    key: async (name, key) => {
      const handle = client.workflow.getHandle(instanceId(name));
      try {
        const view = await client.withDeadline(now() + KEY_DEADLINE_MS, () => handle.query(keyQuery, key));
        return { ok: true, value: keySummary(view) };
      } catch (error) {
        if (!definitions().triggers.has(name)) return notFound(`No trigger is named ${name}.`);
        // An instance that never ran holds nothing.
        return isNotFound(error) ? { ok: true, value: { key } } : away(error);
      }
    },
    state: async (name) => {
      const trigger = definitions().triggers.get(name);
      if (!trigger) return notFound(`No trigger is named ${name}.`);
      const handle = client.workflow.getHandle(instanceId(name));
      try {
        const carried = await client.withDeadline(now() + STATE_DEADLINE_MS, () => handle.query(carriedQuery));
        return { ok: true, value: { trigger, state: restore(carried) } };
      } catch (error) {
        if (!isNotFound(error)) return away(error);
        return { ok: true, value: { trigger, state: initialState(trigger.definition) } };
      }
    },
    ...createRunReads(client, now),
    lanes: () => listLanes(client, now()),
    ...createDeadLetterReads(client, now),
    ...createBulkReads(client, now),
  };
}

function summaryOf(
  { name, spec, generation, loadedAt, labels }: LoadedTrigger,
  view: InstanceView | undefined,
): TriggerSummary {
  return {
    name,
    mode: spec.mode,
    generation,
    loadedAt: rfc3339(loadedAt),
    labels,
    workflowId: instanceId(name),
    ...(view && openOf(view)),
  };
}

/** A trigger that is not loaded any more, by the definition that its instance goes by. */
function removedSummary(name: string, view: InstanceView): TriggerSummary {
  const { mode, generation, loadedAt } = view.definition;
  const of = { name, mode, generation, loadedAt: rfc3339(loadedAt), workflowId: instanceId(name) };
  return { ...of, removed: true, ...openOf(view) };
}

function removedTrigger(name: string, view: InstanceView | undefined): ReadResult<TriggerDetail> {
  if (!view) return notFound(`No trigger is named ${name}.`);
  return { ok: true, value: { ...removedSummary(name, view), ...heldBy(view) } };
}

function openOf({ keys, paused, nextDeadline }: InstanceView) {
  return {
    openWindows: keys.filter((key) => key.window !== undefined).length,
    ...(paused && { paused: pausedOf(paused) }),
    ...(nextDeadline && { nextDeadline: rfc3339(nextDeadline.at) }),
  };
}

function heldBy(view: InstanceView | undefined) {
  const keys = (view?.keys ?? []).map(keySummary);
  return { keys, keyCount: view?.liveKeys ?? 0, ...(view && { ...stateOf(view), history: view.history }) };
}

function notFound(detail: string): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: refusal('not_found', detail) };
}

function toJson(spec: LoadedTrigger['spec']): JsonObject {
  return JSON.parse(JSON.stringify(spec));
}
