import { randomUUID } from 'node:crypto';

import { type Client, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

import { type BulkProgress, bulkQuery, type LetterFilter, stopBulkUpdate } from '../contract/bulk-replay.ts';
import { bulkReplayId, deadLetterIdOf, WORKFLOW } from '../contract/names.ts';
import { refusal } from '../errors.ts';
import { rfc3339 } from '../explain/answer.ts';
import { isNotFound } from '../temporal/not-found.ts';
import { selectLetters, type Selection } from '../temporal/select-letters.ts';
import { startBulkReplay } from '../temporal/start-bulk-replay.ts';
import type { Begun, BulkOrders } from './operate-api.ts';
import type { BulkReads, BulkReplay, ReadResult } from './read-api.ts';
import { BY_DEFAULT } from './run-orders.ts';
import { away } from './temporal-answer.ts';

/** Selecting reads up to a hundred pages of visibility. */
const SELECT_DEADLINE_MS = 60_000;
/** What Temporal or a bulk replay does not answer within this is a refusal. */
const ANSWER_DEADLINE_MS = 10_000;
/** A stop answers when what was under way has ended. */
const STOP_DEADLINE_MS = 60_000;
/** Dead letters that a dry run names. */
const NAMED_MAX = 200;
/** Bulk replays that a list shows. */
const LISTED_MAX = 50;

/** What people do with many dead letters at once. */
export function createBulkOrders(client: Client, now: () => number): BulkOrders {
  return {
    selectLetters: (filter) => answered(async () => ({ ok: true, value: shown(await select(client, filter, now())) })),
    replayLetters: ({ filter, perSecond, canary, by = BY_DEFAULT, reason, id }) =>
      answered<Begun>(async () => {
        const { letters } = await select(client, filter, now());
        if (letters.length === 0) return { ok: true, value: { count: 0 } };
        const input = { version: 1, filter, perSecond, canary, by, ...(reason !== undefined && { reason }) } as const;
        const replayId = bulkReplayId(id ?? randomUUID());
        await client.withDeadline(now() + ANSWER_DEADLINE_MS, () => startBulkReplay(client, replayId, input));
        return { ok: true, value: { replayId, count: letters.length } };
      }),
    stopBulkReplay: (named, { by = BY_DEFAULT, reason }) =>
      answered<BulkReplay>(async () => {
        const replayId = bulkReplayId(named);
        const order = { by, ...(reason !== undefined && { reason }) };
        try {
          const progress = await client.withDeadline(now() + STOP_DEADLINE_MS, () =>
            client.workflow.getHandle(replayId).executeUpdate(stopBulkUpdate, { args: [order] }),
          );
          return { ok: true, value: replayOf(replayId, progress) };
        } catch (error) {
          const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
          const hasEnded = cause instanceof ApplicationFailure && cause.type === 'replay_ended';
          if (!hasEnded && !isNotFound(error)) return away(error);
          const known = await client.withDeadline(now() + ANSWER_DEADLINE_MS, () => detail(client, replayId));
          if (!known) return noReplay(named);
          return { ok: false, refusal: refusal('replay_ended', `Bulk replay ${replayId} has ended: ${known.state}.`) };
        }
      }),
  };
}

/** How bulk replays go, those that ended while Temporal keeps them. */
export function createBulkReads(client: Client, now: () => number): BulkReads {
  return {
    bulkReplays: () =>
      answered(async () => {
        const { executions } = await client.withDeadline(now() + ANSWER_DEADLINE_MS, () =>
          client.workflowService.listWorkflowExecutions({
            namespace: client.options.namespace,
            query: `WorkflowType = "${WORKFLOW.bulkReplay}" AND ExecutionStatus != "ContinuedAsNew"`,
            pageSize: LISTED_MAX,
          }),
        );
        return {
          ok: true,
          value: executions.map(({ execution, startTime, closeTime }) => ({
            replayId: execution?.workflowId ?? '',
            startedAt: rfc3339(Number(startTime?.seconds ?? 0) * 1_000),
            running: !closeTime,
          })),
        };
      }),
    bulkReplay: (named) =>
      answered<BulkReplay>(async () => {
        const known = await client.withDeadline(now() + ANSWER_DEADLINE_MS, () => detail(client, bulkReplayId(named)));
        return known ? { ok: true, value: known } : noReplay(named);
      }),
  };
}

async function answered<T>(ask: () => Promise<ReadResult<T>>): Promise<ReadResult<T>> {
  try {
    return await ask();
  } catch (error) {
    return away(error);
  }
}

function select(client: Client, filter: LetterFilter, nowMs: number): Promise<Selection> {
  return client.withDeadline(nowMs + SELECT_DEADLINE_MS, () => selectLetters(client, filter));
}

function shown({ letters, beyond }: Selection) {
  const deadLetters = letters.slice(0, NAMED_MAX).map(({ name, trigger, code }) => {
    return { deadLetterId: deadLetterIdOf(name), trigger, code };
  });
  return { count: letters.length, beyond, deadLetters };
}

async function detail(client: Client, replayId: string): Promise<BulkReplay | undefined> {
  try {
    const handle = client.workflow.getHandle(replayId);
    const described = await handle.describe();
    if (described.type !== WORKFLOW.bulkReplay) return undefined;
    const { closeTime, status } = described;
    const replay = replayOf(replayId, await handle.query(bulkQuery));
    // Ended in Temporal, it could not say so itself.
    const isCut = closeTime !== undefined && status.name !== 'COMPLETED';
    return isCut ? { ...replay, state: 'cancelled', why: `ended in Temporal: ${status.name}` } : replay;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function replayOf(
  replayId: string,
  { filter: _asked, ended, codes, startedAt, ...progress }: BulkProgress,
): BulkReplay {
  const why = whyOf(ended);
  return {
    replayId,
    ...progress,
    startedAt: rfc3339(startedAt),
    codes: Object.fromEntries(codes),
    ...(why !== undefined && { why }),
  };
}

function whyOf(ended: BulkProgress['ended']): string | undefined {
  if (ended?.kind === 'canaryFailed') return ended.why;
  if (ended?.kind !== 'stopped') return undefined;
  return `by ${ended.by}${ended.reason === undefined ? '' : `: ${ended.reason}`}`;
}

function noReplay(named: string): ReadResult<never> {
  return { ok: false, refusal: refusal('not_found', `No bulk replay has the id ${named.slice(0, 200)}.`) };
}
