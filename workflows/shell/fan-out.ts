import { isCancellation, proxyActivities } from '@temporalio/workflow';

import type { Activities } from '../../activities/interface.ts';
import type { RunInput } from '../../src/contract/messages.ts';
import { TEMPORAL_CALLS } from '../../src/contract/presets.ts';
import {
  type Branch,
  branchesOf,
  branchValues,
  earlierBranches,
  type FanOutLimits,
  fanOutOutcome,
} from '../../src/core/fan-out.ts';
import type { RunOutcome } from '../../src/core/retry.ts';
import type { CallSettings, FanOutPlan } from '../../src/spec/definition.ts';
import type { Json } from '../../src/spec/json.ts';
import { Branches } from './branches.ts';
import type { Emissions } from './emissions.ts';
import { guarded } from './guard.ts';
import { callStep } from './step.ts';

const { findBranches } = proxyActivities<Activities>({
  ...TEMPORAL_CALLS,
  summary: 'look for branches that succeeded',
});

/** The call that follows has this long at least, where the branches took nearly all the time of the run. */
const THEN_MIN_MS = 1_000;

/** What a fan-out has around it. */
type FanOutContext = {
  /** As resolved: `over` is the list of its values. */
  readonly params: Json;
  readonly show: (progress: string) => string;
  /** Epoch milliseconds: nothing goes on after it. */
  readonly untilAt: number;
  readonly emissions: Emissions;
};

/**
 * Runs a branch for each value until enough have succeeded, or cannot any more, or the time is over; then makes the call
 * that follows. Whatever ends it, no branch of it goes on except those that `letFinish` leaves.
 */
export async function fanOut(input: RunInput, plan: FanOutPlan, context: FanOutContext): Promise<RunOutcome> {
  const { params, show, untilAt, emissions } = context;
  const over = typeof params === 'object' && params !== null && 'over' in params ? params.over : undefined;
  const read = branchValues(over);
  if (!read.ok) return { kind: 'dead', code: 'mapping_error', place: '/run/over', detail: read.detail, params };
  const closed = await guarded(input, 1, emissions);
  if (closed) return closed;
  const known = await takenOver(input, branchesOf(input.run.runId, read.values));
  const { timeoutMs } = input.run.settings;
  const limits: FanOutLimits = {
    quorum: plan.quorum ?? known.length,
    parallel: plan.parallel,
    withinMs: Math.min(plan.withinMs ?? timeoutMs, timeoutMs),
  };
  const branches = new Branches(input, plan, { branches: known, limits, show });
  try {
    const missed = await branches.decided();
    if (missed) {
      await branches.cancelled();
      return missed.letter ? { ...missed, letter: { ...missed.letter, params } } : missed;
    }
    if (plan.afterQuorum === 'cancelRest') branches.cancel();
    const after = plan.after && (await callAfter(input, plan.after, branches, untilAt));
    if (plan.afterQuorum === 'cancelRest') await branches.cancelled();
    const outcome = fanOutOutcome(branches.rows(), after);
    return outcome.kind === 'ended' && outcome.letter ? { ...outcome, letter: { ...outcome.letter, params } } : outcome;
  } catch (error) {
    if (isCancellation(error)) await branches.cancelled();
    throw error;
  }
}

/** The call that follows, with what came of the branches. */
async function callAfter(
  input: RunInput,
  call: CallSettings,
  branches: Branches,
  untilAt: number,
): Promise<RunOutcome> {
  branches.doing(`⏳ **Then calls \`${call.target}\`.**`);
  const { delaysMs } = input.run.settings.retry;
  const seen = { result: { branches: branches.rows() } };
  const step = { name: 'then', place: '/run/then', call, seen };
  const outcome = await callStep(input, step, { delaysMs, timeoutMs: Math.max(THEN_MIN_MS, untilAt - Date.now()) });
  branches.doing(undefined);
  return outcome;
}

/** Of a replay: what succeeded in the runs before it stands, and is not called again. */
async function takenOver({ trigger, run }: RunInput, branches: readonly Branch[]): Promise<readonly Branch[]> {
  if (!run.replays) return branches;
  const found = await findBranches({ earlier: earlierBranches(trigger, run, branches) });
  return branches.map((branch, index) => {
    const earlier = found[index];
    return earlier ? { ...branch, ...earlier, status: 'succeeded' } : branch;
  });
}
