import { z } from 'zod';

import { bareCel, json, valueTemplate } from './template.ts';
import { positiveDurationMs, resourceName } from './units.ts';

/** Most selectors of one trigger: each is tried on every event. */
const SELECTORS_MAX_COUNT = 16;
/** Fewest parts of a join: with one there is nothing to wait for. */
const PARTS_MIN_COUNT = 2;

const selector = z
  .strictObject({
    source: resourceName
      .optional()
      .describe('Only events that came in through this Source; `events` is what comes in at POST /events.'),
    pattern: z
      .record(z.string(), json)
      .optional()
      .describe(
        'EventBridge pattern over the whole CloudEvent: each member holds an object or a list of values and of ' +
          '{prefix}, {suffix}, {wildcard}, {equals-ignore-case}, {anything-but}, {numeric}, {exists}, {cidr}; lists are OR.',
      ),
    when: bareCel.optional().describe('Condition in bare CEL over event and trigger, checked after the pattern.'),
    key: valueTemplate.optional().describe('Key of the events of this selector, instead of the one of the trigger.'),
    collect: valueTemplate.optional().describe('What a window keeps of the events of this selector.'),
  })
  .meta({ id: 'Selector' });

const anySelector = z.strictObject({
  any: z
    .array(selector)
    .min(1)
    .max(SELECTORS_MAX_COUNT)
    .describe('Selectors tried in order; the first that takes an event gives its key and collected value.'),
});

/** Words that CEL does not take after a dot. */
const CEL_KEYWORDS: ReadonlySet<string> = new Set(['true', 'false', 'null', 'in']);

const partName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'expected 1 to 63 characters of a-z, A-Z, 0-9 and _, no digit first')
  .refine((name) => !CEL_KEYWORDS.has(name), 'is a keyword of CEL, so parts.<name> could not name it');

const allSelectors = z.strictObject({
  all: z
    .record(partName, selector)
    .refine((parts) => Object.keys(parts).length >= PARTS_MIN_COUNT, `fewer than ${PARTS_MIN_COUNT} parts`)
    .refine((parts) => Object.keys(parts).length <= SELECTORS_MAX_COUNT, `more than ${SELECTORS_MAX_COUNT} parts`)
    .meta({
      description:
        'Named parts that make one run together, each filled by the latest event of the key that it takes. ' +
        'An event fills one part: the first in this order that takes it. Params see them as parts.<name>.',
      examples: [
        { features: { pattern: { type: ['features.ready'] } }, labels: { pattern: { type: ['labels.ready'] } } },
      ],
    }),
  within: positiveDurationMs.describe('How long a part waits for the others, from its arrival.'),
  onDeadline: z
    .enum(['drop', 'fire', 'deadLetter'])
    .default('drop')
    .describe('What becomes of the parts that are there when one has waited so long; fire: a run without the others.'),
});

/** The `events` of a trigger: one selector, any of several, or all of several. */
export const events = z.xor([anySelector, allSelectors, selector]);

export type SelectorSpec = z.output<typeof selector>;
