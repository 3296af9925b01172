import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  proxyActivities,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';

import type { Activities } from '../../activities/interface.ts';
import { SEARCH_ATTRIBUTE, WAITING_FOR_PLACE } from '../../src/contract/names.ts';
import { type PlaceAnswer, placeSignal, promotingSignal, releaseSignal } from '../../src/contract/places.ts';
import { TEMPORAL_CALLS } from '../../src/contract/presets.ts';
import { isPlaceAnswer } from '../../src/contract/read-places.ts';
import { waitText } from '../../src/core/lane-view.ts';
import { type PlaceName, placeId, placeText } from '../../src/core/place.ts';
import type { RunOutcome } from '../../src/core/retry.ts';
import type { Caller } from './call.ts';

/** A lane answers within a moment; where it does not it was asked in vain. */
const ANSWER_MS = 30_000;
/** A run that waits asks again after this long, since a lane that somebody ended does not know of it. */
const ASK_AGAIN_MS = 300_000;
/** Each time twice as long, up to this: an asking is a dozen events of a history that may go on for months. */
const ASK_AGAIN_MAX_MS = 3_600_000;

/** Shows people what the run waits for; nothing once it goes on. */
type Show = (line: string | undefined) => void;

/**
 * The places a run takes before it calls anything: first in its lane, then in its pool, so that no two runs wait for each
 * other. Whatever ends the run gives them back.
 */
export class Places {
  private readonly answers = new Map<string, PlaceAnswer>();
  private scope: CancellationScope | undefined;
  private lane: string | undefined;
  private givesWayTo: string | undefined;
  private isPromoting = false;

  constructor() {
    setHandler(placeSignal, (answer) => this.hear(answer));
  }

  /** Does `work` once the run has every place it wants: in the lane of this name, and in the pool of its settings. */
  async within(
    input: Caller,
    lane: string | undefined,
    show: Show,
    work: () => Promise<RunOutcome>,
  ): Promise<RunOutcome> {
    const { pool } = input.run.settings;
    const wanted: PlaceName[] = [
      ...(lane === undefined ? [] : [{ of: 'lane', name: lane } as const]),
      ...(pool === undefined ? [] : [{ of: 'pool', name: pool } as const]),
    ];
    if (wanted.length === 0) return work();
    if (lane !== undefined) this.lane = placeId({ of: 'lane', name: lane });
    const asked: string[] = [];
    let began = false;
    const scope = new CancellationScope();
    this.scope = scope;
    try {
      const outcome = await scope.run(async () => {
        for (const place of wanted) {
          asked.push(placeId(place));
          const refused = await this.take(input, place, show);
          if (refused) return refused;
        }
        began = true;
        return work();
      });
      return this.givesWayTo === undefined ? outcome : gaveWay(outcome, this.givesWayTo);
    } catch (error) {
      if (!isCancellation(error) || (began && this.givesWayTo === undefined)) throw error;
      const why = this.givesWayTo === undefined ? 'Cancelled while it waited.' : `It gave way to ${this.givesWayTo}.`;
      return { kind: 'ended', status: 'cancelled', detail: why, ...(!began && { began: false }) };
    } finally {
      this.scope = undefined;
      await giveBack(asked, input.run.runId);
    }
  }

  /**
   * Said by a deploy before it begins to promote: from now on it does not give way to a rollback, which waits for its end.
   * A deploy that was asked before this is cancelled at its next step.
   */
  promoting(runId: string): void {
    if (this.givesWayTo !== undefined) return;
    this.isPromoting = true;
    if (this.lane === undefined) return;
    const told = getExternalWorkflowHandle(this.lane).signal(promotingSignal, { runId });
    told.catch((error: unknown) => log.warn('a lane could not be told of a promotion', { detail: String(error) }));
  }

  private hear(answer: unknown): void {
    if (!isPlaceAnswer(answer)) {
      log.error('a signal was left alone', { name: placeSignal.name });
      return;
    }
    if (answer.kind !== 'giveWay') {
      this.answers.set(answer.place, answer);
    } else if (!this.isPromoting && answer.place === this.lane) {
      this.givesWayTo ??= answer.to;
      this.scope?.cancel();
    }
  }

  /** Asks for a place and waits for it; what is given instead ends the run. */
  private async take(input: Caller, place: PlaceName, show: Show): Promise<RunOutcome | undefined> {
    const id = placeId(place);
    const answer = () => this.answers.get(id);
    let waits = false;
    for (let againMs = ASK_AGAIN_MS; ; againMs = Math.min(2 * againMs, ASK_AGAIN_MAX_MS)) {
      const missing = await ask(input, place, id);
      if (missing !== undefined) return { kind: 'dead', code: 'pool_missing', place: '/run/pool', detail: missing };
      await condition(() => answer() !== undefined, ANSWER_MS, { summary: waitText(place, undefined) });
      const first = answer();
      if (first?.kind === 'waiting') {
        const text = waitText(place, first.before);
        show(`⏳ **It ${text}.**`);
        if (!waits) upsertSearchAttributes([{ key: SEARCH_ATTRIBUTE.outcome, value: WAITING_FOR_PLACE }]);
        waits = true;
        await condition(() => answer()?.kind !== 'waiting', againMs, { summary: text });
      }
      const kind = answer()?.kind;
      if (kind === 'full') {
        const detail = `Too many runs wait for ${placeText(place)}.`;
        return { kind: 'dead', code: 'lane_full', place: `/run/${place.of}`, detail };
      }
      if (kind === 'granted') {
        if (waits) upsertSearchAttributes([{ key: SEARCH_ATTRIBUTE.outcome, value: null }]);
        show(undefined);
        return undefined;
      }
    }
  }
}

/** A run that ended by itself when it was told to give way says so. */
function gaveWay(outcome: RunOutcome, to: string): RunOutcome {
  if (outcome.kind === 'dead' || outcome.status !== 'cancelled') return outcome;
  return { ...outcome, detail: `It gave way to ${to}. ${outcome.detail ?? ''}`.trimEnd() };
}

/** Not cut short: a place that is asked for while the run ends would be given to it and never come back. */
function ask({ trigger, run }: Caller, place: PlaceName, id: string): Promise<string | undefined> {
  const { runId, settings } = run;
  const request = { id, place, run: { runId, trigger, kind: settings.kind } };
  const { requestPlace } = proxyActivities<Activities>({ ...TEMPORAL_CALLS, summary: `ask for ${placeText(place)}` });
  return CancellationScope.nonCancellable(async () => {
    const asked = await requestPlace(request);
    return asked.ok ? undefined : asked.detail;
  });
}

/** A lane that is not there any more has nothing to take back. */
async function giveBack(places: readonly string[], runId: string): Promise<void> {
  await CancellationScope.nonCancellable(() =>
    Promise.allSettled(places.map((id) => getExternalWorkflowHandle(id).signal(releaseSignal, { runId }))),
  );
}
