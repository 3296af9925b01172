import { isCancellation, proxyActivities, sleep } from '@temporalio/workflow';

import type { Activities, Expectation } from '../../activities/interface.ts';
import type { RunInput } from '../../src/contract/messages.ts';
import { TARGET_HEARTBEAT_TIMEOUT_MS } from '../../src/contract/presets.ts';
import { clip, TIMER_TEXT_MAX_CHARS } from '../../src/core/view.ts';
import type { CheckSettings } from '../../src/spec/definition.ts';
import type { JsonObject } from '../../src/spec/json.ts';
import { aboutOf } from './call.ts';
import { callStep } from './step.ts';

/** A check that has its own time limit gets this much more before it is given up as an activity. */
const MARGIN_MS = 5_000;

/** Only a worker that dies makes this activity fail. It has changed nothing, so the same attempt is made again. */
const LOST_LOOKS = { initialInterval: '200ms', maximumAttempts: 3 } as const;

/** The same of a target that honours its token, or knows what it started. */
const LOST_DELAYS_MS = [200, 1_000] as const;

/** Tries a check until it holds or its attempts are used up; gives what the last one saw. */
export async function runCheck(
  input: RunInput,
  of: { readonly name: string; readonly place: string; readonly check: CheckSettings; readonly seen: JsonObject },
): Promise<Expectation> {
  const { attempts, everyMs } = of.check;
  for (let attempt = 1; ; attempt += 1) {
    const seen = await tryCheck(input, of, attempt);
    if (seen.holds || attempt >= attempts) return seen;
    const summary = `${of.name}: attempt ${attempt} of ${attempts} did not hold: ${seen.detail}`;
    await sleep(everyMs, { summary: clip(summary, TIMER_TEXT_MAX_CHARS) });
  }
}

async function tryCheck(
  input: RunInput,
  { name, place, check, seen }: Parameters<typeof runCheck>[1],
  attempt: number,
): Promise<Expectation> {
  const { timeoutMs, expect } = check;
  if (check.kind === 'http') {
    const { url, headers } = check;
    const { checkAddress } = proxyActivities<Activities>({
      startToCloseTimeout: timeoutMs + MARGIN_MS,
      heartbeatTimeout: TARGET_HEARTBEAT_TIMEOUT_MS,
      retry: LOST_LOOKS,
      summary: `${name}: attempt ${attempt}`,
    });
    try {
      return await checkAddress({ ...aboutOf(input), url, headers, expect, timeoutMs, seen });
    } catch (error) {
      if (isCancellation(error)) throw error;
      return { holds: false, detail: `It could not be asked: ${String(error)}` };
    }
  }
  const call = { name, place, call: check.call, seen, expect, ordinal: attempt };
  const outcome = await callStep(input, call, { delaysMs: [], lostDelaysMs: LOST_DELAYS_MS, timeoutMs });
  if (outcome.kind === 'dead') return { holds: false, detail: outcome.detail };
  if (outcome.status !== 'succeeded') {
    return { holds: false, detail: `${check.call.target} ${outcome.status}: ${outcome.detail ?? 'no reason given'}` };
  }
  return outcome.expectation ?? { holds: false, detail: `${check.call.target} answered nothing to look at.` };
}
