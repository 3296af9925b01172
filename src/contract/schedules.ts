import type { Cron } from '../spec/definition.ts';

/** Schedules in Temporal that begin like this belong to a Source. */
export const SCHEDULE_ID_PREFIX = 'source/';

/** The schedule in Temporal that makes the events of a Source. */
export function scheduleId(source: string): string {
  return `${SCHEDULE_ID_PREFIX}${source}`;
}

/** What tells a schedule that Signalbox made from one that a person made under such an id. */
export const SCHEDULE_MEMO = { signalbox: 'source' } as const;

/** The workflow of each tick has this id and its nominal time. */
export function tickId(source: string): string {
  return `tick/${source}`;
}

/** Start input of a tick. */
export type TickInput = { readonly version: 1; readonly source: string };

/** When a schedule is due. */
export type ScheduleTimes =
  /** At whole multiples since 1970-01-01 00:00 UTC. */
  | { readonly kind: 'every'; readonly everyMs: number }
  | {
      readonly kind: 'cron';
      /** As it was written, for people. */
      readonly text: string;
      readonly cron: Cron;
      readonly timeZone: string;
      /** Further local times: where clocks skip what the expression names. */
      readonly once: readonly LocalTime[];
    };

/** A minute in the time zone of its schedule; months count from 1. */
export type LocalTime = {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
};

/** A schedule that the definitions ask for. */
export type WantedSchedule = { readonly source: string; readonly times: ScheduleTimes };
