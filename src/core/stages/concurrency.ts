import { limitsOf } from './limit.ts';
import { type AdmissionStage, OPEN } from './stage.ts';

/** Never more than `limit` runs that have not ended. `cancelRunning` ends the oldest to make room. */
export const concurrency: AdmissionStage = {
  name: 'concurrency',
  forced: true,
  admit(view, { key, turn }) {
    const settings = view.definition.concurrency;
    if (settings === undefined) return OPEN;
    const { running } = limitsOf(view.state, settings.scope, key);
    const { limit, onExcess } = settings;
    if (running.length < limit) return OPEN;
    const reason = { kind: 'runsRunning', limit, running: running.length } as const;
    if (onExcess !== 'cancelRunning') return { kind: 'closed', onExcess, reason };
    const oldest = turn === undefined ? running.find((run) => !run.cancelling) : undefined;
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
