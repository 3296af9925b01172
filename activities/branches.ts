import { Context } from '@temporalio/activity';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';

import type { Json } from '../src/spec/json.ts';
import type { Activities } from './interface.ts';

/** Bytes of one result that is taken over, past which it stays where it is: those of all branches together stay under what one payload takes, 2 MB. */
const RESULT_MAX_BYTES = 16 * 1_024;

/** Looks for branches of earlier runs that succeeded, so that a replay does not call them again. */
export const findBranches: Activities['findBranches'] = ({ earlier }) => {
  const { client } = Context.current();
  return Promise.all(earlier.map((runIds) => firstSucceeded(client, runIds)));
};

async function firstSucceeded(client: Client, runIds: readonly string[]) {
  for (const runId of runIds) {
    const succeeded = await succeededRun(client, runId);
    if (succeeded) return succeeded;
  }
  return null;
}

async function succeededRun(client: Client, runId: string) {
  const handle = client.workflow.getHandle(runId);
  try {
    if ((await handle.describe()).status.name !== 'COMPLETED') return undefined;
    const { result }: { readonly result?: Json } = await handle.result();
    if (result === undefined) return { runId };
    return {
      runId,
      result: Buffer.byteLength(JSON.stringify(result)) > RESULT_MAX_BYTES ? { manifest: `/v1/runs/${runId}` } : result,
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
