import type { Client } from '@temporalio/client';
import { z } from 'zod';

import { branchesQuery } from '../contract/definitions.ts';
import type { RunDetail } from './read-api.ts';
import { endOf } from './run-end.ts';
import { STATUS_NAMES } from './run-summary.ts';
import { runBranch } from './shapes/runs.ts';

/** A run that does not say within this how its branches stand is shown without them. */
const ANSWER_DEADLINE_MS = 3_000;

const rows = z.array(runBranch).readonly();

/** The branches of a fan-out; undefined where it does not answer, or has none yet. `now`: epoch milliseconds. */
export async function branchesOfRun(
  client: Client,
  { runId, isOver }: { readonly runId: string; readonly isOver: boolean },
  now: () => number,
): Promise<RunDetail['branches']> {
  return client
    .withDeadline(now() + ANSWER_DEADLINE_MS, async () => {
      const { data } = rows.safeParse(await client.workflow.getHandle(runId).query(branchesQuery));
      if (!data || !isOver) return data;
      return Promise.all(data.map((branch) => nowOf(client, branch)));
    })
    .catch(() => undefined);
}

/** How a branch stands now: one that went on when its fan-out ended may have ended since. */
async function nowOf(client: Client, branch: z.infer<typeof runBranch>): Promise<z.infer<typeof runBranch>> {
  if (branch.status !== 'running') return branch;
  const handle = client.workflow.getHandle(branch.runId);
  const { status, closeTime } = await handle.describe();
  if (!closeTime) return branch;
  const { result, reason } = await endOf(handle);
  const ended = STATUS_NAMES[status.code] ?? 'unknown';
  return {
    ...branch,
    status: ended === 'completed' ? 'succeeded' : ended,
    late: true,
    ...(result !== undefined && { result }),
    ...(reason !== undefined && { detail: reason }),
  };
}
