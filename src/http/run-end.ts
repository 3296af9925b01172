import { type WorkflowHandle, WorkflowFailedError } from '@temporalio/client';

import type { Json } from '../spec/json.ts';

/** What a run that ended answered, or why it did not succeed. */
export type RunEnd = { readonly result?: Json; readonly reason?: string };

/** The end of a run, which is waited for. Rejects where Temporal does not answer. */
export async function endOf(handle: WorkflowHandle): Promise<RunEnd> {
  try {
    const { result, reason }: RunEnd = await handle.result();
    return { ...(result !== undefined && { result }), ...(reason !== undefined && { reason }) };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    return { reason: error.cause?.message ?? error.message };
  }
}
