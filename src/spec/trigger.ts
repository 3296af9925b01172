import { z } from 'zod';

import { apiVersion, metadataSchema } from './metadata.ts';
import { bareCel, json, template, valueTemplate } from './template.ts';
import { durationMs, positiveDurationMs, resourceName } from './units.ts';

/** Most members `params` may have at its top level. */
const PARAMS_MAX_COUNT = 64;
/** Most selectors of one trigger, and most expressions of one identity: each is evaluated for every event. */
const ALTERNATIVES_MAX_COUNT = 16;

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
    .max(ALTERNATIVES_MAX_COUNT)
    .describe('Selectors tried in order; the first that takes an event gives its key and collected value.'),
});

const dedupe = z.strictObject({
  by: z
    .union([template, z.array(template).min(1).max(ALTERNATIVES_MAX_COUNT)])
    .optional()
    .describe('What makes two events the same in this trigger, besides source and id.'),
  window: positiveDurationMs.prefault('24h').describe('How long an identity is remembered, from its first arrival.'),
});

const freshness = z.strictObject({
  maxAge: positiveDurationMs.describe('Oldest event that counts, by its time (its arrival where it has none).'),
  at: z
    .enum(['arrival', 'fire', 'both'])
    .default('arrival')
    .describe('Checked when the event arrives, right before the run starts, or both.'),
});

const debounce = z
  .strictObject({
    quiet: positiveDurationMs.describe('Fires when no event came for so long.'),
    maxWait: positiveDurationMs.optional().describe('Fires at the latest so long after the first event of the window.'),
    edge: z
      .enum(['trailing', 'leading', 'both'])
      .default('trailing')
      .describe('trailing: one run at the end of the window; leading: the first event at once, the rest suppressed.'),
    keep: z.enum(['all', 'last', 'first']).default('all').describe('Which events of the window the run gets.'),
  })
  .refine((it) => it.maxWait === undefined || it.maxWait >= it.quiet, {
    path: ['maxWait'],
    message: 'maxWait is shorter than quiet, so quiet would never end a window',
  })
  .refine((it) => it.edge !== 'leading' || it.keep === 'all', {
    path: ['keep'],
    message: 'a leading edge keeps its first event only, so keep has no effect',
  });

const cooldown = z.strictObject({
  period: positiveDurationMs.describe('Shortest time from one start of a run to the next of the same key.'),
  onExcess: z
    .enum(['hold', 'drop'])
    .default('hold')
    .describe('hold: what waited becomes one run when the period ends; drop: suppressed.'),
});

const retry = z.strictObject({
  delays: z.array(durationMs).max(20).describe('One wait before each further attempt; after the last: dead letter.'),
});

const run = z.strictObject({
  kind: z.literal('train').default('train').describe('train runs any pipeline.'),
  target: resourceName.describe('Name of the Target that is called.'),
  params: z
    .record(z.string(), json)
    .refine((it) => Object.keys(it).length <= PARAMS_MAX_COUNT, `more than ${PARAMS_MAX_COUNT} parameters`)
    .default({})
    .describe('Given to the target; templates see key, trigger, run, event and items.'),
  identity: template
    .optional()
    .describe('What makes a run the same run within trigger, key and cause; default: the identities of its events.'),
  retry: retry.prefault({ delays: ['1m', '5m', '30m'] }).describe('For starts that did not happen.'),
  timeout: positiveDurationMs.prefault('24h').describe('Longest time from start to end of a run.'),
});

/** The `spec` of a Trigger file; durations come out in milliseconds. */
const triggerSpec = z.strictObject({
  mode: z
    .enum(['live', 'shadow'])
    .default('live')
    .describe('shadow: evaluated on real traffic, verdicts recorded, no target is called.'),
  retain: z.enum(['pruned', 'whole']).default('pruned').describe('whole keeps complete events in history.'),
  events: z.union([anySelector, selector]).describe('Which events the trigger takes: one selector, or any of several.'),
  key: valueTemplate.optional().describe('Splits windows and cooldowns: one for each value. Default: one for all.'),
  collect: valueTemplate.optional().describe('What a window keeps of each event, for `items`. Default: the event.'),
  dedupe: dedupe.prefault({}).describe('The same identity again within the window is suppressed.'),
  freshness: freshness.optional().describe('Suppresses events that are too old.'),
  debounce: debounce.optional().describe('Gathers events until it is quiet, then starts one run with all of them.'),
  cooldown: cooldown.optional().describe('Keeps a distance between the runs of a key.'),
  run: run.describe('What is started.'),
});

export const triggerFile = z
  .strictObject({
    apiVersion,
    kind: z.literal('Trigger').describe('A rule: which events start which run, and when.'),
    metadata: metadataSchema,
    spec: triggerSpec.describe('The rule.'),
  })
  .meta({ id: 'Trigger', title: 'Trigger' });

export type TriggerFile = z.output<typeof triggerFile>;
export type TriggerSpec = TriggerFile['spec'];
export type SelectorSpec = z.output<typeof selector>;
