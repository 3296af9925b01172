import { patched, proxyActivities } from '@temporalio/workflow';

import type { Activities } from '../../activities/interface.ts';
import { TEMPORAL_CALLS } from '../../src/contract/presets.ts';
import type { Effect } from '../../src/core/effect.ts';
import type { RunReport } from '../../src/core/fact.ts';

const { cancelRun } = proxyActivities<Activities>({ ...TEMPORAL_CALLS, summary: 'cancel a run to make room' });
const { replayAfterTrouble } = proxyActivities<Activities>({ ...TEMPORAL_CALLS, summary: 'replay dead letters' });
const { findEndedRuns } = proxyActivities<Activities>({ ...TEMPORAL_CALLS, summary: 'look for runs that ended' });

/** Looks after runs that go on: ends one that has to make room, and finds those that ended without saying so. */
export class RunningRuns {
  /** Activities on their way. They are not carried over continue-as-new, so it waits for them. */
  pending = 0;
  private readonly trigger: string;
  private readonly report: (report: RunReport) => void;

  constructor(trigger: string, report: (report: RunReport) => void) {
    this.trigger = trigger;
    this.report = report;
  }

  /** Does what a step asks for about runs that go on. */
  act(effects: readonly Effect[]): void {
    for (const effect of effects) {
      // Instances that began before this have no second request in their history.
      const isAsked = effect.kind === 'cancelRun' && (!effect.again || patched('cancel-again'));
      if (isAsked) this.during(cancelRun({ runId: effect.runId }));
      if (effect.kind === 'checkRuns') this.during(this.find(effect));
      // Instances that began before this replay nothing by themselves.
      if (effect.kind === 'replayLetters' && patched('replay-on-close')) this.during(this.replay(effect));
    }
  }

  private async find({ runIds, key }: Extract<Effect, { kind: 'checkRuns' }>): Promise<void> {
    for (const report of await findEndedRuns({ runIds, key })) this.report(report);
  }

  private async replay({ key, fromAt, untilAt }: Extract<Effect, { kind: 'replayLetters' }>): Promise<void> {
    await replayAfterTrouble({ trigger: this.trigger, ...(key !== undefined && { key }), fromAt, untilAt });
  }

  private during(call: Promise<void>): void {
    this.pending += 1;
    void call.finally(() => {
      this.pending -= 1;
    });
  }
}
