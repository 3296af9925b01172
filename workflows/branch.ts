import {
  allHandlersFinished,
  condition,
  isCancellation,
  setCurrentDetails,
  upsertSearchAttributes,
} from '@temporalio/workflow';

import type { BranchInput } from '../src/contract/messages.ts';
import { SEARCH_ATTRIBUTE } from '../src/contract/names.ts';
import { branchText } from '../src/core/fan-out-view.ts';
import type { RunOutcome } from '../src/core/retry.ts';
import { startedText } from '../src/core/run-view.ts';
import { makeCall } from './shell/call.ts';
import { ending, type RunResult } from './shell/ending.ts';
import { Finish } from './shell/finish.ts';
import { Places } from './shell/places.ts';

/**
 * One branch of a fan-out: one call, with a run id of its own as its token. Its end goes to the fan-out, and stays here
 * where that has ended before it.
 */
export async function branch(input: BranchInput): Promise<RunResult> {
  const { run, branch: of, branchOf } = input;
  const { runId, settings } = run;
  const text = branchText(input);
  const finish = new Finish();
  const places = new Places();
  const show = (line?: string) => setCurrentDetails([text, ...(line === undefined ? [] : [line])].join('\n\n'));
  show();
  const seen = { item: of.item };
  const call = () =>
    makeCall(input, {
      params: {},
      step: { name: 'branch', target: settings.target, params: settings.params, token: runId, seen },
      place: '/run/branch',
      delaysMs: settings.retry.delaysMs,
      timeoutMs: settings.timeoutMs,
      finish,
      onStarted: (started) => show(startedText(started)),
    });
  const outcome = await places.within(input, undefined, show, call).catch((error: unknown): RunOutcome => {
    if (!isCancellation(error)) throw error;
    return { kind: 'ended', status: 'cancelled', detail: `Cancelled, by its fan-out ${branchOf} or a person.` };
  });
  finish.close();
  const status = outcome.kind === 'dead' ? 'failed' : outcome.status;
  const code = outcome.kind === 'dead' ? `${outcome.code} at \`${outcome.place}\`: ` : '';
  show(`**${status}** ${code}${outcome.detail ?? ''}`.trimEnd());
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTE.outcome, value: status }]);
  await condition(allHandlersFinished);
  return ending(outcome);
}
