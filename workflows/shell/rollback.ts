import { CancellationScope } from '@temporalio/workflow';

import type { RunInput } from '../../src/contract/messages.ts';
import type { RunOutcome } from '../../src/core/retry.ts';
import { staleAlert } from '../../src/core/rollback.ts';
import type { CallSettings, RollbackPlan } from '../../src/spec/definition.ts';
import { faultOf, openCallLetter } from './call-letter.ts';
import type { Emissions } from './emissions.ts';
import { guarded } from './guard.ts';
import { callStep } from './step.ts';

/**
 * Routes traffic back, and only then tells people, of a rollback that did not work too. What cannot be told is a dead
 * letter of its own: it changes nothing about the rollback. One that is skipped tells nobody, since nothing happened.
 */
export async function rollback(
  input: RunInput,
  plan: RollbackPlan,
  context: { readonly untilAt: number; readonly show: (progress: string) => string; readonly emissions: Emissions },
): Promise<RunOutcome> {
  const { retry } = input.run.settings;
  context.show('⏳ **Routes traffic back.**');
  const routed = await callStep(
    input,
    { name: 'route', place: '/run/route', call: plan.route },
    {
      delaysMs: retry.delaysMs,
      timeoutMs: context.untilAt - Date.now(),
      before: async (attempt) =>
        staleAlert(input.run, plan.maxAgeMs, Date.now()) ?? guarded(input, attempt, context.emissions),
    },
  );
  const isRefused = routed.kind === 'dead' ? routed.code === 'guard_closed' : routed.began === false;
  if (isRefused) return routed;
  const status = routed.kind === 'dead' ? 'deadLettered' : routed.status;
  const outcome = { status, detail: routed.detail ?? null };
  context.show(`**Routing back ${status}**\n\n⏳ **Tells people.**`);
  const told: readonly (readonly [string, CallSettings])[] = [
    ...plan.notify.map((call, index) => [`notify/${index}`, call] as const),
    ...(plan.incident ? [['incident', plan.incident] as const] : []),
  ];
  await CancellationScope.nonCancellable(() =>
    Promise.all(told.map(([name, call]) => tell(input, { name, call, place: `/run/${name}` }, outcome))),
  );
  context.show(`**Routing back ${status}**, ${told.length} told`);
  return routed;
}

async function tell(
  input: RunInput,
  step: { readonly name: string; readonly place: string; readonly call: CallSettings },
  outcome: { readonly status: string; readonly detail: string | null },
): Promise<void> {
  const { retry, timeoutMs } = input.run.settings;
  const seen = { outcome };
  const told = await callStep(input, { ...step, seen }, { delaysMs: retry.delaysMs, timeoutMs });
  const fault = faultOf(told);
  if (!fault) return;
  const { name, place, call } = step;
  const { target, params } = call;
  const event = { target, step: name, params };
  await openCallLetter(input, { name, place, event, call: { name, place, target, params, seen } }, fault);
}
