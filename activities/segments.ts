import { ApplicationFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';

import { endUpdate } from '../src/contract/definitions.ts';
import { segmentId } from '../src/contract/names.ts';
import { signalsAfter } from './history.ts';
import type { Activities } from './interface.ts';
import { type TellDependencies, toOrphan } from './tell.ts';

/** One page of what was kept: a task decides it in well under 150 ms. */
const PAGE_BYTES = 384 * 1_024;
/** A segment answers in one task. */
const END_DEADLINE_MS = 8_000;

/** Tells an instance that a segment holds offers for it. */
export function createAnnounceSegment(dependencies: TellDependencies): Activities['announceSegment'] {
  const { committer, definitions, log } = dependencies;
  return async ({ trigger, segment, runId }) => {
    const definition = definitions().triggers.get(trigger)?.definition;
    const told = { segment, runId };
    const committed = definition
      ? await committer.segment(definition, told)
      : await toOrphan(trigger, { segments: [told] });
    if (committed === 'gone') {
      throw ApplicationFailure.retryable(`No instance of ${trigger} takes what is kept for it.`, 'saturated');
    }
    if (!committed.ok) throw ApplicationFailure.retryable(committed.refusal.detail, committed.refusal.code);
    log.info({ trigger, segment }, 'a segment keeps events for an instance without room');
  };
}

/** Reads on in a segment, in its history: what Temporal acknowledged is there, whether or not a worker saw it. */
export function createReadSegment({ log }: Pick<TellDependencies, 'log'>): Activities['readSegment'] {
  return async ({ trigger, segment: { segment, runId, upTo } }) => {
    const { client } = Context.current();
    const of = { workflowId: segmentId(trigger, segment), runId };
    try {
      // Only the instance completes a segment, once it has taken all of it. It may hear of it once more after that.
      const { status } = await client.workflow.getHandle(of.workflowId, runId).describe();
      if (status.name === 'COMPLETED') return { signals: [], more: false, over: true };
      return { ...(await signalsAfter(client, of, upTo, PAGE_BYTES)), over: false };
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      log.error({ trigger, segment, runId, upTo }, 'a segment is gone with what it kept');
      return { signals: [], more: false, over: true };
    }
  };
}

/** Ends a segment of which everything was taken; false where more came meanwhile. */
export const endSegment: Activities['endSegment'] = async ({ trigger, segment: { segment, runId, upTo, signals } }) => {
  const { client } = Context.current();
  const of = { workflowId: segmentId(trigger, segment), runId };
  const handle = client.workflow.getHandle(of.workflowId, runId);
  const { status } = await handle.describe();
  if (status.name === 'RUNNING') {
    return client.withDeadline(Date.now() + END_DEADLINE_MS, () =>
      handle.executeUpdate(endUpdate, { args: [{ signals }] }),
    );
  }
  // It was ended by this call, made before; or by a person, and then what came last is in its history.
  return (await signalsAfter(client, of, upTo, 1)).signals.length === 0;
};
