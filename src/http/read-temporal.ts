import type { Client } from '@temporalio/client';

import { carriedQuery, deadLetterQuery, keyQuery, viewQuery } from '../contract/definitions.ts';
import type { InstanceView } from '../contract/messages.ts';
import { instanceId, WORKFLOW } from '../contract/names.ts';
import { restore } from '../core/carried.ts';
import { initialState } from '../core/state.ts';
import { type Refusal, refusal } from '../errors.ts';
import type { Definitions, LoadedTrigger } from '../load/definitions.ts';
import type { JsonObject } from '../spec/json.ts';
import type { DeadLetterSummary, ReadApi, TriggerSummary } from './read-api.ts';
import { createRunReads } from './run-reads.ts';
import { away, isNotFound } from './temporal-answer.ts';
import { keySummary, pausedOf, rfc3339, stateOf } from './state-view.ts';

/** A whole state may have 1.25 MiB. */
const STATE_DEADLINE_MS = 8_000;
/** An instance that does not answer within this is shown without its state. */
const VIEW_DEADLINE_MS = 3_000;
/** Dead letters listed at once. */
const DEAD_LETTERS_MAX = 200;

/** Reads what Temporal and the loaded definitions hold. */
export function createReadApi(client: Client, definitions: () => Definitions, now: () => number): ReadApi {
  const viewOf = async (trigger: string): Promise<InstanceView | undefined> => {
    const handle = client.workflow.getHandle(instanceId(trigger));
    return client.withDeadline(now() + VIEW_DEADLINE_MS, () => handle.query(viewQuery)).catch(() => undefined);
  };
  return {
    triggers: async () => {
      const all = [...definitions().triggers.values()];
      const value = await Promise.all(all.map(async (trigger) => summaryOf(trigger, await viewOf(trigger.name))));
      return { ok: true, value };
    },
    trigger: async (name) => {
      const trigger = definitions().triggers.get(name);
      if (!trigger) return notFound(`No trigger is named ${name}.`);
      const view = await viewOf(name);
      const definition = toJson(trigger.spec);
      const keys = (view?.keys ?? []).map(keySummary);
      const state = view && { ...stateOf(view), history: view.history };
      const summary = summaryOf(trigger, view);
      return { ok: true, value: { ...summary, definition, keys, keyCount: view?.liveKeys ?? 0, ...state } };
    },
    key: async (name, key) => {
      if (!definitions().triggers.has(name)) return notFound(`No trigger is named ${name}.`);
      const handle = client.workflow.getHandle(instanceId(name));
      try {
        const view = await client.withDeadline(now() + VIEW_DEADLINE_MS, () => handle.query(keyQuery, key));
        return { ok: true, value: keySummary(view) };
      } catch (error) {
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
    deadLetters: async () => ({ ok: true, value: await deadLetters(client) }),
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
    ...(view && { openWindows: view.keys.filter((key) => key.window !== undefined).length }),
    ...(view?.paused && { paused: pausedOf(view.paused) }),
    ...(view?.nextDeadline && { nextDeadline: rfc3339(view.nextDeadline.at) }),
  };
}

async function deadLetters(client: Client): Promise<readonly DeadLetterSummary[]> {
  const query = `WorkflowType = "${WORKFLOW.deadLetter}" AND ExecutionStatus = "Running"`;
  const summaries: DeadLetterSummary[] = [];
  for await (const execution of client.workflow.list({ query, pageSize: DEAD_LETTERS_MAX })) {
    const handle = client.workflow.getHandle(execution.workflowId);
    const held = await handle.query(deadLetterQuery).catch(() => undefined);
    if (held) {
      summaries.push({
        deadLetterId: execution.workflowId,
        kind: held.of,
        trigger: held.trigger,
        code: held.code,
        detail: held.entries.at(-1)?.detail ?? '',
        count: held.entries.length + (held.beyond ?? 0),
        openedAt: execution.startTime.toISOString(),
      });
    }
    if (summaries.length >= DEAD_LETTERS_MAX) break;
  }
  return summaries;
}

function notFound(detail: string): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: refusal('not_found', detail) };
}

function toJson(spec: LoadedTrigger['spec']): JsonObject {
  return JSON.parse(JSON.stringify(spec));
}
