import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';

import type { CarriedState } from '../core/carried.ts';
import type { Order } from '../core/input.ts';
import type { KeyView } from '../core/key-view.ts';
import type { InstanceVerdict } from '../core/verdicts.ts';
import type { JsonObject } from '../spec/json.ts';
import type { Whereabouts } from '../core/whereabouts.ts';
import type { ApprovalDecision } from '../core/approval.ts';
import type {
  ApprovalAnswer,
  Batch,
  DeadLetterBatch,
  DeadLetterInput,
  FinishAnswer,
  InstanceView,
  LetterBrief,
  LetterEdit,
  LetterEnd,
  LetterOrder,
  LetterReplay,
  OrderAnswer,
  OrderMessage,
} from './messages.ts';
import type { LastState } from './recovery.ts';
import type { InstancePressure } from './spill.ts';

/** Offers and reports for an instance. */
export const batchSignal = defineSignal<[Batch]>('batch');

/** What an instance shows of itself. */
export const viewQuery = defineQuery<InstanceView>('view');

/** Where one event of a key is. */
export const whereQuery = defineQuery<Whereabouts, [{ readonly key: string; readonly eventId: string }]>('where');
/** What an instance holds of one key. */
export const keyQuery = defineQuery<KeyView, [key: string]>('key');

/** How full an instance is: what a sender's credit is read from. */
export const pressureQuery = defineQuery<InstancePressure>('pressure');

/** An instance has read so many signals of a segment. True where that was all: the segment is over. */
export const endUpdate = defineUpdate<boolean, [{ readonly signals: number }]>('end');

/** The whole state as it would be carried over continue-as-new. Answered by closed runs too, while they are retained. */
export const carriedQuery = defineQuery<CarriedState>('carried');

/** What a run leaves to the next one when it ends otherwise than by continue-as-new; asked of closed runs. */
export const recoveryQuery = defineQuery<LastState>('recovery');

/** What a query fails with that reached a worker before a task did; it is answered when it is asked again. */
export const AHEAD = 'this worker is ahead of the workflow: ask again';

/** Verdicts by delivery id, in the order asked; returns when all are known or `waitMs` is over. */
export const verdictsUpdate = defineUpdate<
  readonly InstanceVerdict[],
  [{ readonly waits: readonly string[]; readonly waitMs: number }]
>('verdicts');

/** A person lets a waiting run start. Answers what stands: the first answer does. */
export const approveUpdate = defineUpdate<ApprovalDecision, [ApprovalAnswer]>('approve');

/** A person refuses a waiting run. Answers what stands: the first answer does. */
export const rejectUpdate = defineUpdate<ApprovalDecision, [ApprovalAnswer]>('reject');

/** Whoever runs the pipeline says how it ended. Answers what stands: the first word does. */
export const finishUpdate = defineUpdate<FinishAnswer, [FinishAnswer]>('finish');

/** The branches of a run that is a fan-out, as its expressions see them; answered by closed runs too. */
export const branchesQuery = defineQuery<readonly JsonObject[]>('branches');

const ORDERS = {
  pause: defineUpdate<OrderAnswer, [OrderMessage]>('pause'),
  resume: defineUpdate<OrderAnswer, [OrderMessage]>('resume'),
  fire: defineUpdate<OrderAnswer, [OrderMessage]>('fire'),
  replay: defineUpdate<OrderAnswer, [OrderMessage]>('replay'),
  breaker: defineUpdate<OrderAnswer, [OrderMessage]>('breaker'),
} as const;

/** A person orders something: an update named after it, so that history reads well. Answers after the decision. */
export function orderUpdate(kind: Order['kind']) {
  return ORDERS[kind];
}

/** More entries for an open dead letter. */
export const entriesSignal = defineSignal<[DeadLetterBatch]>('entries');

/** A person is done with a dead letter. */
export const discardSignal = defineSignal<[{ readonly reason: string }]>('discard');

/** A person hands what a dead letter holds over once more. Twice at once is one replay. */
export const replayLetterUpdate = defineUpdate<LetterReplay, [LetterOrder]>('replay');

/** A person gives the parameters of the run's replay. Answers what stands. */
export const editLetterUpdate = defineUpdate<JsonObject, [LetterEdit]>('edit');

/** A person is done with a dead letter, and hears whether it was. */
export const discardLetterUpdate = defineUpdate<LetterEnd, [LetterOrder]>('discard');

/** What lists show of a dead letter. */
export const letterBriefQuery = defineQuery<LetterBrief>('brief');

/** What a dead letter holds. */
export const deadLetterQuery = defineQuery<DeadLetterInput>('deadLetter');
