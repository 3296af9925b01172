import type { z } from 'zod';

import type { BulkReplayInput, LetterFilter } from '../contract/bulk-replay.ts';
import type { FinishAnswer } from '../contract/messages.ts';
import type { Order } from '../core/input.ts';
import type { BulkReplay, ReadResult } from './read-api.ts';
import type { begun, selection, stopOrder } from './shapes/bulk-replays.ts';
import type { discarded, discardOrder, edited, editOrder, replayed, replayOrder } from './shapes/dead-letters.ts';
import type { replayed as eventsReplayed, replayForecast, replayList } from './shapes/replays.ts';
import type { ordered, orderedAll } from './shapes/orders.ts';
import type { cancelled, decided, finished, runOrder } from './shapes/runs.ts';

export type RunOrder = z.infer<typeof runOrder>;
export type Finished = z.infer<typeof finished>;
type Cancelled = z.infer<typeof cancelled>;
export type Decided = z.infer<typeof decided>;
export type Ordered = z.infer<typeof ordered>;
export type OrderedAll = z.infer<typeof orderedAll>;

/** What people do to runs. */
export type RunOrders = {
  /** Asks a run to stop: `run_ended` where it has. */
  cancel(runId: string, order: RunOrder): Promise<ReadResult<Cancelled>>;
  /** The pipeline says how it ended: `not_followed` where that is not waited for, `run_ended` where nothing is. */
  finish(runId: string, answer: FinishAnswer): Promise<ReadResult<Finished>>;
  /** Answers a run that waits. The first answer stands: `already_decided` where it was another one. */
  answer(runId: string, decision: Decided['decision'], order: RunOrder): Promise<ReadResult<Decided>>;
};

/** What people do to triggers; every order is an update in the history of the instance. */
export type TriggerOrders = {
  /** The name of a trigger that is not there is `not_found`. */
  order(trigger: string, order: Order): Promise<ReadResult<Ordered>>;
  /** Asks every trigger; answers with what each came to. */
  orderAll(order: Extract<Order, { kind: 'pause' | 'resume' }>): Promise<ReadResult<OrderedAll>>;
};

export type Discarded = z.infer<typeof discarded>;
export type Replayed = z.infer<typeof replayed>;
export type Edited = z.infer<typeof edited>;

/** What people do with dead letters, named by their ids or those of their runs. A closed one is `letter_closed`. */
export type LetterOrders = {
  /** Closes it where everything was taken: `replay_refused` with the reason where not. Twice at once is one replay. */
  replayLetter(id: string, order: z.infer<typeof replayOrder>): Promise<ReadResult<Replayed>>;
  /** `letter_replaying` while a replay is under way, `not_editable` where it holds events. */
  editLetter(id: string, order: z.infer<typeof editOrder>): Promise<ReadResult<Edited>>;
  discardLetter(id: string, order: z.infer<typeof discardOrder>): Promise<ReadResult<Discarded>>;
};

/** Which dead letters to replay in bulk, and how. */
type BulkOrder = Pick<BulkReplayInput, 'filter' | 'perSecond' | 'canary' | 'reason'> & {
  /** The same again is the same bulk replay. */
  readonly id?: string;
  readonly by?: string;
};

export type Selected = z.infer<typeof selection>;
export type Begun = z.infer<typeof begun>;

/** What people do with many dead letters at once. */
export type BulkOrders = {
  /** Which would be replayed. Changes nothing. */
  selectLetters(filter: LetterFilter): Promise<ReadResult<Selected>>;
  /** Begins a bulk replay; none where nothing fits. */
  replayLetters(order: BulkOrder): Promise<ReadResult<Begun>>;
  /** Answers when what was under way has ended: `replay_ended` where it had before. */
  stopBulkReplay(id: string, order: z.infer<typeof stopOrder>): Promise<ReadResult<BulkReplay>>;
};

export type ReplayForecast = z.infer<typeof replayForecast>;
export type EventsReplayed = z.infer<typeof eventsReplayed>;

/** Stored events that somebody wants again; times are epoch milliseconds. */
export type AskedReplay = {
  readonly sinceAt: number;
  /** At the latest now. */
  readonly untilAt: number;
  /** Events a second. */
  readonly pace: number;
  /** Also where another replay brought some of them. */
  readonly again: boolean;
  readonly by: string;
  /** The same id is the same replay; without one, the same span is. */
  readonly id?: string;
};

/** What people do with stored events; a trigger or replay that is not there is `not_found`. */
export type ReplayOrders = {
  /** What a replay would bring and start: `nothing_to_replay`, `replay_too_large` or `trigger_paused` where it cannot. */
  forecastReplay(trigger: string, asked: AskedReplay): Promise<ReadResult<ReplayForecast>>;
  /** Starts it, or answers with the one that was started. `already_replayed` where another one brought some of it. */
  startReplay(trigger: string, asked: AskedReplay): Promise<ReadResult<EventsReplayed>>;
  /** Newest first. */
  replays(trigger: string): Promise<ReadResult<z.infer<typeof replayList>>>;
  replay(trigger: string, replayId: string): Promise<ReadResult<EventsReplayed>>;
  /** One that was stopped goes on where it was; one that goes on or is done stays as it is. */
  resumeReplay(trigger: string, replayId: string, by: string): Promise<ReadResult<EventsReplayed>>;
  /** One that has ended stays as it is. */
  stopReplay(trigger: string, replayId: string, by: string): Promise<ReadResult<EventsReplayed>>;
};

/** What people do, implemented outside the HTTP layer. */
export type OperateApi = RunOrders & TriggerOrders & LetterOrders & BulkOrders & ReplayOrders;
