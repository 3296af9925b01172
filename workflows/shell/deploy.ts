import { CancellationScope, isCancellation, log, sleep, upsertSearchAttributes } from '@temporalio/workflow';

import type { RunInput } from '../../src/contract/messages.ts';
import { SEARCH_ATTRIBUTE } from '../../src/contract/names.ts';
import { askToPromote, rejectedAs } from '../../src/core/approval.ts';
import {
  deploySteps,
  type DeployStep,
  type Halt,
  haltedOutcome,
  isPromotion,
  progressText,
  type Reverted,
  reverts,
} from '../../src/core/deploy.ts';
import type { RunOutcome } from '../../src/core/retry.ts';
import { clip, TIMER_TEXT_MAX_CHARS } from '../../src/core/view.ts';
import type { DeployPlan } from '../../src/spec/definition.ts';
import type { Json } from '../../src/spec/json.ts';
import type { Approval } from './approval.ts';
import { runCheck } from './check.ts';
import type { CallOutcome } from './call.ts';
import type { Emissions } from './emissions.ts';
import { guarded } from './guard.ts';
import { callStep } from './step.ts';

/** What a deployment has around it. */
export type DeployContext = {
  readonly version: string;
  readonly approval: Approval;
  readonly emissions: Emissions;
  /** Shows people how far it is; gives the whole details. */
  readonly show: (progress: string) => string;
  /** Epoch milliseconds: no step goes on after it. */
  readonly untilAt: number;
  /** Said once, before its version first serves traffic. */
  readonly onPromoting: () => void;
};

/** A deployment on its way: what was begun, and what the promotion answered last. */
type Progress = { begun: string[]; answered: Json; isPromoting: boolean };

/**
 * Carries a deployment out, step by step. A step that fails halts it, and what was begun is undone; so does a
 * cancellation. What cannot be undone goes to a person.
 */
export async function deploy(input: RunInput, plan: DeployPlan, context: DeployContext): Promise<RunOutcome> {
  const steps = deploySteps(plan);
  const progress: Progress = { begun: [], answered: null, isPromoting: false };
  const { version, show } = context;
  for (const [index, step] of steps.entries()) {
    const shown = show(progressText(version, steps, index, 'runs'));
    const outcome = await carryOut(input, plan, { step, shown }, context, progress).catch(
      (error: unknown): Halt['outcome'] => {
        if (!isCancellation(error)) throw error;
        return { kind: 'ended', status: 'cancelled', detail: 'Cancelled.' };
      },
    );
    if (!outcome) continue;
    const halt: Halt = { step, outcome };
    const began = progress.begun.length > 0;
    if (began) show(progressText(version, steps, index, 'undoing'));
    const reverted = began
      ? await CancellationScope.nonCancellable(() => undo(input, plan, halt, progress, context))
      : [];
    show(progressText(version, steps, index, 'halted'));
    const ended = haltedOutcome(halt, began, reverted);
    return ended.kind === 'ended' && !began ? { ...ended, began: false } : ended;
  }
  show(progressText(version, steps, steps.length, 'runs'));
  return { kind: 'ended', status: 'succeeded', result: { version, answer: progress.answered } };
}

async function carryOut(
  input: RunInput,
  plan: DeployPlan,
  { step, shown }: { readonly step: DeployStep; readonly shown: string },
  context: DeployContext,
  progress: Progress,
): Promise<Halt['outcome'] | undefined> {
  const { version, untilAt } = context;
  const timeoutMs = untilAt - Date.now();
  if (timeoutMs <= 0) return { kind: 'ended', status: 'timedOut', detail: 'run.timeout is over.' };
  switch (step.kind) {
    case 'ask': {
      if (!plan.approval) return undefined;
      context.emissions.held('It waits for approval before it promotes.');
      const decided = await context.approval.wait(input, askToPromote(plan.approval), shown);
      upsertSearchAttributes([{ key: SEARCH_ATTRIBUTE.outcome, value: null }]);
      return decided.decision === 'approved' ? undefined : rejectedAs(decided);
    }
    case 'bake':
      await sleep(Math.min(step.forMs, timeoutMs), {
        summary: clip(`${step.name} of ${version}`, TIMER_TEXT_MAX_CHARS),
      });
      return undefined;
    case 'check': {
      const seen = await runCheck(input, { ...step, seen: { version } });
      return seen.holds ? undefined : { kind: 'ended', status: 'failed', detail: seen.detail };
    }
    case 'expect':
      return expectStep(input, step, context);
    case 'call':
      return changeStep(input, step, context, progress);
  }
}

/** A step that changes something. What may have begun has to be undone, also where nobody knows whether it did. */
async function changeStep(
  input: RunInput,
  step: Extract<DeployStep, { kind: 'call' }>,
  { version, untilAt, onPromoting, emissions }: DeployContext,
  progress: Progress,
): Promise<Halt['outcome'] | undefined> {
  if (isPromotion(step) && !progress.isPromoting) {
    progress.isPromoting = true;
    onPromoting();
  }
  const seen = { version, ...(step.weight !== undefined && { weight: step.weight }) };
  const isFirst = progress.begun.length === 0;
  // Until an attempt says that nothing started, it may have.
  progress.begun.push(step.name);
  const { name, place, call, expect } = step;
  const of = { name, place, call, seen, ...(expect !== undefined && { expect }) };
  const outcome = await callStep(input, of, {
    delaysMs: input.run.settings.retry.delaysMs,
    timeoutMs: untilAt - Date.now(),
    ...(isFirst && { before: (attempt) => guarded(input, attempt, emissions) }),
  });
  const surelyNot =
    (outcome.kind === 'dead' && outcome.code !== 'target_unknown') ||
    (outcome.kind === 'ended' && outcome.began === false);
  if (surelyNot) progress.begun.pop();
  if (outcome.kind === 'ended') progress.answered = outcome.result ?? null;
  return haltOf(outcome);
}

async function expectStep(
  input: RunInput,
  { name, place, call, weight, expect }: Extract<DeployStep, { kind: 'expect' }>,
  { version, untilAt }: DeployContext,
): Promise<Halt['outcome'] | undefined> {
  const outcome = await callStep(
    input,
    { name, place, call, seen: { version, weight }, expect },
    { delaysMs: input.run.settings.retry.delaysMs, timeoutMs: untilAt - Date.now() },
  );
  return haltOf(outcome);
}

/** What halts a deployment in the outcome of a call; nothing where it succeeded and answered what was expected. */
function haltOf(outcome: CallOutcome): Halt['outcome'] | undefined {
  if (outcome.kind === 'dead') return outcome;
  const { status, expectation, ...rest } = outcome;
  if (status !== 'succeeded') return { ...rest, status };
  if (expectation?.holds ?? true) return undefined;
  return { kind: 'ended', status: 'failed', detail: expectation?.detail ?? 'It did not answer what was expected.' };
}

/** Calls what undoes a deployment, all of it, whatever one of the calls comes to. */
async function undo(
  input: RunInput,
  plan: DeployPlan,
  { step }: Halt,
  { begun }: Progress,
  { version }: DeployContext,
): Promise<readonly Reverted[]> {
  const reverted: Reverted[] = [];
  const { retry, timeoutMs } = input.run.settings;
  for (const [index, { target, params }] of reverts(plan, begun).entries()) {
    const call = { target, params };
    const seen = { version, failed: step.name, done: begun };
    const of = { name: `revert/${index}`, place: '/run/revert', call, seen };
    const outcome = await callStep(input, of, { delaysMs: retry.delaysMs, timeoutMs });
    const isDone = outcome.kind === 'ended' && outcome.status === 'succeeded';
    if (!isDone) log.error('a deployment could not be undone', { target: call.target, detail: outcome.detail });
    reverted.push({ target: call.target, ...(!isDone && { problem: outcome.detail ?? 'it failed' }) });
  }
  return reverted;
}
