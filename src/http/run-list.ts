import type { Client } from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';

import { SEARCH_ATTRIBUTE, WAITING_FOR_APPROVAL, WAITING_FOR_PLACE, WORKFLOW } from '../contract/names.ts';
import { refusal } from '../errors.ts';
import { keyClause, quoted } from '../temporal/visibility.ts';
import { nextOf, tokenOf } from './page-token.ts';
import type { ReadResult, RunList, RunQuery } from './read-api.ts';
import { STATUS_NAMES, summaryOf } from './run-summary.ts';
import { away } from './temporal-answer.ts';

/** A list that Temporal does not answer within this is a refusal. */
const LIST_DEADLINE_MS = 5_000;

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
    case 'waitingForPlace':
      return `ExecutionStatus = "Running" AND ${outcome} = ${quoted(WAITING_FOR_PLACE)}`;
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

/** A page of runs, from visibility, which lags a little. */
export async function listRuns(client: Client, query: RunQuery, nowMs: number): Promise<ReadResult<RunList>> {
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

export function valuesOf(fields: { readonly [name: string]: Payload } | null | undefined): { [name: string]: unknown } {
  return Object.fromEntries(
    Object.entries(fields ?? {}).map(([name, payload]) => [name, defaultPayloadConverter.fromPayload(payload)]),
  );
}

export function rfc3339(at: { readonly seconds?: unknown; readonly nanos?: number | null } | null | undefined) {
  if (!at) return undefined;
  return new Date(Number(at.seconds ?? 0) * 1_000 + Math.floor((at.nanos ?? 0) / 1e6)).toISOString();
}
