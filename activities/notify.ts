import { ApplicationFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';

import { compileTemplate } from '../src/match/template.ts';
import type { Json } from '../src/spec/json.ts';
import type { Activities, NotifyInput } from './interface.ts';
import { RUN_VARIABLES, runVariables } from './resolve-params.ts';
import { callTarget, type StartTargetDependencies } from './start-target.ts';

/** Tells a target that a run waits. What another attempt cannot change is an answer, everything else fails and is retried. */
export function createNotifyTarget(dependencies: StartTargetDependencies): Activities['notifyTarget'] {
  return async (input) => {
    const { target: name, token, trigger, run } = input;
    const target = dependencies.definitions().targets.get(name);
    if (!target) return { ok: false, detail: `No target is named ${name}.` };
    const params = paramsOf(input);
    if (!params.ok) return params;
    const { attempt } = Context.current().info;
    const start = { ...input, params: params.value, attempt, lost: false };
    const answer = await callTarget(target, start, dependencies, { step: 'approval', token });
    dependencies.log.info(
      { runId: run.runId, trigger, target: name, attempt, outcome: answer.kind },
      'target notified',
    );
    if (answer.kind === 'finished' && answer.status === 'succeeded') return { ok: true };
    const detail = answer.detail ?? `It ${answer.kind === 'finished' ? answer.status : 'did not answer'}.`;
    if (answer.kind === 'notStarted' && answer.permanent) return { ok: false, detail };
    throw ApplicationFailure.retryable(detail, 'target_unavailable');
  };
}

function paramsOf(
  input: NotifyInput,
): { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly detail: string } {
  const compiled = compileTemplate(input.params, RUN_VARIABLES);
  if (!compiled.ok) return { ok: false, detail: compiled.violations.map(({ message }) => message).join('; ') };
  const resolved = compiled.template.resolve(runVariables(input));
  return resolved.ok ? resolved : { ok: false, detail: `${resolved.expression}: ${resolved.message}` };
}
