import { setTimeout as delay } from 'node:timers/promises';

import type { Activities } from '../../activities/interface.ts';
import { resolveRun } from '../../activities/resolve-params.ts';
import { cancelRun } from '../../activities/running-runs.ts';
import type { Attempt } from '../core/retry.ts';
import type { Play } from './play.ts';

/** An end that is so near has come: the timer of a run and the clock that is asked are not the same call. */
const NEAR_MS = 1_000;
/** The longest wait a target may ask for. */
const WAIT_MAX_MS = 86_400_000;
/** A decision is told within the task that starts its run; a start waits this long for it, in real time. */
const TOLD_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 5;
/** A run that has just started has called its target by then, in real time: cancelled in a call, the server gets stuck. */
const CALLED_WITHIN_MS = 250;

/** What stands in for targets: runs go as their scenarios say. */
export function pretend(
  playOf: (trigger: string) => Play | undefined,
  now: () => Promise<number>,
): Pick<Activities, 'startTarget' | 'notifyTarget' | 'resolveParams' | 'cancelRun' | 'emitEvent'> {
  return {
    // A scenario is about one trigger: what others would make of its events is not part of it.
    emitEvent: async () => ({ ok: true, eventId: '' }),
    notifyTarget: async () => ({ ok: true }),
    cancelRun: async (input) => {
      await delay(CALLED_WITHIN_MS);
      await cancelRun(input);
    },
    resolveParams: async (input) => {
      const resolved = resolveRun(input);
      if (resolved.ok) playOf(input.trigger)?.params.set(input.run.runId, resolved.params);
      return resolved;
    },
    startTarget: async ({ trigger, run, branchOf }) => {
      const play = playOf(trigger);
      if (!play) return { kind: 'finished', status: 'succeeded' };
      return attemptOf(play, { ...run, runId: branchOf ?? run.runId }, await now());
    },
  };
}

async function attemptOf(
  play: Play,
  { runId, settings }: Parameters<Activities['startTarget']>[0]['run'],
  now: number,
): Promise<Attempt> {
  const { runs } = play.scenario.spec;
  const entries = Array.isArray(runs) ? runs : [runs];
  const number = await numberOf(play, runId);
  const { takes, result } = entries[Math.min(number, entries.length) - 1] ?? { takes: 0, result: 'succeeded' };
  const endsAt = play.ends.get(runId) ?? now + Math.min(takes, settings.timeoutMs);
  play.ends.set(runId, endsAt);
  if (endsAt - now > NEAR_MS) {
    const detail = 'In virtual time it works until then.';
    const retryAfterMs = Math.min(endsAt - now, WAIT_MAX_MS);
    return { kind: 'notStarted', code: 'target_unavailable', detail, permanent: false, retryAfterMs };
  }
  if (takes > settings.timeoutMs) return { kind: 'finished', status: 'timedOut' };
  if (result !== 'deadLettered') return { kind: 'finished', status: result };
  return { kind: 'notStarted', code: 'target_rejected', detail: 'The scenario says so.', permanent: true };
}

async function numberOf(play: Play, runId: string): Promise<number> {
  for (let waitedMs = 0; play.numberOf(runId) === 0 && waitedMs < TOLD_WITHIN_MS; waitedMs += LOOK_EVERY_MS) {
    await delay(LOOK_EVERY_MS);
  }
  return play.numberOf(runId);
}
