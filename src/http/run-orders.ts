import { randomUUID } from 'node:crypto';

import {
  type Client,
  isGrpcServiceError,
  type WorkflowExecutionDescription,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

import { approveUpdate, finishUpdate, rejectUpdate } from '../contract/definitions.ts';
import type { FinishAnswer } from '../contract/messages.ts';
import { isRunType } from '../contract/names.ts';
import { refusal } from '../errors.ts';
import { isNotFound } from '../temporal/not-found.ts';
import type { Decided, Finished, RunOrder, RunOrders } from './operate-api.ts';
import type { ReadResult } from './read-api.ts';
import { approvalOf } from './run-summary.ts';
import { away, noRun } from './temporal-answer.ts';
import { rfc3339 } from '../explain/answer.ts';

/** An order that Temporal or the worker does not answer within this is a refusal, and may be given again. */
const ORDER_DEADLINE_MS = 8_000;
/** ALREADY_EXISTS of gRPC: somebody has asked before. */
const ALREADY_EXISTS = 6;
/** Who asks where nobody says. */
export const BY_DEFAULT = 'api';

/** What people do to runs, over Temporal. */
export function createRunOrders(client: Client, now: () => number): RunOrders {
  const within = <T>(call: () => Promise<T>) => client.withDeadline(now() + ORDER_DEADLINE_MS, call);
  return {
    cancel: (runId, order) => onRun(client, runId, (run) => within(() => cancel(client, run, order))),
    finish: (runId, ended) => onRun(client, runId, (run) => within(() => finish(client, run, ended))),
    answer: (runId, decision, order) =>
      onRun(client, runId, (run) => within(() => answer(client, run, decision, order))),
  };
}

/** An id names any workflow; only runs and branches take orders here. */
async function onRun<T>(
  client: Client,
  runId: string,
  act: (run: WorkflowExecutionDescription) => Promise<ReadResult<T>>,
): Promise<ReadResult<T>> {
  try {
    const run = await client.workflow.getHandle(runId).describe();
    return isRunType(run.type) ? await act(run) : noRun(runId);
  } catch (error) {
    return isNotFound(error) ? noRun(runId) : away(error);
  }
}

async function cancel(
  client: Client,
  run: WorkflowExecutionDescription,
  { by = BY_DEFAULT, reason }: RunOrder,
): Promise<ReadResult<{ runId: string; cancelRequested: true }>> {
  const { workflowId, runId: execution } = run;
  if (run.closeTime) return hasEnded(run);
  try {
    await client.workflowService.requestCancelWorkflowExecution({
      namespace: client.options.namespace,
      workflowExecution: { workflowId, runId: execution },
      identity: by,
      requestId: randomUUID(),
      reason: reason ?? `Cancelled by ${by}.`,
    });
  } catch (error) {
    if (isNotFound(error)) return hasEnded(run);
    if (!isGrpcServiceError(error) || error.code !== ALREADY_EXISTS) throw error;
  }
  return { ok: true, value: { runId: workflowId, cancelRequested: true } };
}

async function answer(
  client: Client,
  run: WorkflowExecutionDescription,
  decision: Decided['decision'],
  { by = BY_DEFAULT, reason }: RunOrder,
): Promise<ReadResult<Decided>> {
  const { workflowId } = run;
  if (run.closeTime) return afterTheEnd(run, decision);
  const update = decision === 'approved' ? approveUpdate : rejectUpdate;
  try {
    const handle = client.workflow.getHandle(workflowId);
    const stands = await handle.executeUpdate(update, { args: [{ by, ...(reason !== undefined && { reason }) }] });
    return standing(workflowId, decision, { ...stands, at: rfc3339(stands.at) });
  } catch (error) {
    if (isNotFound(error)) return afterTheEnd(await client.workflow.getHandle(workflowId).describe(), decision);
    const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
    if (!(cause instanceof ApplicationFailure) || cause.type !== 'not_waiting') throw error;
    return { ok: false, refusal: refusal('not_waiting', `Run ${workflowId} does not wait for approval.`) };
  }
}

async function finish(
  client: Client,
  run: WorkflowExecutionDescription,
  ended: FinishAnswer,
): Promise<ReadResult<Finished>> {
  const { workflowId: runId } = run;
  if (run.closeTime) return hasEnded(run);
  try {
    const stands = await client.workflow.getHandle(runId).executeUpdate(finishUpdate, { args: [ended] });
    return { ok: true, value: { runId, status: stands.status } };
  } catch (error) {
    if (isNotFound(error)) return hasEnded(await client.workflow.getHandle(runId).describe());
    const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
    if (!(cause instanceof ApplicationFailure) || cause.type !== 'not_followed') throw error;
    return { ok: false, refusal: refusal('not_followed', `Run ${runId} has started nothing that could end.`) };
  }
}

/** A run that has ended still knows what was decided about it. */
function afterTheEnd(run: WorkflowExecutionDescription, decision: Decided['decision']): ReadResult<Decided> {
  const approval = approvalOf(run.memo?.['approval']);
  if (!approval || approval.state === 'waiting') return hasEnded(run);
  const { state, by, at, reason } = approval;
  const stands = { decision: state, by, at, ...(reason !== undefined && { reason }) };
  return standing(run.workflowId, decision, stands);
}

function standing(runId: string, wanted: Decided['decision'], stands: Omit<Decided, 'runId'>): ReadResult<Decided> {
  const { decision, by, at, reason } = stands;
  if (decision === wanted)
    return { ok: true, value: { runId, decision, by, at, ...(reason !== undefined && { reason }) } };
  const why = reason === undefined ? '' : `: ${reason}`;
  return { ok: false, refusal: refusal('already_decided', `Run ${runId} was ${decision} by ${by} at ${at}${why}`) };
}

function hasEnded({ workflowId, status }: WorkflowExecutionDescription) {
  const detail = `Run ${workflowId} has ended (${status.name.toLowerCase()}).`;
  return { ok: false, refusal: refusal('run_ended', detail) } as const;
}
