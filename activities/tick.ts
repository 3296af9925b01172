import { ApplicationFailure } from '@temporalio/common';

import type { Accept } from '../src/accept/outcome.ts';
import type { Logger } from '../src/observability/log.ts';
import type { Metrics } from '../src/observability/metrics.ts';
import type { CloudEvent } from '../src/spec/event.ts';
import type { Activities } from './interface.ts';

export type TickDependencies = {
  readonly accept: Accept;
  /**
   * Whether a moment (epoch milliseconds) is the second time that clocks set back show a local time the schedule names.
   */
  readonly repeats: (source: string, at: number) => boolean;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

/** Hands the event of one time of a schedule to the accepting side; the same event however often it is called. */
export function createTick({ accept, repeats, log, metrics, now }: TickDependencies): Activities['tick'] {
  return async ({ source, scheduledAt }) => {
    if (repeats(source, scheduledAt)) {
      log.info({ source, scheduledAt: iso(scheduledAt) }, 'clocks were set back: this time of the schedule has been');
      return { outcome: 'repeated' };
    }
    const outcome = await accept([{ event: tickEvent(source, scheduledAt), source, receivedAt: now() }], {});
    if (outcome.kind === 'refused') throw ApplicationFailure.retryable(outcome.refusal.detail, outcome.refusal.code);
    const taken = outcome.deadLettered.length > 0 ? 'deadLettered' : 'accepted';
    metrics.count('signalbox_events_received_total', { source, outcome: taken });
    metrics.set('signalbox_last_event_timestamp_seconds', { source }, now() / 1_000);
    log.info({ source, scheduledAt: iso(scheduledAt), eventIds: outcome.accepted.map((it) => it.eventId) }, 'ticked');
    return { outcome: taken };
  };
}

const iso = (at: number): string => new Date(at).toISOString();

/** Identity and content come from the schedule's name and time alone, so that a second one is a duplicate. */
function tickEvent(schedule: string, at: number): CloudEvent {
  const scheduledAt = iso(at);
  return {
    specversion: '1.0',
    id: scheduledAt,
    source: `signalbox/schedules/${schedule}`,
    type: 'signalbox.schedule.ticked',
    subject: schedule,
    time: scheduledAt,
    datacontenttype: 'application/json',
    data: { schedule, scheduledAt },
  };
}
