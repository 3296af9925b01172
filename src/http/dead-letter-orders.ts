import { type Client, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

import { discardLetterUpdate, editLetterUpdate, replayLetterUpdate } from '../contract/definitions.ts';
import { closedText } from '../contract/letter-end.ts';
import { deadLetterIdOf } from '../contract/names.ts';
import { type ErrorCode, refusal } from '../errors.ts';
import { letterStanding } from '../temporal/letter-standing.ts';
import { isNotFound } from '../temporal/not-found.ts';
import { noLetter } from './dead-letter-reads.ts';
import type { Discarded, LetterOrders } from './operate-api.ts';
import type { ReadResult } from './read-api.ts';
import { BY_DEFAULT } from './run-orders.ts';
import { away } from './temporal-answer.ts';

/** An order that is not answered within this is a refusal; given again it finds what the first one did. */
const ORDER_DEADLINE_MS = 10_000;

/** What a dead letter refuses an order with. */
const REFUSALS: ReadonlySet<string> = new Set<ErrorCode>([
  'malformed_request',
  'letter_closed',
  'letter_replaying',
  'not_editable',
]);

/** What people do with dead letters: updates of their workflows. */
export function createLetterOrders(client: Client, now: () => number): LetterOrders {
  const give = async <T>(
    named: string,
    act: (handle: ReturnType<Client['workflow']['getHandle']>) => Promise<ReadResult<T>>,
  ): Promise<ReadResult<T>> => {
    const handle = client.workflow.getHandle(deadLetterIdOf(named));
    try {
      return await client.withDeadline(now() + ORDER_DEADLINE_MS, () => act(handle));
    } catch (error) {
      if (isNotFound(error)) return closed(client, named, now());
      const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
      if (!(cause instanceof ApplicationFailure) || !isRefusal(cause.type)) return away(error);
      if (cause.type === 'letter_closed') return closed(client, named, now());
      return { ok: false, refusal: refusal(cause.type, cause.message) };
    }
  };
  return {
    replayLetter: (named, { by = BY_DEFAULT, reason }) =>
      give(named, async (handle) => {
        const order = { by, ...(reason !== undefined && { reason }) };
        const { open: _open, ...answer } = await handle.executeUpdate(replayLetterUpdate, { args: [order] });
        if (!answer.ok) return { ok: false, refusal: refusalOf(answer) };
        const { ok: _ok, ...came } = answer;
        return { ok: true, value: { deadLetterId: handle.workflowId, ...came } };
      }),
    editLetter: (named, { by = BY_DEFAULT, params }) =>
      give(named, async (handle) => {
        const stands = await handle.executeUpdate(editLetterUpdate, { args: [{ by, params }] });
        return { ok: true, value: { deadLetterId: handle.workflowId, params: stands } };
      }),
    discardLetter: (named, { by = BY_DEFAULT, reason }) =>
      give(named, async (handle): Promise<ReadResult<Discarded>> => {
        const end = await handle.executeUpdate(discardLetterUpdate, { args: [{ by, reason }] });
        if (!('discarded' in end)) return closed(client, named, now());
        const who = end.by === undefined ? {} : { by: end.by };
        return { ok: true, value: { deadLetterId: handle.workflowId, reason: end.discarded, ...who } };
      }),
  };
}

function isRefusal(type: string | null | undefined): type is ErrorCode {
  return typeof type === 'string' && REFUSALS.has(type);
}

function refusalOf({ code, detail }: { readonly code: ErrorCode; readonly detail: string }) {
  return refusal(code, detail, code === 'saturated' ? { retryAfterSeconds: 1 } : {});
}

/** The refusal of whoever comes to a dead letter that is closed: by whom, and how. */
async function closed(client: Client, named: string, nowMs: number): Promise<ReadResult<never>> {
  const deadLetterId = deadLetterIdOf(named);
  try {
    const deadline = nowMs + ORDER_DEADLINE_MS;
    const standing = await client.withDeadline(deadline, () => letterStanding(client, deadLetterId));
    switch (standing.kind) {
      case 'unknown':
        return noLetter(named);
      case 'open':
        return away('It was closed and is open again.');
      case 'closed':
        return { ok: false, refusal: refusal('letter_closed', closedText(deadLetterId, standing.end)) };
    }
  } catch (error) {
    return away(error);
  }
}
