import { findBranches } from './branches.ts';
import type { CallDependencies } from './call-target.ts';
import { createCheckAddress } from './check-address.ts';
import { createCancelTarget, createWatchTarget } from './follow-target.ts';
import { readUndecided } from './history.ts';
import { createReplayLetters, replayAfterTrouble, selectLetters } from './bulk-replay.ts';
import { createEmitEvent } from './emit-event.ts';
import type { Activities } from './interface.ts';
import { createNotifyTarget } from './notify.ts';
import { createRecoverState } from './recover-state.ts';
import { createProbeTarget, type ProbeDependencies } from './probe.ts';
import { createRecoverLane, createRequestPlace } from './places.ts';
import { resolveParams } from './resolve-params.ts';
import { createReplayEvents, createReplayRun } from './replay.ts';
import { createStepReplay, type StepReplayDependencies } from './step-replay.ts';
import { cancelRun, endOfRuns, findEndedRuns } from './running-runs.ts';
import { createAnnounceSegment, createReadSegment, endSegment } from './segments.ts';
import { startRuns } from './start-runs.ts';
import { createStartTarget } from './start-target.ts';
import { createTick, type TickDependencies } from './tick.ts';
import { createOpenDeadLetters, createReportApproval, createReportRun, type TellDependencies } from './tell.ts';

export type { Activities } from './interface.ts';
export type ActivityDependencies = CallDependencies &
  TellDependencies &
  TickDependencies &
  StepReplayDependencies &
  ProbeDependencies;

/** Everything workflows have done outside of them, over the dependencies that main hands in. */
export function createActivities(dependencies: ActivityDependencies): Activities {
  return {
    startRuns,
    resolveParams,
    startTarget: createStartTarget(dependencies),
    watchTarget: createWatchTarget(dependencies),
    cancelTarget: createCancelTarget(dependencies),
    checkAddress: createCheckAddress(dependencies),
    notifyTarget: createNotifyTarget(dependencies),
    reportApproval: createReportApproval(dependencies),
    reportRun: createReportRun(dependencies),
    openDeadLetters: createOpenDeadLetters(dependencies),
    replayEvents: createReplayEvents(dependencies),
    replayRun: createReplayRun(dependencies),
    stepReplay: createStepReplay(dependencies),
    selectLetters,
    replayAfterTrouble,
    replayLetters: createReplayLetters(dependencies),
    endOfRuns,
    cancelRun,
    findEndedRuns,
    findBranches,
    recoverState: createRecoverState(dependencies),
    readUndecided,
    tick: createTick(dependencies),
    probeDoor: ({ trigger, at }) => dependencies.probeDoor(trigger, at),
    probeTarget: createProbeTarget(dependencies),
    emitEvent: createEmitEvent(dependencies),
    announceSegment: createAnnounceSegment(dependencies),
    readSegment: createReadSegment(dependencies),
    endSegment,
    requestPlace: createRequestPlace(dependencies),
    recoverLane: createRecoverLane(dependencies),
  };
}
