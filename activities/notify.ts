import { ApplicationFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';

import { type CallDependencies, callTarget } from './call-target.ts';
import type { Activities } from './interface.ts';
import { stepParams } from './step-params.ts';

/** Tells a target that a run waits. What another attempt cannot change is an answer, everything else fails and is retried. */
export function createNotifyTarget(dependencies: CallDependencies): Activities['notifyTarget'] {
  return async (input) => {
    const { target: name, token, trigger, run } = input;
    const target = dependencies.definitions().targets.get(name);
    if (!target) return { ok: false, detail: `No target is named ${name}.` };
    const params = stepParams(input, input);
    if (!params.ok) return params;
    const { attempt } = Context.current().info;
    const start = { ...input, params: params.value, attempt, lost: false };
    const answer = await callTarget(target, start, dependencies, { step: 'approval', token });
    dependencies.log.info(
      { runId: run.runId, trigger, target: name, attempt, outcome: answer.kind },
      'target notified',
    );
    if (answer.kind === 'started') return { ok: true };
    if (answer.kind === 'finished' && answer.status === 'succeeded') return { ok: true };
    const detail = answer.detail ?? `It ${answer.kind === 'finished' ? answer.status : 'did not answer'}.`;
    if (answer.kind === 'notStarted' && answer.permanent) return { ok: false, detail };
    throw ApplicationFailure.retryable(detail, 'target_unavailable');
  };
}
