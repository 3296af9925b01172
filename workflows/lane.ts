import {
  CancellationScope,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  log,
  proxyActivities,
  setCurrentDetails,
  setDefaultSignalHandler,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';

import type { Activities } from '../activities/interface.ts';
import {
  carriedLaneQuery,
  type LaneInput,
  laneQuery,
  placeSignal,
  promotingSignal,
  releaseSignal,
  requestSignal,
  settingsSignal,
  type Told,
} from '../src/contract/places.ts';
import { RECOVERY, TEMPORAL_CALLS } from '../src/contract/presets.ts';
import { isLaneSettings, isPlaceRequest, runIdIn } from '../src/contract/read-places.ts';
import { carryLane, emptyLane, restoreLane } from '../src/core/lane-state.ts';
import { laneText, laneView } from '../src/core/lane-view.ts';
import { isOver, laneDueAt, type LaneInput as Input, laneStep } from '../src/core/lane.ts';
import { type PlaceName, placeId } from '../src/core/place.ts';
import { timeText } from './shell/text.ts';
import { MovingTimer } from './shell/timer.ts';

const { findEndedRuns } = proxyActivities<Activities>({ ...TEMPORAL_CALLS, summary: 'look whether runs go on' });
const { recoverLane } = proxyActivities<Activities>({ ...RECOVERY, summary: 'take over an ended lane' });

/** A lane continues as new after this many signals: each costs some ten events, and Temporal advises it at 4,096. */
const SIGNALS_MAX = 500;
/** Tells on their way at once: Temporal refuses 2,000 of one workflow. */
const UNTOLD_MAX = 500;

/**
 * A lane, or a pool: gives places to runs that ask, in order, and never more than there are. Runs and lane talk by
 * signals. A lane that is empty for long ends; whoever asks next starts it anew.
 */
export async function lane(input: LaneInput): Promise<void> {
  const keeper = new Keeper(input);
  setHandler(requestSignal, (asked) => keeper.hear('request', isPlaceRequest(asked) && { kind: 'request', ...asked }));
  setHandler(releaseSignal, (about) => keeper.hearOf('release', about));
  setHandler(promotingSignal, (about) => keeper.hearOf('promoting', about));
  setHandler(settingsSignal, (settings) =>
    keeper.hear('settings', isLaneSettings(settings) && { kind: 'settings', settings }),
  );
  setDefaultSignalHandler((name) => keeper.hear(name.slice(0, 100), false));
  setHandler(laneQuery, () => laneView(keeper.place, keeper.state));
  setHandler(carriedLaneQuery, () => carryLane(keeper.state));
  // Whoever cancels it does not end the runs that wait for it.
  const end = await CancellationScope.nonCancellable(async () => {
    if (!input.carried) await keeper.recover();
    return keeper.run();
  });
  if (end === 'continue') await continueAsNew<typeof lane>(keeper.carry());
}

/** Carries what is heard to the core, and what the core decides to the runs. */
class Keeper {
  readonly place: PlaceName;
  state;
  private readonly id: string;
  private readonly inbox: Input[] = [];
  /** What runs were told and may not have heard, by number: told again after continue-as-new. */
  private readonly untold = new Map<number, Told>();
  private tells = 0;
  private signals = 0;
  private readonly timer = new MovingTimer(() => this.inbox.push({ kind: 'tick' }));

  constructor({ of, name, carried, untold = [] }: LaneInput) {
    this.place = { of, name };
    this.id = placeId(this.place);
    this.state = carried ? restoreLane(of, carried) : emptyLane(of, Date.now());
    for (const told of untold) this.tell(told);
  }

  /** Handlers only remember. */
  hear(name: string, input: Input | false): void {
    this.signals += 1;
    if (input) this.inbox.push(input);
    else log.error('a signal was left alone', { name });
  }

  hearOf(kind: 'release' | 'promoting', about: unknown): void {
    const runId = runIdIn(about);
    this.hear(kind, runId !== undefined && { kind, runId });
  }

  /** Takes over what an earlier run of the lane left that did not end by itself. */
  async recover(): Promise<void> {
    const about = { id: this.id, runId: workflowInfo().runId };
    const found = await recoverLane(about).catch((error: unknown) => {
      log.error('begun empty: what an ended lane held is lost', { why: String(error) });
      return { carried: undefined };
    });
    if (found.carried) this.state = restoreLane(this.place.of, found.carried);
  }

  /** Decides until nobody wants it any more, or its history is long enough. */
  async run(): Promise<'over' | 'continue'> {
    for (;;) {
      this.work();
      setCurrentDetails(laneText(this.place, this.state, timeText));
      if (isOver(this.state, Date.now())) return 'over';
      if (this.mayContinue()) return 'continue';
      this.timer.arm(laneDueAt(this.state), () =>
        this.state.holders.size > 0 ? 'look whether the runs that hold a place go on' : 'end, if nobody comes',
      );
      await condition(() => this.hasWork() || this.mayContinue());
    }
  }

  carry(): LaneInput {
    return { version: 1, ...this.place, carried: carryLane(this.state), untold: [...this.untold.values()] };
  }

  private hasWork(): boolean {
    return this.inbox.length > 0 && this.untold.size < UNTOLD_MAX;
  }

  private mayContinue(): boolean {
    return this.inbox.length === 0 && (this.signals >= SIGNALS_MAX || workflowInfo().continueAsNewSuggested);
  }

  private work(): void {
    while (this.hasWork()) {
      const input = this.inbox.shift();
      if (!input) return;
      for (const effect of laneStep(this.state, input, Date.now())) {
        if (effect.kind === 'check') void this.check(effect.runIds);
        else this.tell(effect);
      }
    }
  }

  private tell(told: Told): void {
    const number = (this.tells += 1);
    this.untold.set(number, told);
    getExternalWorkflowHandle(told.runId)
      .signal(placeSignal, { version: 1, place: this.id, ...told })
      .catch(() => this.inbox.push({ kind: 'unreached', runId: told.runId }))
      .finally(() => this.untold.delete(number));
  }

  /** What is not known to have ended goes on. */
  private async check(runIds: readonly string[]): Promise<void> {
    const found = await findEndedRuns({ runIds, key: '' }).catch((error: unknown) => {
      log.error('it is not known whether runs go on', { why: String(error) });
      return [];
    });
    const ended = new Set(found.map(({ runId }) => runId));
    for (const runId of runIds) this.inbox.push({ kind: ended.has(runId) ? 'release' : 'alive', runId });
  }
}
