import { log, proxyActivities } from '@temporalio/workflow';

import type { Activities } from '../../activities/interface.ts';
import type { RunInput } from '../../src/contract/messages.ts';
import { TEMPORAL_CALLS } from '../../src/contract/presets.ts';
import type { CallAgain } from '../../src/core/dead-letters.ts';
import type { JsonObject } from '../../src/spec/json.ts';
import type { CallOutcome } from './call.ts';
import { callStep } from './step.ts';

const { openDeadLetters } = proxyActivities<Activities>(TEMPORAL_CALLS);

/** Something that a run does beside its course, and that went wrong without changing the run. */
type Aside = {
  /** Its name within the run. */
  readonly name: string;
  /** Pointer into the trigger's spec. */
  readonly place: string;
  /** What people see of it. */
  readonly event: JsonObject;
  /** The call that a replay makes again; absent where there is none to make. */
  readonly call?: CallAgain;
};

/** Why a call did not succeed; undefined where it did. */
export function faultOf(outcome: CallOutcome): { readonly code: string; readonly detail: string } | undefined {
  if (outcome.kind === 'dead') return { code: outcome.code, detail: outcome.detail };
  if (outcome.status === 'succeeded') return undefined;
  return { code: 'target_rejected', detail: outcome.detail ?? `It ${outcome.status}.` };
}

/** Opens a dead letter of its own for it, which keeps the call and the run for a replay. */
export async function openCallLetter(
  { trigger, run }: RunInput,
  { name, place, event, call }: Aside,
  { code, detail }: { readonly code: string; readonly detail: string },
): Promise<void> {
  const { runId, key, generation } = run;
  log.error('something beside a run went wrong', { what: name, code, detail });
  const id = `${runId}.${name.replaceAll('/', '-')}`;
  const about = { runId, trigger, key, ...event };
  const entries = [{ at: Date.now(), id, key, detail, event: about, ...(call && { run, call }) }];
  const target = call && { target: call.target };
  await openDeadLetters([{ version: 1, of: 'run', trigger, generation, code, place, ...target, entries }]);
}

/** Makes the call once more, by a token of its own. Why it did not succeed; undefined where it did. */
export async function callAgain(
  input: RunInput,
  { name, place, target, params, seen }: CallAgain,
  attempt: number,
): Promise<ReturnType<typeof faultOf>> {
  const step = { name, place, call: { target, params }, seen, ordinal: attempt + 1 };
  const outcome = await callStep(input, step, { delaysMs: [], timeoutMs: input.run.settings.timeoutMs });
  return faultOf(outcome);
}
