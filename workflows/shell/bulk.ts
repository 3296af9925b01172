import {
  ApplicationFailure,
  CancellationScope,
  condition,
  proxyActivities,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';

import type { Activities } from '../../activities/interface.ts';
import type { BulkProgress, BulkReplayInput } from '../../src/contract/bulk-replay.ts';
import type { LetterOrder } from '../../src/contract/messages.ts';
import { CANARY_LOOK, LETTER_REPLAYS, TEMPORAL_CALLS } from '../../src/contract/presets.ts';
import { isLetterOrder } from '../../src/contract/read-orders.ts';
import {
  type Bulk,
  bulkText,
  canaryFault,
  type LetterOutcome,
  newBulk,
  paced,
  take,
  tally,
} from '../../src/core/bulk.ts';
import { timeText } from './text.ts';

const { replayLetters } = proxyActivities<Activities>({ ...LETTER_REPLAYS, summary: 'replay dead letters' });
const { selectLetters } = proxyActivities<Activities>({ ...TEMPORAL_CALLS, startToCloseTimeout: '2m' });
const { endOfRuns } = proxyActivities<Activities>({ ...CANARY_LOOK, summary: 'wait for the end of the canary' });

/** Groups of one run of the workflow: each is some fifteen events of history. */
const GROUPS_MAX = 250;

/** The shell of one bulk replay. */
export class BulkReplay {
  private readonly input: BulkReplayInput;
  private bulk: Bulk | undefined;
  private stopped: LetterOrder | undefined;
  private groups = 0;

  constructor(input: BulkReplayInput) {
    this.input = input;
    this.bulk = input.carried;
  }

  progress(): BulkProgress {
    const { filter, perSecond, canary, by, reason } = this.input;
    const { left, paced: since, ended, ...bulk } = this.bulk ?? newBulk(workflowInfo().startTime.getTime(), [], 0);
    const phase = since ? 'replaying' : 'canary';
    return {
      ...bulk,
      filter,
      perSecond,
      canary,
      by,
      ...(reason !== undefined && { reason }),
      state: ended?.kind ?? (this.bulk ? phase : 'selecting'),
      left: left.length,
      ...(ended && { ended }),
    };
  }

  /** Nothing more goes. What is under way comes to its end. */
  async stop(order: LetterOrder): Promise<BulkProgress> {
    this.stopped ??= order;
    await condition(() => this.bulk?.ended !== undefined);
    return this.progress();
  }

  check(order: unknown): void {
    if (!isLetterOrder(order)) throw failure('malformed_request', 'expected { by, reason }');
    if (this.bulk?.ended) throw failure('replay_ended', 'The bulk replay has ended.');
  }

  /** Replays until it has ended; what it goes on with where its history is long enough. */
  async run(): Promise<BulkReplayInput | undefined> {
    const { filter, canary } = this.input;
    if (!this.bulk) {
      const startedAt = Date.now();
      const { names, beyond } = await selectLetters({ untilAt: startedAt, ...filter });
      this.bulk = newBulk(startedAt, names, beyond);
    }
    const { bulk } = this;
    this.show();
    const why = bulk.paced ? undefined : await this.tryCanaries(bulk, canary);
    const isOver = why !== undefined || (await this.replayPaced(bulk));
    if (!isOver) return { ...this.input, carried: bulk };
    const { by = '', reason } = this.stopped ?? {};
    if (why !== undefined) bulk.ended = { kind: 'canaryFailed', why };
    else if (bulk.left.length === 0 && !this.stopped) bulk.ended = { kind: 'done' };
    else bulk.ended = { kind: 'stopped', by, ...(reason !== undefined && { reason }) };
    this.show();
    return undefined;
  }

  /** Replays some first, and waits for the ends of their runs. Why one did not end well; undefined where all did. */
  private async tryCanaries(bulk: Bulk, wanted: number): Promise<string | undefined> {
    const rest = () => wanted - bulk.canaries.length;
    while (rest() > 0 && bulk.left.length > 0 && !this.stopped) {
      const outcomes = await this.replay(bulk, rest());
      for (const outcome of outcomes) {
        if (outcome.kind === 'skipped') continue;
        const { deadLetterId } = outcome;
        if (outcome.kind === 'refused') return `${deadLetterId} was refused, ${outcome.code}: ${outcome.detail}`;
        const { runId } = outcome;
        bulk.canaries.push({ deadLetterId, ...(runId !== undefined && { runId }) });
      }
      this.show();
    }
    return this.endOfCanaries(bulk);
  }

  private async endOfCanaries(bulk: Bulk): Promise<string | undefined> {
    const runIds = bulk.canaries.flatMap(({ runId }) => (runId === undefined ? [] : [runId]));
    if (runIds.length === 0 || this.stopped) return undefined;
    const waiting = new CancellationScope();
    let over = false;
    let why: string | undefined;
    const ends = waiting
      .run(async () => {
        const statuses = new Map((await endOfRuns({ runIds })).map(({ runId, status }) => [runId, status]));
        for (const [index, canary] of bulk.canaries.entries()) {
          const status = statuses.get(canary.runId ?? '');
          if (status !== undefined) bulk.canaries[index] = { ...canary, status };
        }
        why = canaryFault(bulk.canaries);
      })
      .catch(() => {
        if (!this.stopped) why = 'It could not be seen within a day how the canary ended.';
      })
      .finally(() => (over = true));
    await condition(() => over || this.stopped !== undefined);
    waiting.cancel();
    await ends;
    return why;
  }

  /** Whether it is over: nothing is left, or somebody stopped it. */
  private async replayPaced(bulk: Bulk): Promise<boolean> {
    const { perSecond } = this.input;
    bulk.paced ??= { fromAt: Date.now(), begun: 0 };
    while (bulk.left.length > 0 && !this.stopped) {
      if (this.groups >= GROUPS_MAX || workflowInfo().continueAsNewSuggested) return false;
      const { due, nextAt, fromAt } = paced({ perSecond, ...bulk.paced }, Date.now());
      bulk.paced.fromAt = fromAt;
      if (due === 0) {
        const summary = `${bulk.left.length} left`;
        await condition(() => this.stopped !== undefined, Math.max(1, nextAt - Date.now()), { summary });
        continue;
      }
      bulk.paced.begun += Math.min(due, bulk.left.length);
      await this.replay(bulk, due);
      this.groups += 1;
      this.show();
    }
    return true;
  }

  private async replay(bulk: Bulk, count: number): Promise<readonly LetterOutcome[]> {
    const { by, reason } = this.input;
    const letters = take(bulk, count);
    const { workflowId } = workflowInfo();
    const order = { by, ...(reason !== undefined && { reason }), bulk: { id: workflowId, since: bulk.startedAt } };
    const outcomes = await replayLetters({ order, letters });
    tally(bulk, outcomes);
    return outcomes;
  }

  private show(): void {
    if (this.bulk) setCurrentDetails(bulkText(this.bulk, timeText));
  }
}

function failure(code: string, detail: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(detail, code);
}
