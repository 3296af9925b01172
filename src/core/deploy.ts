import type { CallSettings, CheckSettings, DeployPlan } from '../spec/definition.ts';
import type { RunOutcome } from './retry.ts';

/** One step of a deployment. `place` points to it in the trigger's spec. */
export type DeployStep = { readonly name: string; readonly place: string } &
  /** `expect` looks at its own answer. */
  (
    | { readonly kind: 'call'; readonly call: CallSettings; readonly weight?: number; readonly expect?: string }
    | { readonly kind: 'check'; readonly check: CheckSettings }
    | { readonly kind: 'ask' }
    | { readonly kind: 'bake'; readonly forMs: number; readonly weight: number }
    | { readonly kind: 'expect'; readonly expect: string; readonly weight: number; readonly call: CallSettings }
  );

/** The steps of a deployment, in their order. Names are unique. */
export function deploySteps(plan: DeployPlan): readonly DeployStep[] {
  const { stage, smoke, verify, approval } = plan;
  return [
    ...(stage ? [{ kind: 'call', name: 'stage', place: '/run/stage', call: stage } as const] : []),
    ...smoke.map((check, index) => checkStep('smoke', check, index)),
    ...(approval ? [{ kind: 'ask', name: 'approval', place: '/run/promote/approval' } as const] : []),
    ...promoteSteps(plan),
    ...verify.map((check, index) => checkStep('verify', check, index)),
  ];
}

function checkStep(list: 'smoke' | 'verify', check: CheckSettings, index: number): DeployStep {
  return { kind: 'check', name: `${list}/${index}`, place: `/run/${list}/${index}`, check };
}

function promoteSteps({ promote, weights, check }: DeployPlan): DeployStep[] {
  if (weights.length === 0) return [{ kind: 'call', name: 'promote', place: '/run/promote', call: promote }];
  return weights.flatMap(({ weight, bakeMs, expect }, index): DeployStep[] => {
    const place = `/run/promote/steps/${index}`;
    const name = `promote/${weight}%`;
    return [
      { kind: 'call', name, place, call: promote, weight, ...(expect !== undefined && !check && { expect }) },
      ...(bakeMs > 0 ? [{ kind: 'bake', name: `${name} bake`, place, forMs: bakeMs, weight } as const] : []),
      ...(expect !== undefined && check
        ? [{ kind: 'expect', name: `${name} check`, place, expect, weight, call: check } as const]
        : []),
    ];
  });
}

/** Whether a step makes its version serve, a part of the traffic or all of it. */
export function isPromotion({ kind, name }: DeployStep): boolean {
  return kind === 'call' && name.startsWith('promote');
}

/** What undoes a deployment of which these steps may have happened, in its order. */
export function reverts({ revert }: DeployPlan, begun: readonly string[]): DeployPlan['revert'] {
  return revert.filter(({ of }) => of === undefined || begun.some((name) => name === of || name.startsWith(`${of}/`)));
}

/** Why a deployment did not go on. */
export type Halt = {
  readonly step: DeployStep;
  readonly outcome: Exclude<RunOutcome, { status: 'succeeded' }>;
};

/** What came of one call that undoes a deployment. */
export type Reverted = { readonly target: string; readonly problem?: string };

/**
 * How a deployment ends that a step has halted: as the step ended, with what was undone. Where undoing did not work, it
 * needs a person, since nobody knows what serves now.
 */
export function haltedOutcome({ step, outcome }: Halt, began: boolean, reverted: readonly Reverted[]): RunOutcome {
  const why = `${step.name}: ${outcome.detail ?? (outcome.kind === 'ended' ? outcome.status : outcome.code)}`;
  const failed = reverted.filter(({ problem }) => problem !== undefined);
  const undone = undoneText(began, reverted);
  if (failed.length > 0) {
    const detail = `${why} ${undone}`;
    return { kind: 'dead', code: 'revert_failed', place: '/run/revert', detail };
  }
  return { ...outcome, detail: `${why} ${undone}` };
}

function undoneText(began: boolean, reverted: readonly Reverted[]): string {
  if (!began) return 'Nothing had been changed.';
  if (reverted.length === 0) return 'Nothing was undone: run.revert is not set.';
  return reverted
    .map(({ target, problem }) =>
      problem === undefined ? `Undone by ${target}.` : `NOT undone by ${target}: ${problem}.`,
    )
    .join(' ');
}

/** How far a deployment is, in Markdown: a line a step. */
export function progressText(
  version: string,
  steps: readonly DeployStep[],
  at: number,
  state: 'runs' | 'halted' | 'undoing',
): string {
  const marks = { runs: '⏳', halted: '✗', undoing: '✗' } as const;
  const lines = steps.map(({ name }, index) => {
    const mark = index < at ? '✓' : index === at ? marks[state] : '·';
    return `- ${mark} ${name}`;
  });
  return [
    `**Deploys \`${version}\`**`,
    '',
    ...lines,
    ...(state === 'undoing' ? ['', '⏳ **Undoes what was done.**'] : []),
  ].join('\n');
}
