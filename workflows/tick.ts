import { defineSearchAttributeKey } from '@temporalio/common';
import { proxyActivities, workflowInfo } from '@temporalio/workflow';

import type { Activities } from '../activities/interface.ts';
import { TEMPORAL_CALLS } from '../src/contract/presets.ts';
import type { TickInput } from '../src/contract/schedules.ts';

/** When the schedule was due, set by Temporal on what it starts; a start by hand has none. */
const SCHEDULED_AT = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

const { tick: accept } = proxyActivities<Pick<Activities, 'tick'>>(TEMPORAL_CALLS);

/** One time of a schedule: an event that comes in through its Source. Repeated until it is accepted. */
export async function tick({ source }: TickInput): Promise<{ readonly outcome: string }> {
  const { typedSearchAttributes, startTime } = workflowInfo();
  const scheduledAt = typedSearchAttributes.get(SCHEDULED_AT) ?? startTime;
  return accept({ source, scheduledAt: scheduledAt.getTime() });
}
