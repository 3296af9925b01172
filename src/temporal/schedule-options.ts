import { type CalendarSpecDescription, type IntervalSpecDescription, ScheduleOverlapPolicy } from '@temporalio/client';

import { TASK_QUEUE, WORKFLOW } from '../contract/names.ts';
import {
  type LocalTime,
  type ScheduleTimes,
  tickId,
  type TickInput,
  type WantedSchedule,
} from '../contract/schedules.ts';

const HOUR_MS = 3_600_000;
/** The shortest window the server keeps. */
const CATCHUP_MIN_MS = 10_000;
const HOURS_A_DAY = 24;

const MONTHS = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
] as const;
const WEEKDAYS = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const;

/** A schedule in the words of Temporal, exactly as `describe` gives it back, so that the two can be compared. */
export type ScheduleContent = {
  readonly spec: {
    readonly calendars: CalendarSpecDescription[];
    readonly intervals: IntervalSpecDescription[];
    readonly timezone: string;
  };
  readonly action: {
    readonly type: 'startWorkflow';
    readonly workflowType: string;
    readonly taskQueue: string;
    readonly workflowId: string;
    readonly args: [TickInput];
  };
  readonly policies: {
    /** A tick that waits for a worker, or for a trigger that is saturated, must not swallow the next one. */
    readonly overlap: ScheduleOverlapPolicy;
    readonly catchupWindow: number;
    readonly pauseOnFailure: boolean;
  };
};

/** What Temporal is told of a schedule. Without jitter: a tick costs little, and people read its time to the minute. */
export function contentOf({ source, times }: WantedSchedule): ScheduleContent {
  return {
    spec: specOf(times),
    action: {
      type: 'startWorkflow',
      workflowType: WORKFLOW.tick,
      taskQueue: TASK_QUEUE,
      workflowId: tickId(source),
      args: [{ version: 1, source }],
    },
    policies: {
      overlap: ScheduleOverlapPolicy.ALLOW_ALL,
      catchupWindow: catchupMs(times),
      pauseOnFailure: false,
    },
  };
}

/**
 * How late a tick may still come after the server was away. What is due at given hours is made up for within a day: the
 * nightly run of a laptop that was shut. What is due every hour or at intervals comes again soon: the last one is enough.
 */
function catchupMs(times: ScheduleTimes): number {
  if (times.kind === 'every') return Math.max(CATCHUP_MIN_MS, times.everyMs);
  return times.cron.hours.length === HOURS_A_DAY ? HOUR_MS : HOURS_A_DAY * HOUR_MS;
}

/** Temporal wants both kinds of days to match and cron either of them, so where both are restricted each has its own calendar. */
function specOf(times: ScheduleTimes): ScheduleContent['spec'] {
  if (times.kind === 'every') return { calendars: [], intervals: [{ every: times.everyMs, offset: 0 }], timezone: '' };
  const { cron, text, timeZone, once } = times;
  const { daysOfMonth, daysOfWeek } = cron;
  const days = daysOfMonth && daysOfWeek ? [{ daysOfMonth }, { daysOfWeek }] : [{ daysOfMonth, daysOfWeek }];
  const calendars = days.map((named) => ({
    second: rangesOf([0]),
    minute: rangesOf(cron.minutes),
    hour: rangesOf(cron.hours),
    dayOfMonth: rangesOf(named.daysOfMonth ?? ALL_DAYS),
    month: namedRanges(
      cron.months.map((it) => it - 1),
      MONTHS,
    ),
    year: [],
    dayOfWeek: namedRanges(named.daysOfWeek ?? ALL_WEEKDAYS, WEEKDAYS),
    comment: text,
  }));
  return { calendars: [...calendars, ...once.map(calendarOf)], intervals: [], timezone: timeZone };
}

const ALL_DAYS = Array.from({ length: 31 }, (_, it) => it + 1);
const ALL_WEEKDAYS = WEEKDAYS.map((_, it) => it);

function calendarOf({ year, month, day, hour, minute }: LocalTime): CalendarSpecDescription {
  return {
    second: rangesOf([0]),
    minute: rangesOf([minute]),
    hour: rangesOf([hour]),
    dayOfMonth: rangesOf([day]),
    month: namedRanges([month - 1], MONTHS),
    year: rangesOf([year]),
    dayOfWeek: namedRanges(ALL_WEEKDAYS, WEEKDAYS),
    comment: 'clocks are set forward over a time of this schedule',
  };
}

type Range<T> = { start: T; end: T; step: number };

/** Sorted numbers as runs without gaps. */
function rangesOf(values: readonly number[]): Range<number>[] {
  const ranges: Range<number>[] = [];
  for (const value of values) {
    const last = ranges.at(-1);
    if (last?.end === value - 1) last.end = value;
    else ranges.push({ start: value, end: value, step: 1 });
  }
  return ranges;
}

function namedRanges<Name>(values: readonly number[], names: readonly Name[]): Range<Name>[] {
  return rangesOf(values).flatMap(({ start, end, step }) => {
    const [first, last] = [names[start], names[end]];
    return first === undefined || last === undefined ? [] : [{ start: first, end: last, step }];
  });
}
