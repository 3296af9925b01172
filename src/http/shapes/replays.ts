import { z } from 'zod';

import { paceOf } from '../../core/pace.ts';
import { sinceAtOf } from './explain.ts';
import { by, count, moment } from './values.ts';

/** Events a second that go again where nobody says otherwise: few enough for what runs them to be watched. */
const PACE_DEFAULT = '10/s';
/** Fastest a replay goes: an instance takes thousands a second, but what comes in by itself shall not wait behind it. */
const PACE_MAX = 200;
/** Slowest: a step that comes once a day is a schedule. */
const PACE_MIN = 1 / 3_600;

const when = z
  .string()
  .refine((text) => sinceAtOf(text, 0) !== undefined, 'expected a duration such as 24h or 7d, or an RFC 3339 moment')
  .describe('A duration back from now, such as 24h, or an RFC 3339 moment.');

/** Bring stored events of a span to the trigger once more; a dry run unless told otherwise. */
export const replayOrder = z.strictObject({
  since: when,
  until: when.exactOptional().describe('Now where it is left out.'),
  pace: z
    .string()
    .refine((text) => isPace(paceOf(text)), 'expected 10/s, 30/m or 100/h: from 1/h to 200/s')
    .default(PACE_DEFAULT),
  dryRun: z.boolean().default(true),
  again: z.boolean().default(false).describe('Also where another replay of this trigger brought some of them.'),
  by: by.exactOptional(),
});

function isPace(pace: number | undefined): boolean {
  return pace !== undefined && pace >= PACE_MIN && pace <= PACE_MAX;
}

/** Who ends a replay, or lets it go on. */
export const actOnReplay = z.strictObject({ by: by.exactOptional() });

/** What a replay would bring, and what the trigger would make of it from the state it is in now. */
export const replayForecast = z.object({
  trigger: z.string(),
  dryRun: z.literal(true),
  since: moment,
  until: moment,
  pace: z.string(),
  events: count.describe('Stored events that the trigger takes, or fails on, as it is now.'),
  notTaken: count.describe('Stored events of the span that it does not take.'),
  partial: count.describe('Of which only parts are kept: they are left out.'),
  takesMs: count.describe('How long it takes at this pace.'),
  failed: count.describe('Of the events: an expression fails on them, so they become dead letters.'),
  runs: count.describe('Runs it would start, of runs that end at once.'),
  suppressed: z.record(z.string(), count).describe('Events by the stage that would suppress them.'),
  deadLettered: count.describe('Events that a stage would dead-letter.'),
  waiting: count.describe('Events that would still wait a day after the last.'),
  notices: z.array(z.string()).readonly(),
});

/** A replay: how far it is, or how it ended. */
export const replayed = z.object({
  replayId: z.string(),
  trigger: z.string(),
  workflowId: z.string(),
  state: z.enum(['running', 'done', 'full', 'stopped', 'refused', 'lost']),
  why: z
    .string()
    .exactOptional()
    .describe('Who stopped it, why it could not go on, or why it brought fewer than expected.'),
  since: moment,
  until: moment,
  pace: z.string(),
  by: z.string(),
  expected: count.describe('Events that were counted before it began.'),
  offered: count,
  failed: count,
  notTaken: count,
  partial: count,
  at: moment.exactOptional().describe('Arrival of the last stored event that was looked at.'),
});

export const replayList = z.object({ replays: z.array(replayed).readonly() });
