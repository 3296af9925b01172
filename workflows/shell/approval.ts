import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  log,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  upsertSearchAttributes,
} from '@temporalio/workflow';

import type { Activities } from '../../activities/interface.ts';
import { approveUpdate, rejectUpdate } from '../../src/contract/definitions.ts';
import type { ApprovalAnswer, ApprovalMemo, RunInput } from '../../src/contract/messages.ts';
import { SEARCH_ATTRIBUTE, WAITING_FOR_APPROVAL } from '../../src/contract/names.ts';
import { NOTIFICATION } from '../../src/contract/presets.ts';
import { isApprovalAnswer } from '../../src/contract/read-orders.ts';
import { itemsOrManifest } from '../../src/contract/run-items.ts';
import { type ApprovalDecision, type Ask, askLabel, askText, decisionText, timedOut } from '../../src/core/approval.ts';
import { clip, TIMER_TEXT_MAX_CHARS } from '../../src/core/view.ts';
import { timeText } from './text.ts';

/** The first state of a run that asks. Answers come as updates, so that history tells who decided what, and why. */
export class Approval {
  private phase: 'preparing' | 'waiting' | 'over' = 'preparing';
  private decision: ApprovalDecision | undefined;
  private readonly failures: string[] = [];

  constructor() {
    const validator = (answer: unknown) => this.check(answer);
    setHandler(approveUpdate, (answer) => this.answer('approved', answer), { validator });
    setHandler(rejectUpdate, (answer) => this.answer('rejected', answer), { validator });
  }

  /** What there is to show under the run's own text. */
  get text(): string {
    return this.decision ? `\n\n${decisionText(this.decision, timeText)}` : '';
  }

  /** Whether the run goes on, or was told not to: nobody is asked, or not any more. */
  get isOver(): boolean {
    return this.phase === 'over';
  }

  /** The run does not ask, or not any more. */
  close(): void {
    this.phase = 'over';
  }

  /** Tells whom the trigger names and waits for an answer, or for the end of the time for one. */
  async wait(input: RunInput, ask: Ask, text: string): Promise<ApprovalDecision> {
    const untilAt = Date.now() + ask.timeoutMs;
    const { runId } = input.run;
    const show = () => {
      const wait = { untilAt, failures: this.failures };
      if (this.phase === 'waiting') setCurrentDetails(`${text}\n\n${askText(runId, ask, wait, timeText)}`);
    };
    this.phase = 'waiting';
    this.decision = undefined;
    upsertSearchAttributes([{ key: SEARCH_ATTRIBUTE.outcome, value: WAITING_FOR_APPROVAL }]);
    this.remember({ waiting: true, untilAt, why: ask.why, onTimeout: ask.onTimeout });
    show();
    const telling = new CancellationScope();
    void telling.run(() => Promise.all(ask.notify.map((_, index) => this.notify(input, ask, index).then(show))));
    const summary = clip(askLabel(ask, untilAt, timeText), TIMER_TEXT_MAX_CHARS);
    try {
      await condition(() => this.decision !== undefined, ask.timeoutMs, { summary });
    } finally {
      telling.cancel();
    }
    this.close();
    const decision = this.decision ?? timedOut(ask, Date.now());
    this.decision = decision;
    this.remember({ waiting: false, ...decision });
    setCurrentDetails(`${text}${this.text}`);
    return decision;
  }

  /** An answer that is refused here leaves no trace in history. */
  private check(answer: unknown): void {
    if (!isApprovalAnswer(answer))
      throw ApplicationFailure.nonRetryable('expected { by, reason }', 'malformed_request');
    if (this.phase === 'over' && !this.decision) throw notWaiting();
  }

  private async answer(
    decision: ApprovalDecision['decision'],
    { by = 'a person', reason }: ApprovalAnswer,
  ): Promise<ApprovalDecision> {
    // It may come before the parameters are resolved, and with them whether the run asks at all.
    await condition(() => this.phase !== 'preparing');
    if (this.phase === 'waiting') {
      this.decision ??= { decision, by, ...(reason !== undefined && { reason }), at: Date.now() };
    }
    if (!this.decision) throw notWaiting();
    return this.decision;
  }

  /** What cannot be told is said in the details and in the log; the run waits all the same. */
  private async notify(input: RunInput, ask: Ask, index: number): Promise<void> {
    const notification = ask.notify[index];
    if (!notification) return;
    const { target, params } = notification;
    const { items, ...run } = input.run;
    const { notifyTarget } = proxyActivities<Activities>({ ...NOTIFICATION, summary: `notify ${target}` });
    const about = { eventCount: items.length, items: itemsOrManifest(input.run), params };
    const token = `${run.runId}.${ask.why === 'promotion' ? 'promotion' : 'approval'}-${index}`;
    try {
      const told = await notifyTarget({ trigger: input.trigger, run, ...about, target, token });
      if (!told.ok) this.failed(target, told.detail);
    } catch (error) {
      if (isCancellation(error)) return;
      const cause = error instanceof ActivityFailure ? error.cause : error;
      this.failed(target, cause instanceof Error ? cause.message : String(cause));
    }
  }

  private failed(target: string, detail: string): void {
    log.warn('a notification could not be delivered', { target, detail });
    this.failures.push(`\`${target}\`: ${clip(detail, 300)}`);
  }

  private remember(approval: ApprovalMemo): void {
    upsertMemo({ approval });
  }
}

function notWaiting(): ApplicationFailure {
  return ApplicationFailure.nonRetryable('The run does not wait for approval.', 'not_waiting');
}
