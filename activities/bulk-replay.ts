import { createHash } from 'node:crypto';

import { Context } from '@temporalio/activity';
import { type Client, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

import { BREAKER_REPLAYS_PER_SECOND } from '../src/contract/bulk-replay.ts';
import { replayLetterUpdate } from '../src/contract/definitions.ts';
import { closedText } from '../src/contract/letter-end.ts';
import type { LetterEnd, LetterReplay } from '../src/contract/messages.ts';
import { bulkReplayId, deadLetterIdOf } from '../src/contract/names.ts';
import type { LetterOutcome } from '../src/core/bulk.ts';
import type { Logger } from '../src/observability/log.ts';
import { startBulkReplay } from '../src/temporal/start-bulk-replay.ts';
import { letterStanding } from '../src/temporal/letter-standing.ts';
import { isNotFound } from '../src/temporal/not-found.ts';
import { selectLetters as selectOpen } from '../src/temporal/select-letters.ts';
import type { Activities } from './interface.ts';

/** Dead letters asked at the same time: Temporal takes ten orders of one instance in flight, and others order too. */
const AT_ONCE = 8;
/** One that does not answer within this is asked again. */
const ANSWER_DEADLINE_MS = 10_000;
/** One that has not answered after so many attempts is left alone, for the others' sake. */
const ATTEMPTS_MAX = 5;

export const selectLetters: Activities['selectLetters'] = async (filter) => {
  const { letters, beyond } = await selectOpen(Context.current().client, filter);
  return { names: letters.map(({ name }) => name), beyond };
};

/** The bulk replay is known by what it is about, so a repeated one is there already. */
export const replayAfterTrouble: Activities['replayAfterTrouble'] = async ({ trigger, key, fromAt, untilAt }) => {
  const filter = { trigger, kind: 'run', ...(key !== undefined && { key }), fromAt, untilAt } as const;
  const of = key === undefined ? '' : `-${createHash('sha256').update(key).digest('hex').slice(0, 16)}`;
  await startBulkReplay(Context.current().client, bulkReplayId(`breaker-${trigger}${of}-${untilAt}`), {
    version: 1,
    filter,
    perSecond: BREAKER_REPLAYS_PER_SECOND,
    canary: 1,
    by: `the breaker of ${trigger}`,
    reason: 'it closed',
  });
};

/** Replays dead letters, some at a time. An update is known by the bulk replay and the number: repeated it is the same. */
export function createReplayLetters({ log, now }: { readonly log: Logger; readonly now: () => number }) {
  const replayLetters: Activities['replayLetters'] = async ({ order, letters }) => {
    const { client, info } = Context.current();
    const waiting = [...letters];
    const outcomes = new Map<number, LetterOutcome>();
    const work = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const deadLetterId = deadLetterIdOf(next.named);
        try {
          const updateId = `${order.bulk.id}/${next.ordinal}`;
          const answer = await client.withDeadline(now() + ANSWER_DEADLINE_MS, () =>
            client.workflow.getHandle(deadLetterId).executeUpdate(replayLetterUpdate, { args: [order], updateId }),
          );
          outcomes.set(next.ordinal, outcomeOf(deadLetterId, answer));
        } catch (error) {
          const deadline = now() + ANSWER_DEADLINE_MS;
          const known = await client.withDeadline(deadline, () => noAnswer(client, deadLetterId, error, order.bulk.id));
          if (!known && info.attempt < ATTEMPTS_MAX) throw error;
          outcomes.set(next.ordinal, known ?? silent(deadLetterId, error));
        }
        Context.current().heartbeat();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const inOrder = letters.flatMap(({ ordinal }) => outcomes.get(ordinal) ?? []);
    const replayed = inOrder.filter(({ kind }) => kind === 'replayed').length;
    log.info({ bulk: order.bulk.id, by: order.by, letters: letters.length, replayed }, 'dead letters replayed in bulk');
    return inOrder;
  };
  return replayLetters;
}

function outcomeOf(deadLetterId: string, answer: LetterReplay): LetterOutcome {
  if (!answer.ok) return { deadLetterId, kind: 'refused', code: answer.code, detail: answer.detail };
  if ('runId' in answer) return { deadLetterId, kind: 'replayed', runId: answer.runId };
  if ('called' in answer || answer.left === 0) return { deadLetterId, kind: 'replayed' };
  const detail = `${answer.taken} events were taken, ${answer.left} stay: ${answer.why ?? ''}`;
  return { deadLetterId, kind: 'refused', code: 'replay_refused', detail };
}

/** What came of an order without an answer; undefined where that is not known, and it has to be given again. */
async function noAnswer(
  client: Client,
  deadLetterId: string,
  error: unknown,
  bulkId: string,
): Promise<LetterOutcome | undefined> {
  const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
  const refusal = cause instanceof ApplicationFailure ? cause : undefined;
  if (refusal && refusal.type !== 'letter_closed') {
    return { deadLetterId, kind: 'skipped', code: refusal.type ?? 'replay_refused', detail: refusal.message };
  }
  if (!refusal && !isNotFound(error)) return undefined;
  const standing = await letterStanding(client, deadLetterId);
  switch (standing.kind) {
    case 'open':
      return undefined;
    case 'unknown':
      return { deadLetterId, kind: 'skipped', code: 'not_found', detail: 'It is not there any more.' };
    case 'closed':
      return closedBy(deadLetterId, standing.end, bulkId);
  }
}

/** One that is closed already: by this very bulk replay, whose answer was lost, or by somebody else. */
function closedBy(deadLetterId: string, end: LetterEnd, bulkId: string): LetterOutcome {
  if (!('discarded' in end) && end.bulk === bulkId) {
    return { deadLetterId, kind: 'replayed', ...('replayed' in end && { runId: end.replayed }) };
  }
  return { deadLetterId, kind: 'skipped', code: 'letter_closed', detail: closedText(deadLetterId, end) };
}

function silent(deadLetterId: string, error: unknown): LetterOutcome {
  const detail = error instanceof Error ? error.message : String(error);
  return { deadLetterId, kind: 'refused', code: 'temporal_unavailable', detail };
}
