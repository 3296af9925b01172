import { type Client, type WorkflowExecutionDescription, WorkflowFailedError } from '@temporalio/client';

import type { LetterEnd } from '../contract/messages.ts';
import { WORKFLOW } from '../contract/names.ts';
import { isNotFound } from './not-found.ts';

/** How a dead letter stands. */
export type LetterStanding =
  | { readonly kind: 'open'; readonly openedAt: Date }
  | { readonly kind: 'closed'; readonly openedAt: Date; readonly end: LetterEnd }
  /** No dead letter has the id, or Temporal keeps it no longer. */
  | { readonly kind: 'unknown' };

/** How the dead letter of this workflow id stands. Rejects where Temporal does not answer: that says nothing about it. */
export async function letterStanding(client: Client, deadLetterId: string): Promise<LetterStanding> {
  try {
    const described = await client.workflow.getHandle(deadLetterId).describe();
    if (described.type !== WORKFLOW.deadLetter) return { kind: 'unknown' };
    const openedAt = described.startTime;
    if (!described.closeTime) return { kind: 'open', openedAt };
    return { kind: 'closed', openedAt, end: await endOf(client, described) };
  } catch (error) {
    if (isNotFound(error)) return { kind: 'unknown' };
    throw error;
  }
}

/** The end of this very run: one of the same id may be open by now. Whoever ends one in Temporal discards it. */
async function endOf(
  client: Client,
  { workflowId, runId, status }: Pick<WorkflowExecutionDescription, 'workflowId' | 'runId' | 'status'>,
): Promise<LetterEnd> {
  try {
    const end: LetterEnd = await client.workflow.getHandle(workflowId, runId, { followRuns: false }).result();
    return end;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    return { discarded: `ended in Temporal: ${status.name}` };
  }
}
