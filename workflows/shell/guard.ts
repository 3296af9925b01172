import type { RunInput } from '../../src/contract/messages.ts';
import { GUARD_DELAYS_MS, GUARD_TIMEOUT_MS } from '../../src/contract/presets.ts';
import type { RunOutcome } from '../../src/core/retry.ts';
import { makeCall } from './call.ts';
import type { Emissions } from './emissions.ts';

/** Asks the guard of a run right before an attempt; where nothing keeps it back its target is called. */
export async function guarded(input: RunInput, attempt: number, emissions: Emissions): Promise<RunOutcome | undefined> {
  const closed = await askGuard(input, attempt);
  if (!closed) emissions.started();
  return closed;
}

/**
 * Asks the guard of a run, right before an attempt to call its target; nothing where there is none or it is open. Each
 * asking is a call of its own. A guard that cannot be asked is not open: the run goes to a person.
 */
async function askGuard(input: RunInput, attempt: number): Promise<RunOutcome | undefined> {
  const { guard } = input.run.settings;
  if (!guard) return undefined;
  const { target, params, expect, onFail } = guard;
  const step = { name: 'guard', target, params, expect, token: `${input.run.runId}.guard-${attempt}` };
  const place = '/run/guard';
  const answer = await makeCall(input, {
    params: {},
    step,
    place,
    delaysMs: GUARD_DELAYS_MS,
    timeoutMs: GUARD_TIMEOUT_MS,
  });
  if (answer.kind === 'dead') return answer;
  if (answer.status !== 'succeeded') {
    const detail = `The guard ${target} ${answer.status}${answer.detail === undefined ? '' : `: ${answer.detail}`}`;
    return { kind: 'dead', code: 'target_unavailable', place, detail };
  }
  if (answer.expectation?.holds) return undefined;
  const detail = `The guard ${target} is closed: ${answer.expectation?.detail ?? 'it answered nothing'}`;
  if (onFail === 'deadLetter') return { kind: 'dead', code: 'guard_closed', place, detail };
  return { kind: 'ended', status: 'skipped', detail, began: false };
}
