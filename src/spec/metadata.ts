import { z } from 'zod';

import { resourceName } from './units.ts';

/** Most labels a definition may carry: they travel with every event offered to a trigger. */
const LABELS_MAX_COUNT = 16;

const labelName = z
  .string()
  .regex(/^[A-Za-z0-9._/-]{1,63}$/, 'expected 1 to 63 characters of a-z, A-Z, 0-9, ., _, / and -');

/** The `metadata` of every kind of definition. */
export const metadataSchema = z
  .strictObject({
    name: resourceName.describe('Unique among the definitions of its kind; part of workflow ids, URLs and metrics.'),
    labels: z
      .record(labelName, z.string().max(256))
      .refine((it) => Object.keys(it).length <= LABELS_MAX_COUNT, `more than ${LABELS_MAX_COUNT} labels`)
      .optional()
      .describe('Free text for people and for expressions, such as the owning team.'),
    description: z.string().max(400).optional().describe('What it is for; shown where definitions are listed.'),
  })
  .describe('Name and labels.');

/** The first line of every definition. */
export const apiVersion = z.literal('signalbox/v1').describe('Version of the file format.');
