import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';

import { deadLetterQuery, viewQuery } from '../../../src/contract/definitions.ts';
import type { Batch, InstanceView, RunInput } from '../../../src/contract/messages.ts';
import { instanceId, SEARCH_ATTRIBUTE, WORKFLOW } from '../../../src/contract/names.ts';
import type { BrokenEvidence, DeadLetterEvidence, Delivered, RunEvidence } from './evidence.ts';

type HistoryEvent = NonNullable<Awaited<ReturnType<typeof historyPage>>['events']>[number];
type Payloads = { readonly payloads?: Parameters<typeof defaultPayloadConverter.fromPayload>[0][] | null } | null;

/** UNHANDLED_COMMAND of `WorkflowTaskFailedCause`: a signal came in between. */
const UNHANDLED_COMMAND = 1;

/** All runs of an instance, oldest first: what it was sent, and what it cost. */
export type InstanceHistory = {
  readonly deliveries: readonly Delivered[];
  readonly signals: number;
  readonly continuedAsNew: number;
  readonly unhandledCommands: number;
  readonly taskFailures: number;
  /** Of workflow tasks, by kind: START_TO_CLOSE is 1, SCHEDULE_TO_START (of a sticky queue) is 2. */
  readonly taskTimeouts: string;
  /** The most any run of it used. */
  readonly most: { readonly events: number; readonly bytes: number; readonly signals: number };
};

/** The state of an instance; undefined where it never started. */
export async function viewOf(client: Client, trigger: string): Promise<InstanceView | undefined> {
  try {
    return await client.workflow.getHandle(instanceId(trigger)).query(viewQuery);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Reads the histories of an instance, from its current run back to its first. */
export async function historyOf(client: Client, trigger: string): Promise<InstanceHistory> {
  const runs: HistoryEvent[][] = [];
  let bytes = 0;
  for (let runId: string | undefined = ''; runId !== undefined; runId = continuedFrom(runs[0])) {
    runs.unshift(await eventsOf(client, instanceId(trigger), runId));
    const described = await client.workflow.getHandle(instanceId(trigger), runId || undefined).describe();
    bytes = Math.max(bytes, described.historySize ?? 0);
  }
  const events = runs.flat();
  const signals = runs.map((run) => run.filter((event) => event.workflowExecutionSignaledEventAttributes).length);
  const failures = events.flatMap((event) => event.workflowTaskFailedEventAttributes ?? []);
  return {
    deliveries: [...events, ...(await segmentEventsOf(client, trigger))].flatMap(deliveriesOf),
    signals: signals.reduce((sum, count) => sum + count, 0),
    continuedAsNew: runs.length - 1,
    unhandledCommands: failures.filter(({ cause }) => cause === UNHANDLED_COMMAND).length,
    taskFailures: failures.length,
    taskTimeouts: events.flatMap((event) => event.workflowTaskTimedOutEventAttributes?.timeoutType ?? []).join(''),
    most: { events: Math.max(...runs.map((run) => run.length)), bytes, signals: Math.max(...signals) },
  };
}

/** What was kept for an instance in segments, in the order of their beginnings. */
async function segmentEventsOf(client: Client, trigger: string): Promise<readonly HistoryEvent[]> {
  const query = `WorkflowType = "${WORKFLOW.spill}" AND ${SEARCH_ATTRIBUTE.trigger.name} = "${trigger}"`;
  const segments: { readonly startedAt: number; readonly events: readonly HistoryEvent[] }[] = [];
  for await (const { workflowId, runId, startTime } of client.workflow.list({ query })) {
    segments.push({ startedAt: startTime.getTime(), events: await eventsOf(client, workflowId, runId) });
  }
  return segments.toSorted((a, b) => a.startedAt - b.startedAt).flatMap(({ events }) => events);
}

/** What the current run of an instance was sent, signal by signal. */
export async function batchesOf(client: Client, trigger: string): Promise<readonly Batch[]> {
  return (await eventsOf(client, instanceId(trigger), '')).flatMap(batchOf);
}

/** Every run workflow, by its start input. */
export async function runsOf(client: Client): Promise<readonly RunEvidence[]> {
  const ids: string[] = [];
  for await (const { workflowId } of client.workflow.list({ query: `WorkflowType = "${WORKFLOW.run}"` })) {
    ids.push(workflowId);
  }
  return Promise.all(ids.map((id) => runOf(client, id)));
}

async function runOf(client: Client, runId: string): Promise<RunEvidence> {
  const { events } = await historyPage(client, runId, '', new Uint8Array(), 1);
  const { trigger, run } = decode<RunInput>(events?.[0]?.workflowExecutionStartedEventAttributes?.input);
  return { runId, trigger, key: run.key, firedAt: run.firedAt, eventIds: run.items.map((item) => item.eventId) };
}

/** What the open dead letters hold. */
export async function deadLettersOf(client: Client): Promise<readonly DeadLetterEvidence[]> {
  const letters: DeadLetterEvidence[] = [];
  for await (const { workflowId } of client.workflow.list({ query: `WorkflowType = "${WORKFLOW.deadLetter}"` })) {
    const held = await client.workflow.getHandle(workflowId).query(deadLetterQuery);
    letters.push({ trigger: held.trigger, code: held.code, eventIds: held.entries.map(({ id }) => id) });
  }
  return letters;
}

/** Workflows that ended otherwise than by completing or continuing as new. */
export async function brokenOf(client: Client): Promise<readonly BrokenEvidence[]> {
  const broken: BrokenEvidence[] = [];
  const query = 'ExecutionStatus IN ("Failed", "Terminated", "TimedOut", "Canceled")';
  for await (const { workflowId, status } of client.workflow.list({ query })) {
    broken.push({ workflowId, status: status.name });
  }
  return broken;
}

/** How many workflows a visibility query finds. */
export async function countOf(client: Client, query: string): Promise<number> {
  return (await client.workflow.count(query)).count;
}

async function eventsOf(client: Client, workflowId: string, runId: string): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  let token = new Uint8Array();
  do {
    const page = await historyPage(client, workflowId, runId, token, 500);
    events.push(...page.events);
    token = new Uint8Array(page.token);
  } while (token.length > 0);
  return events;
}

async function historyPage(client: Client, workflowId: string, runId: string, token: Uint8Array, size: number) {
  const answer = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    nextPageToken: token,
    maximumPageSize: size,
  });
  return { events: answer.history?.events ?? [], token: answer.nextPageToken };
}

function continuedFrom(run: readonly HistoryEvent[] | undefined): string | undefined {
  return run?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
}

function batchOf(event: HistoryEvent): readonly Batch[] {
  const signal = event.workflowExecutionSignaledEventAttributes;
  return signal ? [decode<Batch>(signal.input)] : [];
}

function deliveriesOf(event: HistoryEvent): readonly Delivered[] {
  return batchOf(event).flatMap(({ offers }) => offers.map(({ eventId, body }) => ({ eventId, body })));
}

function decode<T>(input: Payloads | undefined): T {
  const payload = input?.payloads?.[0];
  if (!payload) throw new Error('an input of a workflow is missing');
  return defaultPayloadConverter.fromPayload<T>(payload);
}
