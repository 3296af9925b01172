import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';

import type { BranchInput, RunInput } from '../contract/messages.ts';
import { isRunType } from '../contract/names.ts';
import { isNotFound } from '../temporal/not-found.ts';
import type { ReadApi, ReadResult, RunDetail, RunEvents } from './read-api.ts';
import { branchesOfRun } from './run-branches.ts';
import { endOf } from './run-end.ts';
import { listRuns } from './run-list.ts';
import { type Seen, STATUS_NAMES, summaryOf } from './run-summary.ts';
import { away, noRun } from './temporal-answer.ts';

/** Reads runs from Temporal: lists from visibility, which lags a little, one run from its history. */
export function createRunReads(client: Client, now: () => number): Pick<ReadApi, 'runs' | 'run' | 'runEvents'> {
  return {
    runs: (query) => listRuns(client, query, now()),
    run: (runId) => found(runId, () => runDetail(client, runId, now)),
    runEvents: (runId) => found(runId, () => runEvents(client, runId)),
  };
}

async function found<T>(runId: string, read: () => Promise<T | undefined>): Promise<ReadResult<T>> {
  try {
    const value = await read();
    return value === undefined ? noRun(runId) : { ok: true, value };
  } catch (error) {
    return isNotFound(error) ? noRun(runId) : away(error);
  }
}

/** The start input of a run or a branch, from the first event of its history. */
async function inputOf(client: Client, runId: string): Promise<RunInput | BranchInput | undefined> {
  const history = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId: runId },
    maximumPageSize: 1,
  });
  const started = history.history?.events?.[0]?.workflowExecutionStartedEventAttributes;
  if (!isRunType(started?.workflowType?.name)) return undefined;
  const [payload] = started?.input?.payloads ?? [];
  return payload ? defaultPayloadConverter.fromPayload<RunInput | BranchInput>(payload) : undefined;
}

async function runEvents(client: Client, runId: string): Promise<RunEvents | undefined> {
  const input = await inputOf(client, runId);
  if (!input) return undefined;
  // A branch is about the events of its fan-out.
  if ('branchOf' in input) return runEvents(client, input.branchOf);
  const events = input.run.items.map(({ eventId, value }) => ({ eventId, ...(value !== undefined && { value }) }));
  return { runId, count: events.length, events };
}

async function runDetail(client: Client, runId: string, now: () => number): Promise<RunDetail | undefined> {
  const handle = client.workflow.getHandle(runId);
  const [input, described] = await Promise.all([inputOf(client, runId), handle.describe()]);
  if (!input) return undefined;
  const { trigger, run } = input;
  const isOver = described.closeTime !== undefined;
  const [ended, branches] = await Promise.all([
    isOver ? endOf(handle) : undefined,
    run.settings.plan?.kind === 'fanOut' ? branchesOfRun(client, { runId, isOver }, now) : undefined,
  ]);
  return {
    ...summaryOf(runId, seenOf(described)),
    trigger,
    key: run.key,
    kind: run.settings.kind,
    target: run.settings.target,
    cause: run.cause,
    eventCount: 'branchOf' in input ? input.eventCount : input.run.items.length,
    ...(branches && { branches }),
    ...('branchOf' in input && { branchOf: input.branchOf, branch: input.branch.value }),
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
