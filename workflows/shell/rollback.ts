import { CancellationScope, log, proxyActivities } from '@temporalio/workflow';

import type { Activities } from '../../activities/interface.ts';
import type { RunInput } from '../../src/contract/messages.ts';
import { TEMPORAL_CALLS } from '../../src/contract/presets.ts';
import type { RunOutcome } from '../../src/core/retry.ts';
import { staleAlert } from '../../src/core/rollback.ts';
import type { CallSettings, RollbackPlan } from '../../src/spec/definition.ts';
import type { Emissions } from './emissions.ts';
import { guarded } from './guard.ts';
import { callStep } from './step.ts';

const { openDeadLetters } = proxyActivities<Activities>(TEMPORAL_CALLS);

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
  const told = await callStep(input, { ...step, seen: { outcome } }, { delaysMs: retry.delaysMs, timeoutMs });
  if (told.kind === 'ended' && told.status === 'succeeded') return;
  const { trigger, run } = input;
  const { runId, key, generation } = run;
  const code = told.kind === 'dead' ? told.code : 'target_rejected';
  const detail = told.detail ?? (told.kind === 'ended' ? `It ${told.status}.` : code);
  log.error('a rollback could not be told', { target: step.call.target, detail });
  const event = { runId, trigger, key, target: step.call.target, step: step.name, params: step.call.params };
  const id = `${runId}.${step.name.replace('/', '-')}`;
  const entries = [{ at: Date.now(), id, key, detail, event }];
  await openDeadLetters([{ version: 1, of: 'run', trigger, generation, code, place: step.place, entries }]);
}
