import { z } from 'zod';

import { durationMs, positiveDurationMs, resourceName } from './units.ts';

/** Longest `when` or `${{ }}` source, in bytes: room for any readable condition, small enough to check on every load. */
export const EXPRESSION_MAX_BYTES = 2_048;
/** Most members `params` may have at its top level. */
export const PARAMS_MAX_COUNT = 64;

const json = z.json();

/** `${{ CEL }}` or text with `${{ }}` in it. */
const template = z.string().min(1).max(EXPRESSION_MAX_BYTES);

const valueTemplate = z.union([template, z.strictObject({ $value: template, $default: json })]);

const selector = z.strictObject({
  source: resourceName.optional().describe('Only events that came in through this Source.'),
  pattern: z.record(z.string(), json).optional().describe('EventBridge pattern over the whole CloudEvent.'),
  when: z.string().min(1).max(EXPRESSION_MAX_BYTES).optional().describe('Bare CEL, evaluated after the pattern.'),
  key: valueTemplate.optional().describe('Splits windows, cooldowns and limits; over the settings of the trigger.'),
  collect: valueTemplate.optional().describe('What a window keeps of each event.'),
});

const anySelector = z.strictObject({ any: z.array(selector).min(1).max(16) });

const dedupe = z.strictObject({
  by: z.union([template, z.array(template).min(1).max(16)]).optional(),
  window: positiveDurationMs
    .default(86_400_000)
    .describe('How long an identity is remembered, from its first arrival.'),
});

const freshness = z.strictObject({
  maxAge: positiveDurationMs,
  at: z.enum(['arrival', 'fire', 'both']).default('arrival'),
});

const debounce = z
  .strictObject({
    quiet: positiveDurationMs,
    maxWait: positiveDurationMs.optional(),
    edge: z.enum(['trailing', 'leading', 'both']).default('trailing'),
    keep: z.enum(['all', 'last', 'first']).default('all'),
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
  period: positiveDurationMs,
  onExcess: z.enum(['hold', 'drop']).default('hold'),
});

const retry = z.strictObject({
  delays: z.array(durationMs).max(20).describe('One wait before each further attempt; after the last: dead letter.'),
});

const run = z.strictObject({
  kind: z.literal('train').default('train').describe('train runs any pipeline.'),
  target: resourceName,
  params: z
    .record(z.string(), json)
    .refine((it) => Object.keys(it).length <= PARAMS_MAX_COUNT, `more than ${PARAMS_MAX_COUNT} parameters`)
    .default({}),
  identity: template.optional().describe('What makes a run the same run within trigger, key and cause.'),
  retry: retry.default({ delays: [60_000, 300_000, 1_800_000] }),
  timeout: positiveDurationMs.default(86_400_000),
});

/** The `spec` of a Trigger file; durations come out in milliseconds. */
const triggerSpec = z.strictObject({
  mode: z.enum(['live', 'shadow']).default('live'),
  retain: z.enum(['pruned', 'whole']).default('pruned').describe('whole keeps complete events in history.'),
  events: z.union([anySelector, selector]),
  key: valueTemplate.optional(),
  collect: valueTemplate.optional(),
  dedupe: dedupe.default({ window: 86_400_000 }),
  freshness: freshness.optional(),
  debounce: debounce.optional(),
  cooldown: cooldown.optional(),
  run,
});

const metadata = z.strictObject({
  name: resourceName,
  labels: z.record(z.string(), z.string()).optional(),
  description: z.string().max(400).optional(),
});

export const triggerFile = z.strictObject({
  apiVersion: z.literal('signalbox/v1'),
  kind: z.literal('Trigger'),
  metadata,
  spec: triggerSpec,
});

export { metadata as metadataSchema };
export type TriggerFile = z.output<typeof triggerFile>;
export type TriggerSpec = TriggerFile['spec'];
export type SelectorSpec = z.output<typeof selector>;
