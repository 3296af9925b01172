import { Context } from '@temporalio/activity';
import { type Client, isGrpcServiceError, QueryNotRegisteredError, WorkflowNotFoundError } from '@temporalio/client';

import { recoveryQuery } from '../src/contract/definitions.ts';
import { instanceId } from '../src/contract/names.ts';
import type { EndedRun, LastState } from '../src/contract/recovery.ts';
import type { Logger } from '../src/observability/log.ts';
import type { Metrics } from '../src/observability/metrics.ts';
import { carriedInto, lastTaskOf, runThatFollows } from './history.ts';
import type { Activities } from './interface.ts';

export type RecoveryDependencies = { readonly log: Logger; readonly metrics: Metrics };

/** Runs looked at, the newest first; all but the newest matter only where several ended before they had a state. */
const RUNS_MAX = 20;
/** Continue-as-new followed from a listed run on: visibility lags behind by a moment, not by more. */
const CHAIN_MAX = 20;
/** An answer of a run that has to be replayed first: up to 400 tasks of about 4 ms each, on a busy machine. */
const QUERY_DEADLINE_MS = 20_000;

/** gRPC codes: a query of a run whose tasks failed or that never had one, and a call the server does not know. */
const FAILED_PRECONDITION = 9;
const UNIMPLEMENTED = 12;

/**
 * Finds what an earlier run of the instance left that ended otherwise than by continue-as-new. Throws where Temporal does
 * not answer, so that it is asked again; a state that cannot be had is an answer.
 */
export function createRecoverState({ log, metrics }: RecoveryDependencies): Activities['recoverState'] {
  return async ({ trigger, runId }) => {
    const { client } = Context.current();
    const workflowId = instanceId(trigger);
    const ended: EndedRun[] = [];
    const seen = new Set([runId]);
    for (const listed of await runsBefore(client, workflowId, runId)) {
      const run = await endOfChain(client, workflowId, listed);
      if (run === undefined || seen.has(run.runId)) continue;
      seen.add(run.runId);
      const last = await lastState(client, workflowId, run.runId);
      ended.unshift({ ...run, decidedUpTo: last.decidedUpTo });
      const about = { trigger, runId, from: run.runId, status: run.status };
      if ('lost' in last) {
        metrics.count('signalbox_recoveries_total', { trigger, outcome: 'lost' });
        log.error({ ...about, detail: last.lost }, 'the state of an ended instance cannot be had');
        return { ended, letters: [], lost: last.lost };
      }
      if (last.carried === undefined) continue;
      metrics.count('signalbox_recoveries_total', { trigger, outcome: 'recovered' });
      log.warn(about, 'an instance takes over the state of its ended run');
      return { ...last, ended };
    }
    return { ended, letters: [] };
  };
}

/** Runs of a workflow id other than `runId`, the one begun last first; none where the server cannot list. */
export async function runsBefore(client: Client, workflowId: string, runId: string): Promise<readonly string[]> {
  const listed: { readonly runId: string; readonly startedAt: number }[] = [];
  try {
    // Workflow ids are made of names without quotes, or of escaped ones.
    for await (const run of client.workflow.list({ query: `WorkflowId = "${workflowId}"`, pageSize: RUNS_MAX })) {
      if (run.runId !== runId) listed.push({ runId: run.runId, startedAt: run.startTime.getTime() });
      if (listed.length === RUNS_MAX) break;
    }
  } catch (error) {
    if (!hasCode(error, UNIMPLEMENTED)) throw error;
  }
  return listed.toSorted((a, b) => b.startedAt - a.startedAt).map((run) => run.runId);
}

/** The last run of the chain of continue-as-new that a run belongs to, where that has ended and is still kept. */
export async function endOfChain(
  client: Client,
  workflowId: string,
  first: string,
): Promise<Pick<EndedRun, 'runId' | 'status'> | undefined> {
  let runId: string | undefined = first;
  for (let link = 0; runId !== undefined && link < CHAIN_MAX; link += 1) {
    const status = await statusOf(client, workflowId, runId);
    if (status === undefined || status === 'RUNNING') return undefined;
    if (status !== 'CONTINUED_AS_NEW') return { runId, status };
    runId = await runThatFollows(client, workflowId, runId);
  }
  return undefined;
}

/** What the run itself says, since visibility lags behind. Undefined where it is kept no longer. */
async function statusOf(client: Client, workflowId: string, runId: string): Promise<string | undefined> {
  try {
    return (await client.workflow.getHandle(workflowId, runId).describe()).status.name;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** What the run answers, replayed by a worker where none has it in memory; or why it does not, and will not. */
async function lastState(
  client: Client,
  workflowId: string,
  runId: string,
): Promise<LastState | { readonly lost: string; readonly decidedUpTo: number }> {
  try {
    return await client.withDeadline(Date.now() + QUERY_DEADLINE_MS, () =>
      client.workflow.getHandle(workflowId, runId).query(recoveryQuery),
    );
  } catch (error) {
    const isFinal =
      error instanceof QueryNotRegisteredError ||
      error instanceof WorkflowNotFoundError ||
      hasCode(error, FAILED_PRECONDITION);
    if (!isFinal) throw error;
    const decidedUpTo = await lastTaskOf(client, workflowId, runId);
    if (decidedUpTo === 0) return { ...(await carriedInto(client, workflowId, runId)), decidedUpTo, letters: [] };
    return { decidedUpTo, lost: error instanceof Error ? error.message : String(error) };
  }
}

function hasCode(error: unknown, code: number): boolean {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return isGrpcServiceError(cause) && cause.code === code;
}
