import { z } from 'zod';

import { apiVersion, metadataSchema } from './metadata.ts';
import { json } from './template.ts';
import { durationMs, parseDurationMs, resourceName } from './units.ts';

/** Most times one event is repeated: as many as an instance remembers identities of, five times over. */
const REPEAT_MAX_COUNT = 100_000;
/** As for durations. */
const LONGEST_MS = 3_650 * 86_400_000;
/** Most entries of one list: a scenario is read by people. */
const ENTRIES_MAX_COUNT = 1_000;

const PART = /\d+(?:ms|s|m|h|d)/g;
const MOMENT = /^(\d+(ms|s|m|h|d)( ?\d+(ms|s|m|h|d))*|P(?=\d|T\d)(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?)$/;

/** A moment counted from the start: a duration, or several as in `2h 5m`, which is how moments are shown. */
const moment = z
  .string()
  .regex(MOMENT, 'expected a moment such as 40s, 24h or 2h 5m')
  .meta({ id: 'Moment', description: 'Counted from the start: 40s, 24h, 2h 5m or ISO 8601.', examples: ['2h 5m'] })
  .transform(momentMs)
  .refine((ms) => ms <= LONGEST_MS, 'later than ten years');
const at = moment.describe('When, counted from the start of the scenario.');
/** A key as it is compared: numbers and booleans become text, as keys do. */
const key = z.union([z.string(), z.number(), z.boolean()]).transform(String);

function momentMs(text: string): number {
  return parseDurationMs(text) ?? (text.match(PART) ?? []).reduce((sum, part) => sum + (parseDurationMs(part) ?? 0), 0);
}

const repeat = z.strictObject({
  count: z.int().min(1).max(REPEAT_MAX_COUNT).describe('How often it is sent in all.'),
  every: durationMs.describe('From one to the next.'),
  sameId: z.boolean().default(false).describe('true: always with the same id, as a sender that repeats itself does.'),
});

const sent = {
  at,
  repeat: repeat.optional().describe('Sends it several times, each with an id of its own.'),
  sameId: z.boolean().optional().describe('The same as repeat.sameId.'),
};

const fileEvent = z.strictObject({
  ...sent,
  file: z
    .string()
    .min(1)
    .describe('JSON file with a CloudEvent, or with a list of them; its path is relative to this file.'),
});

const inlineEvent = z.strictObject({
  ...sent,
  event: z
    .record(z.string(), json)
    .describe('A CloudEvent; specversion, id, source and time are filled in where they are left out.'),
});

const runEnd = z
  .strictObject({
    takes: durationMs.prefault('0s').describe('From the start of the run to its end.'),
    result: z
      .enum(['succeeded', 'failed', 'timedOut', 'cancelled', 'deadLettered'])
      .default('succeeded')
      .describe('How the run ends.'),
  })
  .meta({ id: 'RunEnd' });

/** Of which run: the oldest that fits. */
const whichRun = z.strictObject({
  run: z.int().min(1).optional().describe('Number of the run, counted from 1 as runs were decided.'),
  key: key.optional().describe('The oldest run of this key.'),
});
const whichKey = z.strictObject({ key: key.optional().describe('Only this key; the whole trigger without it.') });
const fire = z.strictObject({
  key: key.optional().describe('The key to fire; `default` without it.'),
  params: z.record(z.string(), json).optional().describe('Replace those of the trigger, member by member.'),
  force: z.boolean().default(false).describe('Skips hours, cooldown, rate and concurrency.'),
});
const breaker = z.strictObject({
  state: z.enum(['open', 'closed']).describe('What the breaker is set to.'),
  key: key.optional().describe('Only this key; the whole trigger without it.'),
});

const action = z.union([
  z.strictObject({ at, pause: whichKey.describe('Pauses the trigger, or a key of it.') }),
  z.strictObject({ at, resume: whichKey.describe('Ends a pause.') }),
  z.strictObject({ at, fire: fire.describe('Starts a run by hand.') }),
  z.strictObject({ at, approve: whichRun.describe('Approves a run that waits for it.') }),
  z.strictObject({ at, reject: whichRun.describe('Rejects a run that waits for approval.') }),
  z.strictObject({ at, cancel: whichRun.describe('Cancels a run that has not ended.') }),
  z.strictObject({ at, breaker: breaker.describe('Opens or closes the breaker by hand.') }),
]);

const expectedRun = z.strictObject({
  at: moment.optional().describe('When it was decided, counted from the start of the scenario.'),
  key: key.optional().describe('Its key.'),
  cause: z
    .enum(['events', 'full', 'deadline', 'fallback', 'manual', 'replay'])
    .optional()
    .describe('What it was decided for.'),
  eventCount: z.int().min(0).optional().describe('How many events are in it.'),
  params: z
    .record(z.string(), json)
    .optional()
    .describe('Its parameters: objects are compared by the members named here, everything else whole.'),
  status: z
    .enum(['succeeded', 'failed', 'timedOut', 'cancelled', 'deadLettered', 'rejected', 'skipped', 'running', 'waiting'])
    .optional()
    .describe('How it ended; at the end of the scenario it may be running, or waiting for approval.'),
});

/** Every stage of a trigger, and `run` for what a run id that is taken refuses. */
const STAGES = [
  'dedupe',
  'freshness',
  'order',
  'correlate',
  'threshold',
  'debounce',
  'batch',
  'hours',
  'cooldown',
  'rate',
  'concurrency',
  'breaker',
  'fallback',
  'run',
] as const;

const expectation = z.strictObject({
  runs: z
    .array(expectedRun)
    .max(ENTRIES_MAX_COUNT)
    .optional()
    .describe('Every run, in order; within one only what is named is compared. Not compared where it is left out.'),
  suppressed: z
    .partialRecord(z.enum(STAGES), z.int().min(0))
    .optional()
    .describe('How many events each stage suppressed; stages left out are not compared.'),
  deadLetters: z.int().min(0).optional().describe('How many events and runs became dead letters.'),
});

const runEnds = z
  .union([runEnd, z.array(runEnd).min(1).max(ENTRIES_MAX_COUNT)])
  .describe('How runs end; a list says it run by run, its last entry repeats.');

export const scenarioFile = z
  .strictObject({
    apiVersion,
    kind: z.literal('Scenario').describe('A test of a trigger, run in virtual time by `signalbox test`.'),
    metadata: metadataSchema,
    spec: z
      .strictObject({
        trigger: resourceName.describe('Name of the Trigger that is tested.'),
        startAt: z.iso
          .datetime({ offset: true })
          .default('2026-01-05T00:00:00Z')
          .describe('What the clock says at 0s: for hours, freezes and cron. The default is a Monday.'),
        events: z
          .array(z.union([fileEvent, inlineEvent]))
          .max(ENTRIES_MAX_COUNT)
          .default([])
          .describe('What is sent. Entries count by their `at`, in whatever order they stand.'),
        runs: runEnds.prefault({}),
        actions: z
          .array(action)
          .max(ENTRIES_MAX_COUNT)
          .default([])
          .describe('What people do. At one moment they come before events.'),
        until: moment.optional().describe('When the scenario ends; without it when no event waits and no run goes on.'),
        expect: expectation.describe('What must have happened.'),
      })
      .describe('What is sent, and what must come of it.'),
  })
  .meta({ id: 'Scenario', title: 'Scenario' });

export type ScenarioFile = z.output<typeof scenarioFile>;
export type ScenarioSpec = ScenarioFile['spec'];
export type ScenarioAction = ScenarioSpec['actions'][number];
export type ExpectedRun = z.output<typeof expectedRun>;
