import {
  ActivityCancellationType,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';

import type { Activities } from '../activities/interface.ts';
import { TEMPORAL_CALLS } from '../src/contract/presets.ts';
import { type ReplayInput, replayQuery, type ReplayView, stopReplayUpdate } from '../src/contract/replays.ts';
import { nextStepAt, stepSize } from '../src/core/pace.ts';
import {
  broughtBy,
  NOTHING_REPLAYED,
  progressed,
  REPLAY_EVENTS_MAX,
  type ReplayEnd,
  replayText,
} from '../src/core/replaying.ts';
import { timeText } from './shell/text.ts';

const { stepReplay } = proxyActivities<Pick<Activities, 'stepReplay'>>({
  ...TEMPORAL_CALLS,
  // What a step brought is counted, also where somebody stops the replay meanwhile.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** Steps of one execution: eight events of history each, far under what ends a workflow. */
const STEPS_MAX = 500;

/** Brings stored events to one trigger once more, at a pace, until all were brought or somebody stops it. */
export async function replay(input: ReplayInput): Promise<ReplayView> {
  const { version: _version, progress: brought = NOTHING_REPLAYED, dueAt = Date.now(), stoppedBy: by, ...of } = input;
  let progress = brought;
  let stoppedBy = by;
  let end: ReplayEnd | undefined;
  let nextAt = dueAt;
  const scope = new CancellationScope();
  const view = (): ReplayView => ({ ...of, progress, ...(end && { end }) });
  setHandler(replayQuery, view);
  setHandler(stopReplayUpdate, (order: unknown) => {
    stoppedBy ??= nameIn(order);
    scope.cancel();
    return view();
  });
  const step = async (): Promise<void> => {
    const most = Math.min(stepSize(of.pace), REPLAY_EVENTS_MAX - broughtBy(progress));
    const startedAt = Date.now();
    const { trigger, replayId, sinceAt, untilAt } = of;
    const { after } = progress;
    const stepped = await stepReplay({ trigger, replayId, sinceAt, untilAt, most, ...(after && { after }) });
    if (!stepped.ok) {
      end = { kind: 'refused', code: stepped.code, detail: stepped.detail };
      return;
    }
    progress = progressed(progress, stepped);
    nextAt = nextStepAt(nextAt, startedAt, broughtBy(stepped), of.pace);
    if (stepped.done) end = { kind: 'done' };
    else if (broughtBy(progress) >= REPLAY_EVENTS_MAX) end = { kind: 'full' };
  };
  for (let steps = 0; end === undefined; steps += 1) {
    setCurrentDetails(replayText(of, progress, end, timeText));
    if (stoppedBy !== undefined) end = { kind: 'stopped', by: stoppedBy };
    else if (steps >= STEPS_MAX || workflowInfo().continueAsNewSuggested) {
      const stops = stoppedBy === undefined ? {} : { stoppedBy };
      return continueAsNew<typeof replay>({ ...input, progress, dueAt: nextAt, ...stops });
    } else {
      try {
        await scope.run(step);
        const waitMs = nextAt - Date.now();
        if (end === undefined && waitMs > 0) await condition(() => stoppedBy !== undefined, waitMs);
      } catch (error) {
        if (!isCancellation(error)) throw error;
        stoppedBy ??= 'whoever cancelled it in Temporal';
      }
    }
  }
  setCurrentDetails(replayText(of, progress, end, timeText));
  return view();
}

/** Whoever stops it without a name means it no less. */
function nameIn(order: unknown): string {
  const by = typeof order === 'object' && order !== null && 'by' in order ? order.by : undefined;
  return typeof by === 'string' ? by : 'api';
}
