import type { Client } from '@temporalio/client';

import { WORKFLOW } from '../contract/names.ts';
import { laneQuery } from '../contract/places.ts';
import type { LaneView } from '../core/lane-view.ts';
import { rfc3339 } from '../explain/answer.ts';
import type { LaneSummary, ReadResult } from './read-api.ts';
import { away } from './temporal-answer.ts';

/** Lanes shown at once: each is asked by a query of its own. */
const LANES_MAX = 200;
/** A lane that does not answer within this is left out. */
const VIEW_DEADLINE_MS = 3_000;

/** The lanes and pools that run, with whoever holds a place or waits for one. */
export async function listLanes(client: Client, nowMs: number): Promise<ReadResult<readonly LaneSummary[]>> {
  const query = `WorkflowType = "${WORKFLOW.lane}" AND ExecutionStatus = "Running"`;
  const asked: Promise<LaneSummary | undefined>[] = [];
  try {
    for await (const { workflowId } of client.workflow.list({ query, pageSize: LANES_MAX })) {
      asked.push(laneOf(client, workflowId, nowMs));
      if (asked.length === LANES_MAX) break;
    }
  } catch (error) {
    return away(error);
  }
  const lanes = (await Promise.all(asked)).filter((lane) => lane !== undefined);
  return { ok: true, value: lanes.toSorted((a, b) => (a.workflowId < b.workflowId ? -1 : 1)) };
}

async function laneOf(client: Client, workflowId: string, nowMs: number): Promise<LaneSummary | undefined> {
  const handle = client.workflow.getHandle(workflowId);
  const asked = client.withDeadline(nowMs + VIEW_DEADLINE_MS, () => handle.query(laneQuery));
  const view = await asked.catch(() => undefined);
  return view && summaryOf(workflowId, view);
}

function summaryOf(workflowId: string, { holders, waiting, ...view }: LaneView): LaneSummary {
  return {
    workflowId,
    ...view,
    holders: holders.map(({ promoting, ...run }) => ({ ...runOf(run), ...(promoting && { promoting }) })),
    waiting: waiting.map(runOf),
  };
}

function runOf({ runId, trigger, kind, sinceAt }: LaneView['waiting'][number]) {
  return { runId, trigger, kind, since: rfc3339(sinceAt) };
}
