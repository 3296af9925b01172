import {
  type Client,
  isGrpcServiceError,
  type WorkflowExecutionDescription,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { z } from 'zod';

import type { RunInput } from '../contract/messages.ts';
import { SEARCH_ATTRIBUTE, WAITING_FOR_APPROVAL, WORKFLOW } from '../contract/names.ts';
import { refusal, type Refusal } from '../errors.ts';
import type { Json } from '../spec/json.ts';
import { nextOf, tokenOf } from './page-token.ts';
import type { ReadApi, ReadResult, RunDetail, RunEvents, RunList, RunQuery, RunSummary } from './read-api.ts';

/** NOT_FOUND of gRPC. */
const NOT_FOUND = 5;
/** A list that Temporal does not answer within this is a refusal. */
const LIST_DEADLINE_MS = 5_000;

/** An execution as lists and descriptions have it. */
type Seen = {
  readonly status: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  /** By the names of the attributes. */
  readonly attributes: ReadonlyMap<string, unknown>;
  readonly memo: { readonly [name: string]: unknown };
};

/** Reads runs from Temporal: lists from visibility, which lags a little, one run from its history. */
export function createRunReads(client: Client, now: () => number): Pick<ReadApi, 'runs' | 'run' | 'runEvents'> {
  return {
    runs: (query) => listRuns(client, query, now()),
    run: (runId) => found(runId, () => runDetail(client, runId)),
    runEvents: (runId) => found(runId, () => runEvents(client, runId)),
  };
}

/** What visibility is asked for, in its query language. */
export function visibilityQuery({ trigger, key, status, since }: Omit<RunQuery, 'limit' | 'page'>): string {
  const is = (name: string, value: string) => `${name} = ${quoted(value)}`;
  return [
    is('WorkflowType', WORKFLOW.run),
    ...(trigger === undefined ? [] : [is(SEARCH_ATTRIBUTE.trigger.name, trigger)]),
    ...(key === undefined ? [] : keyClause(key)),
    ...(status === undefined ? [] : [statusClause(status)]),
    ...(since === undefined ? [] : [`StartTime >= ${quoted(new Date(since).toISOString())}`]),
  ].join(' AND ');
}

function statusClause(status: NonNullable<RunQuery['status']>): string {
  const outcome = SEARCH_ATTRIBUTE.outcome.name;
  switch (status) {
    case 'running':
      return `ExecutionStatus = "Running" AND ${outcome} IS NULL`;
    case 'waitingForApproval':
      return `ExecutionStatus = "Running" AND ${outcome} = ${quoted(WAITING_FOR_APPROVAL)}`;
    case 'held':
      return `${outcome} = "deadLettered"`;
    case 'terminated':
      return 'ExecutionStatus = "Terminated"';
    case 'succeeded':
    case 'failed':
    case 'timedOut':
    case 'cancelled':
    case 'rejected':
    case 'skipped':
      return `${outcome} = ${quoted(status)}`;
  }
}

/** Temporal compares these as it would write them, escaped, so a text that holds one equals nothing. */
const ESCAPED = /["'\\\p{Cc}]/u;

/** The key, or as much of it as visibility can compare; the rest is compared here. */
function keyClause(key: string): readonly string[] {
  const { name } = SEARCH_ATTRIBUTE.key;
  const at = key.search(ESCAPED);
  if (at < 0) return [`${name} = ${quoted(key)}`];
  return at === 0 ? [] : [`${name} STARTS_WITH ${quoted(key.slice(0, at))}`];
}

function quoted(value: string): string {
  return `"${value}"`;
}

async function listRuns(client: Client, query: RunQuery, nowMs: number): Promise<ReadResult<RunList>> {
  const { limit, page } = query;
  const token = page === undefined ? undefined : tokenOf(page);
  if (page !== undefined && !token) {
    const violations = [{ pointer: '/page', message: 'is not the `next` of a page' }];
    return { ok: false, refusal: refusal('malformed_request', 'The page is not one of this list.', { violations }) };
  }
  try {
    const listed = await client.withDeadline(nowMs + LIST_DEADLINE_MS, () =>
      client.workflowService.listWorkflowExecutions({
        namespace: client.options.namespace,
        query: visibilityQuery(query),
        pageSize: limit,
        ...(token && { nextPageToken: token }),
      }),
    );
    const runs = listed.executions.map((execution) => {
      const { status, startTime, closeTime, searchAttributes, memo } = execution;
      const endedAt = rfc3339(closeTime);
      return summaryOf(execution.execution?.workflowId ?? '', {
        status: STATUS_NAMES[status ?? 0] ?? 'unknown',
        startedAt: rfc3339(startTime) ?? new Date(0).toISOString(),
        ...(endedAt !== undefined && { endedAt }),
        attributes: new Map(Object.entries(valuesOf(searchAttributes?.indexedFields))),
        memo: valuesOf(memo?.fields),
      });
    });
    const next = nextOf(listed.nextPageToken);
    const wanted = query.key === undefined ? runs : runs.filter(({ key }) => key === query.key);
    return { ok: true, value: { runs: wanted, ...(next !== undefined && { next }) } };
  } catch (error) {
    return away(error);
  }
}

/** By `WorkflowExecutionStatus` of the API. */
const STATUS_NAMES: readonly string[] = [
  'unknown',
  'running',
  'completed',
  'failed',
  'cancelled',
  'terminated',
  'continuedAsNew',
  'timedOut',
];

function valuesOf(fields: { readonly [name: string]: Payload } | null | undefined): { [name: string]: unknown } {
  return Object.fromEntries(
    Object.entries(fields ?? {}).map(([name, payload]) => [name, defaultPayloadConverter.fromPayload(payload)]),
  );
}

function rfc3339(at: { readonly seconds?: unknown; readonly nanos?: number | null } | null | undefined) {
  if (!at) return undefined;
  return new Date(Number(at.seconds ?? 0) * 1_000 + Math.floor((at.nanos ?? 0) / 1e6)).toISOString();
}

function summaryOf(runId: string, { status, startedAt, endedAt, attributes, memo }: Seen): RunSummary {
  const text = (name: string): string => {
    const value = attributes.get(name);
    const first: unknown = Array.isArray(value) ? value[0] : value;
    return typeof first === 'string' ? first : '';
  };
  const approval = approvalOf(memo['approval']);
  const { eventCount } = memo;
  return {
    runId,
    trigger: text(SEARCH_ATTRIBUTE.trigger.name),
    key: text(SEARCH_ATTRIBUTE.key.name),
    target: text(SEARCH_ATTRIBUTE.target.name),
    cause: text(SEARCH_ATTRIBUTE.cause.name),
    status: statusOf(status, text(SEARCH_ATTRIBUTE.outcome.name)),
    startedAt,
    ...(endedAt !== undefined && { endedAt }),
    eventCount: typeof eventCount === 'number' ? eventCount : 0,
    ...(approval && { approval }),
  };
}

function statusOf(execution: string, outcome: string): string {
  if (outcome === 'deadLettered') return 'held';
  // A run that somebody terminated while it waited is not waiting any more.
  if (outcome === '' || (outcome === WAITING_FOR_APPROVAL && execution !== 'running')) return execution;
  return outcome;
}

const approvalMemo = z.discriminatedUnion('waiting', [
  z.object({
    waiting: z.literal(true),
    untilAt: z.number(),
    why: z.string(),
    onTimeout: z.enum(['reject', 'approve']),
  }),
  z.object({
    waiting: z.literal(false),
    decision: z.enum(['approved', 'rejected']),
    by: z.string(),
    reason: z.string().exactOptional(),
    at: z.number(),
  }),
]);

/** What a run's memo says of its approval; undefined where it did not ask. */
export function approvalOf(memo: unknown): RunSummary['approval'] {
  const { data } = approvalMemo.safeParse(memo);
  if (!data) return undefined;
  if (data.waiting) {
    const { untilAt, why, onTimeout } = data;
    return { state: 'waiting', until: new Date(untilAt).toISOString(), why, onTimeout };
  }
  const { decision, by, reason, at } = data;
  return { state: decision, by, at: new Date(at).toISOString(), ...(reason !== undefined && { reason }) };
}

async function found<T>(runId: string, read: () => Promise<T | undefined>): Promise<ReadResult<T>> {
  try {
    const value = await read();
    return value === undefined ? noRun(runId) : { ok: true, value };
  } catch (error) {
    return isNotFound(error) ? noRun(runId) : away(error);
  }
}

/** The answer where no run has the id. */
export function noRun(runId: string): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: refusal('not_found', `No run has the id ${runId.slice(0, 100)}.`) };
}

/** The answer where Temporal did not. */
export function away(error: unknown): { readonly ok: false; readonly refusal: Refusal } {
  const detail = error instanceof Error ? error.message : String(error);
  return { ok: false, refusal: refusal('temporal_unavailable', detail, { retryAfterSeconds: 1 }) };
}

/** Read through a handle or straight from the service, what is not there looks different. */
export function isNotFound(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError || (isGrpcServiceError(error) && error.code === NOT_FOUND);
}

/** The start input of a run, from the first event of its history. */
async function inputOf(client: Client, runId: string): Promise<RunInput | undefined> {
  const history = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId: runId },
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
    ...summaryOf(runId, seenOf(described)),
    trigger,
    key: run.key,
    kind: run.settings.kind,
    target: run.settings.target,
    cause: run.cause,
    eventCount: run.items.length,
    ...ended,
  };
}

function seenOf({ status, startTime, closeTime, typedSearchAttributes, memo }: WorkflowExecutionDescription): Seen {
  return {
    status: STATUS_NAMES[status.code] ?? 'unknown',
    startedAt: startTime.toISOString(),
    ...(closeTime && { endedAt: closeTime.toISOString() }),
    attributes: new Map(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value])),
    memo: memo ?? {},
  };
}

/** What a closed run answered, or why it did not succeed. */
async function endOf(client: Client, runId: string): Promise<{ readonly result?: Json; readonly reason?: string }> {
  try {
    const ended: { readonly result?: Json; readonly reason?: string } = await client.workflow.getHandle(runId).result();
    const { result, reason } = ended;
    return { ...(result !== undefined && { result }), ...(reason !== undefined && { reason }) };
  } catch (error) {
    const cause = error instanceof WorkflowFailedError ? error.cause : error;
    return { reason: cause instanceof Error ? cause.message : String(cause) };
  }
}
