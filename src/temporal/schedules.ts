import { isDeepStrictEqual } from 'node:util';

import {
  ScheduleAlreadyRunning,
  type ScheduleClient,
  type ScheduleDescription,
  ScheduleNotFoundError,
} from '@temporalio/client';

import { SCHEDULE_ID_PREFIX, SCHEDULE_MEMO, scheduleId, type WantedSchedule } from '../contract/schedules.ts';
import { contentOf, type ScheduleContent } from './schedule-options.ts';

/** What was done so that Temporal has the schedules of the definitions; names of Sources, ids of strangers. */
export type Reconciled = {
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly deleted: readonly string[];
  /** Schedules under a wanted id that Signalbox did not make: left alone. */
  readonly foreign: readonly string[];
};

/**
 * Makes Temporal's schedules those that are wanted: creates, changes what differs, deletes what is no longer wanted.
 * Safe to repeat and to do in several processes. Only schedules of Signalbox are touched, told by id and memo; a paused
 * one stays paused. What is equal is left alone, because a change would forget the ticks still to be caught up on.
 * `formerly` names Sources that had a schedule: listing may not show yet what was made a moment ago. Throws what the
 * server refuses.
 */
export async function reconcileSchedules(
  client: ScheduleClient,
  wanted: readonly WantedSchedule[],
  formerly: Iterable<string>,
): Promise<Reconciled> {
  const done: { readonly [what in keyof Reconciled]: string[] } = {
    created: [],
    updated: [],
    deleted: [],
    foreign: [],
  };
  for (const schedule of wanted) {
    const what = await ensure(client, schedule);
    if (what !== 'same') done[what].push(schedule.source);
  }
  const names = new Set(wanted.map(({ source }) => source));
  const candidates = new Set(formerly);
  for await (const { scheduleId: id, memo } of client.list()) {
    if (id.startsWith(SCHEDULE_ID_PREFIX) && isOurs(memo)) candidates.add(id.slice(SCHEDULE_ID_PREFIX.length));
  }
  for (const source of candidates) {
    if (!names.has(source) && (await remove(client, source))) done.deleted.push(source);
  }
  return done;
}

const isOurs = (memo: ScheduleDescription['memo']): boolean => memo?.['signalbox'] === SCHEDULE_MEMO.signalbox;

async function ensure(
  client: ScheduleClient,
  schedule: WantedSchedule,
): Promise<'created' | 'updated' | 'foreign' | 'same'> {
  const content = contentOf(schedule);
  const found = await describe(client, schedule.source);
  if (found === undefined) {
    return create(client, schedule.source, content);
  }
  if (!isOurs(found.memo)) return 'foreign';
  if (isEqual(found, content)) return 'same';
  await client.getHandle(scheduleId(schedule.source)).update(({ state }) => ({ ...content, state }));
  return 'updated';
}

/** Processes that start together create together: the first one does it for all. */
async function create(client: ScheduleClient, source: string, content: ScheduleContent): Promise<'created' | 'same'> {
  try {
    await client.create({ scheduleId: scheduleId(source), memo: SCHEDULE_MEMO, ...content });
    return 'created';
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) return 'same';
    throw error;
  }
}

async function describe(client: ScheduleClient, source: string): Promise<ScheduleDescription | undefined> {
  try {
    return await client.getHandle(scheduleId(source)).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

function isEqual({ spec, action, policies }: ScheduleDescription, content: ScheduleContent): boolean {
  const { calendars, skip, timezone, jitter = 0, startAt, endAt } = spec;
  const intervals = spec.intervals?.map(({ every, offset }) => ({ every, offset }));
  const { type, workflowType, taskQueue, workflowId, args } = action;
  const found = {
    spec: { calendars, intervals, timezone },
    action: { type, workflowType, taskQueue, workflowId, args },
    policies,
  };
  const isPlain = skip?.length === 0 && jitter === 0 && startAt === undefined && endAt === undefined;
  return isPlain && isDeepStrictEqual(found, content);
}

async function remove(client: ScheduleClient, source: string): Promise<boolean> {
  const found = await describe(client, source);
  if (found === undefined || !isOurs(found.memo)) return false;
  try {
    await client.getHandle(scheduleId(source)).delete();
    return true;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return false;
    throw error;
  }
}
