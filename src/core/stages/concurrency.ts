import { limitsOf } from './limit.ts';
import type { Waiting } from '../state.ts';
import { joinable } from '../waiting.ts';
import { type AdmissionStage, type Candidate, OPEN, type View } from './stage.ts';

/** Whether a run was told to end for this candidate already, or for the held one that it joins. */
function hasRoomComing({ state }: View, { key, cause, turn }: Candidate): boolean {
  const joins = joinable({ how: 'hold', cause });
  const isSame = (other: Waiting) => (turn === undefined ? joins && joinable(other) : other.turn === turn);
  return state.keys.get(key)?.waiting?.some((other) => other.stage === 'concurrency' && isSame(other)) ?? false;
}

/** Never more than `limit` runs that have not ended. `cancelRunning` ends the oldest to make room. */
export const concurrency: AdmissionStage = {
  name: 'concurrency',
  forced: true,
  admit(view, candidate) {
    const settings = view.definition.concurrency;
    if (settings === undefined) return OPEN;
    const { key } = candidate;
    const { running } = limitsOf(view.state, settings.scope, key);
    const { limit, onExcess } = settings;
    if (running.length < limit) return OPEN;
    const reason = { kind: 'runsRunning', limit, running: running.length } as const;
    if (onExcess !== 'cancelRunning') return { kind: 'closed', onExcess, reason };
    const oldest = hasRoomComing(view, candidate) ? undefined : running.find((run) => !run.cancelling);
    if (!oldest) return { kind: 'closed', onExcess: 'hold', reason };
    const { runId } = oldest;
    return {
      kind: 'closed',
      onExcess: 'hold',
      reason,
      drafts: [{ kind: 'runCancelling', key, runId }],
      effects: [{ kind: 'cancelRun', runId }],
    };
  },
};
