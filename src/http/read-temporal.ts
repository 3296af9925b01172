import {
  type Client,
  isGrpcServiceError,
  type WorkflowExecutionDescription,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';

import { deadLetterQuery, viewQuery } from '../contract/definitions.ts';
import type { InstanceView, RunInput } from '../contract/messages.ts';
import { instanceId, SEARCH_ATTRIBUTE, WORKFLOW } from '../contract/names.ts';
import type { KeyView } from '../core/view.ts';
import { type Refusal, refusal } from '../errors.ts';
import type { Definitions, LoadedTrigger } from '../load/definitions.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import type {
  DeadLetterSummary,
  KeySummary,
  ReadApi,
  ReadResult,
  RunDetail,
  RunEvents,
  TriggerSummary,
} from './read-api.ts';

/** An instance that does not answer within this is shown without its state. */
const VIEW_DEADLINE_MS = 3_000;
/** NOT_FOUND of gRPC. */
const NOT_FOUND = 5;
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
      const state = view && {
        counts: view.counts,
        pressure: view.pressure,
        history: view.history,
        ...(view.dedupeReachesBackTo !== undefined && { dedupeReachesBackTo: rfc3339(view.dedupeReachesBackTo) }),
      };
      const summary = summaryOf(trigger, view);
      return { ok: true, value: { ...summary, definition, keys, keyCount: view?.liveKeys ?? 0, ...state } };
    },
    run: (runId) => found(runId, () => runDetail(client, runId)),
    runEvents: (runId) => found(runId, () => runEvents(client, runId)),
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
    ...(view?.nextDeadline && { nextDeadline: rfc3339(view.nextDeadline.at) }),
  };
}

function keySummary({ key, window, hold, coolingUntil }: KeyView): KeySummary {
  return {
    key,
    ...(window && {
      window: { openedAt: rfc3339(window.openedAt), firesAt: rfc3339(window.dueAt), eventCount: window.events },
    }),
    ...(coolingUntil !== undefined && { cooldownUntil: rfc3339(coolingUntil) }),
    ...(hold && { heldEvents: hold.events }),
  };
}

async function found<T>(runId: string, read: () => Promise<T | undefined>): Promise<ReadResult<T>> {
  try {
    const value = await read();
    return value === undefined ? notFound(`No run has the id ${runId}.`) : { ok: true, value };
  } catch (error) {
    if (isNotFound(error)) return notFound(`No run has the id ${runId}.`);
    const detail = error instanceof Error ? error.message : String(error);
    return { ok: false, refusal: refusal('temporal_unavailable', detail, { retryAfterSeconds: 1 }) };
  }
}

/** Read through a handle or straight from the service, what is not there looks different. */
function isNotFound(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError || (isGrpcServiceError(error) && error.code === NOT_FOUND);
}

/** The start input of a run, from the first event of its history. */
async function inputOf(client: Client, runId: string): Promise<RunInput | undefined> {
  const handle = client.workflow.getHandle(runId);
  const history = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId: handle.workflowId },
    maximumPageSize: 1,
  });
  const started = history.history?.events?.[0]?.workflowExecutionStartedEventAttributes;
  if (started?.workflowType?.name !== WORKFLOW.run) return undefined;
  const [payload] = started.input?.payloads ?? [];
  return payload ? defaultPayloadConverter.fromPayload<RunInput>(payload) : undefined;
}

async function runEvents(client: Client, runId: string): Promise<RunEvents | undefined> {
  const input = await inputOf(client, runId);
  if (!input) return undefined;
  const events = input.run.items.map(({ eventId, value }) => ({ eventId, ...(value !== undefined && { value }) }));
  return { runId, count: events.length, events };
}

async function runDetail(client: Client, runId: string): Promise<RunDetail | undefined> {
  const [input, described] = await Promise.all([inputOf(client, runId), client.workflow.getHandle(runId).describe()]);
  if (!input) return undefined;
  const { trigger, run } = input;
  const ended = described.closeTime && (await endOf(client, runId));
  return {
    runId,
    trigger,
    key: run.key,
    kind: run.settings.kind,
    target: run.settings.target,
    cause: run.cause,
    status: statusOf(described),
    startedAt: described.startTime.toISOString(),
    ...(described.closeTime && { endedAt: described.closeTime.toISOString() }),
    eventCount: run.items.length,
    ...ended,
  };
}

/** What a closed run answered, or why it did not succeed. */
async function endOf(client: Client, runId: string): Promise<{ readonly result?: Json; readonly reason?: string }> {
  try {
    const ended: { readonly result?: Json } = await client.workflow.getHandle(runId).result();
    return ended.result === undefined ? {} : { result: ended.result };
  } catch (error) {
    const cause = error instanceof WorkflowFailedError ? error.cause : error;
    return { reason: cause instanceof Error ? cause.message : String(cause) };
  }
}

function statusOf({ status, typedSearchAttributes }: WorkflowExecutionDescription): string {
  const outcome = typedSearchAttributes.get(SEARCH_ATTRIBUTE.outcome);
  if (outcome === 'deadLettered') return 'held';
  if (outcome !== undefined && outcome !== null) return outcome;
  return status.name === 'RUNNING' ? 'running' : status.name.toLowerCase();
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

function rfc3339(at: number): string {
  return new Date(at).toISOString();
}

function toJson(spec: LoadedTrigger['spec']): JsonObject {
  return JSON.parse(JSON.stringify(spec));
}
