import { ApplicationFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import { isGrpcServiceError, QueryNotRegisteredError, WorkflowNotFoundError } from '@temporalio/client';

import { carriedLaneQuery, requestSignal } from '../src/contract/places.ts';
import { TASK_QUEUE, WORKFLOW } from '../src/contract/names.ts';
import type { Definitions } from '../src/load/definitions.ts';
import type { Logger } from '../src/observability/log.ts';
import type { Activities } from './interface.ts';
import { endOfChain, runsBefore } from './recover-state.ts';

/** A worker that has not loaded a new pool yet does so within a second or two; this many attempts take three. */
const MISSING_ATTEMPTS = 8;
/** A lane has at most some 4,000 events to replay. */
const QUERY_DEADLINE_MS = 4_000;
/** A query of an execution that never had a workflow task. */
const FAILED_PRECONDITION = 9;

type PlaceDependencies = { readonly definitions: () => Definitions };

/** Asks a lane or pool for a place, and starts it where it does not run. A pool that is not defined is an answer. */
export function createRequestPlace({ definitions }: PlaceDependencies): Activities['requestPlace'] {
  return async ({ id, place, run }) => {
    const pool = place.of === 'pool' ? definitions().pools.get(place.name) : undefined;
    if (place.of === 'pool' && !pool) {
      const detail = `No pool is named ${place.name} in the definitions this worker has loaded.`;
      if (Context.current().info.attempt < MISSING_ATTEMPTS) throw ApplicationFailure.retryable(detail, 'pool_missing');
      return { ok: false, detail };
    }
    const settings = pool && {
      limit: pool.spec.limit,
      leaseTimeoutMs: pool.spec.leaseTimeout,
      loadedAt: pool.loadedAt,
    };
    await Context.current().client.workflow.signalWithStart(WORKFLOW.lane, {
      workflowId: id,
      taskQueue: TASK_QUEUE,
      args: [{ version: 1, ...place }],
      signal: requestSignal,
      signalArgs: [{ version: 1, run, ...(settings && { settings }) }],
      staticSummary: `${place.of} ${place.name}`,
    });
    return { ok: true };
  };
}

/** What an earlier run of a lane held that was terminated, failed or timed out; nothing where the last one ended itself. */
export function createRecoverLane({ log }: { readonly log: Logger }): Activities['recoverLane'] {
  return async ({ id, runId }) => {
    const { client } = Context.current();
    for (const listed of await runsBefore(client, id, runId)) {
      const ended = await endOfChain(client, id, listed);
      if (!ended || ended.runId === runId) continue;
      if (ended.status === 'COMPLETED') return {};
      const handle = client.workflow.getHandle(id, ended.runId);
      try {
        const deadline = Date.now() + QUERY_DEADLINE_MS;
        const carried = await client.withDeadline(deadline, () => handle.query(carriedLaneQuery));
        log.warn({ lane: id, from: ended.runId, status: ended.status }, 'a lane takes over what an ended one held');
        return { carried };
      } catch (error) {
        if (!hasNoState(error)) throw error;
      }
    }
    return {};
  };
}

/** It ended before it had a state, or is kept no longer. */
function hasNoState(error: unknown): boolean {
  if (error instanceof QueryNotRegisteredError || error instanceof WorkflowNotFoundError) return true;
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return isGrpcServiceError(cause) && cause.code === FAILED_PRECONDITION;
}
