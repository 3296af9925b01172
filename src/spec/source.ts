import { z } from 'zod';

import { apiVersion, metadataSchema } from './metadata.ts';
import { secretRef } from './targets/secret.ts';
import { positiveDurationMs } from './units.ts';

/** Who may send: without `auth` a Source is guarded by SIGNALBOX_TOKEN like every other route. */
const auth = z.strictObject({
  bearer: secretRef.describe('Requests must carry this as Authorization: Bearer.'),
});

const cloudevents = z.strictObject({
  type: z.literal('cloudevents').describe('What arrives: CloudEvents 1.0 over HTTP.'),
  auth: auth.optional().describe('Who may send; by default SIGNALBOX_TOKEN guards this Source.'),
});

const scheduleType = z.literal('schedule').describe('Nothing arrives: Temporal makes an event at each of its times.');

const cronSchedule = z.strictObject({
  type: scheduleType,
  cron: z
    .string()
    .min(1)
    .max(200)
    .meta({ description: 'Minute, hour, day of the month, month, day of the week.', examples: ['0 2 * * *'] }),
  timeZone: z
    .string()
    .min(1)
    .max(64)
    .default('UTC')
    .meta({ description: 'IANA name of the time zone `cron` is read in.', examples: ['Asia/Kolkata'] }),
});

const intervalSchedule = z.strictObject({
  type: scheduleType,
  every: positiveDurationMs
    .refine((ms) => ms % 1_000 === 0, 'must be whole seconds')
    .describe('How far apart, counted from 1970-01-01 00:00 UTC.'),
});

export const sourceFile = z
  .strictObject({
    apiVersion,
    kind: z.literal('Source').describe('Where events come from: POST /sources/{name}, or a schedule.'),
    metadata: metadataSchema,
    spec: z
      .union([cloudevents, cronSchedule, intervalSchedule])
      .describe('How requests are verified and decoded, or when events are made.'),
  })
  .meta({ id: 'Source', title: 'Source' });

export type SourceFile = z.output<typeof sourceFile>;
export type SourceSpec = SourceFile['spec'];
/** A Source that Temporal's clock makes events for. */
export type ScheduleSpec = Extract<SourceSpec, { type: 'schedule' }>;
/** A Source that requests are sent to. */
export type ReceivingSpec = Exclude<SourceSpec, { type: 'schedule' }>;
