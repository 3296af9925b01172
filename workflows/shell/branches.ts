import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  ChildWorkflowFailure,
  type ChildWorkflowOptions,
  condition,
  isCancellation,
  setHandler,
  sleep,
  startChild,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/workflow';

import { branchesQuery } from '../../src/contract/definitions.ts';
import type { BranchInput, RunInput } from '../../src/contract/messages.ts';
import { instanceId, SEARCH_ATTRIBUTE, WORKFLOW } from '../../src/contract/names.ts';
import { type Branch, type BranchEnd, endedBranch, type FanOutLimits, nextMove } from '../../src/core/fan-out.ts';
import { branchRows, fanOutText } from '../../src/core/fan-out-view.ts';
import type { Ended } from '../../src/core/retry.ts';
import { clip, TIMER_TEXT_MAX_CHARS } from '../../src/core/view.ts';
import type { FanOutPlan } from '../../src/spec/definition.ts';
import type { JsonObject } from '../../src/spec/json.ts';
import type { branch as branchWorkflow } from '../branch.ts';
import { aboutOf } from './call.ts';

type Given = {
  readonly branches: readonly Branch[];
  readonly limits: FanOutLimits;
  /** Shows people how far it is. */
  readonly show: (progress: string) => string;
};

/** The branches of a fan-out: workflows of their own, started as the core says, heard of when they end. */
export class Branches {
  private readonly input: RunInput;
  private readonly plan: FanOutPlan;
  private readonly given: Given;
  private readonly scope = new CancellationScope();
  private readonly ends: Promise<void>[] = [];
  private branches: readonly Branch[];
  private changes = 0;
  private isOverdue = false;
  private isDecided = false;
  private step: string | undefined;

  constructor(input: RunInput, plan: FanOutPlan, given: Given) {
    this.input = input;
    this.plan = plan;
    this.given = given;
    this.branches = given.branches;
    setHandler(branchesQuery, () => this.rows());
    this.changed();
  }

  /** Shows what is done besides; nothing where no more is. */
  doing(step: string | undefined): void {
    this.step = step;
    this.changed();
  }

  /** The branches as expressions and people see them. */
  rows(): readonly JsonObject[] {
    return branchRows(this.branches);
  }

  /** Starts branches until it is decided; nothing where the quorum is reached, otherwise how the fan-out ends. */
  async decided(): Promise<Ended | undefined> {
    const clock = new CancellationScope();
    const { limits } = this.given;
    const summary = clip(`${limits.quorum} of ${this.branches.length} branches are needed`, TIMER_TEXT_MAX_CHARS);
    clock
      .run(() => sleep(limits.withinMs, { summary }))
      .then(
        () => (this.isOverdue = true),
        () => undefined,
      );
    try {
      for (;;) {
        const seen = this.changes;
        const move = nextMove(this.branches, limits, this.isOverdue);
        if (move.kind === 'start') await this.start(move.index);
        else if (move.kind === 'wait') await condition(() => this.changes !== seen || this.isOverdue);
        else return move.kind === 'missed' ? move.outcome : undefined;
      }
    } finally {
      this.isDecided = true;
      clock.cancel();
      this.replaceAll((branch) => (branch.status === 'waiting' ? { ...branch, status: 'notStarted' } : branch));
    }
  }

  /** Asks the branches that go on to end. */
  cancel(): void {
    this.scope.cancel();
  }

  /** Resolves when every branch has ended; those that go on are asked to. */
  async cancelled(): Promise<void> {
    this.cancel();
    await Promise.all(this.ends);
  }

  /** One after the other: each brings the run's event along, and all at once could pass what one message takes. */
  private async start(index: number): Promise<void> {
    const branch = this.branches[index];
    if (!branch) return;
    this.replace(index, { ...branch, status: 'running' });
    try {
      const child = await this.scope.run(() =>
        startChild<typeof branchWorkflow>(WORKFLOW.branch, { ...this.optionsOf(branch), args: [this.inputOf(branch)] }),
      );
      this.ends.push(
        child.result().then(
          ({ result }) => this.ended(index, { status: 'succeeded', ...(result !== undefined && { result }) }),
          (error: unknown) => this.ended(index, endOf(error)),
        ),
      );
    } catch (error) {
      this.ended(index, endOf(error));
      if (isCancellation(error)) throw error;
    }
  }

  private inputOf({ value, item, runId }: Branch): BranchInput {
    const { run } = this.input;
    const { kind, retry, timeoutMs } = run.settings;
    const { branch: call, pool } = this.plan;
    const settings = { ...call, kind, retry, timeoutMs, ...(pool !== undefined && { pool }) };
    const about = aboutOf(this.input);
    const of = { branchOf: run.runId, branch: { value, item } };
    return { ...about, ...of, version: 1, run: { ...about.run, runId, settings } };
  }

  private optionsOf({ value, runId }: Branch): ChildWorkflowOptions {
    const { trigger, run } = this.input;
    const { branch: call, afterQuorum } = this.plan;
    return {
      workflowId: runId,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      // Where the run is terminated, nobody else would end its branches.
      parentClosePolicy: afterQuorum === 'letFinish' ? 'ABANDON' : 'REQUEST_CANCEL',
      staticSummary: `${call.target} · ${value}`,
      memo: {
        branch: { of: run.runId, value },
        instance: instanceId(trigger),
        generation: run.generation,
        eventCount: run.items.length,
      },
      typedSearchAttributes: [
        { key: SEARCH_ATTRIBUTE.trigger, value: trigger },
        { key: SEARCH_ATTRIBUTE.key, value: run.key },
        { key: SEARCH_ATTRIBUTE.target, value: call.target },
        { key: SEARCH_ATTRIBUTE.cause, value: run.cause },
      ],
    };
  }

  private ended(index: number, end: BranchEnd): void {
    const branch = this.branches[index];
    if (branch) this.replace(index, endedBranch(branch, end, this.isDecided));
  }

  private replace(index: number, by: Branch): void {
    this.branches = this.branches.with(index, by);
    this.changed();
  }

  private replaceAll(by: (branch: Branch) => Branch): void {
    this.branches = this.branches.map(by);
    this.changed();
  }

  private changed(): void {
    this.changes += 1;
    this.given.show(fanOutText(this.branches, this.given.limits, this.step));
  }
}

/** How a branch ended that did not succeed. */
function endOf(error: unknown): BranchEnd {
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
  if (cause instanceof CancelledFailure) return { status: 'cancelled' };
  if (cause instanceof TerminatedFailure) return { status: 'failed', detail: 'Its run was terminated.' };
  if (cause instanceof TimeoutFailure) return { status: 'timedOut' };
  const type = cause instanceof ApplicationFailure ? cause.type : undefined;
  const detail = cause instanceof Error ? cause.message : String(cause);
  if (type === 'run_timed_out') return { status: 'timedOut', detail };
  return { status: 'failed', detail: type === undefined || type === 'run_failed' ? detail : `${type}: ${detail}` };
}
