import { z } from 'zod';

import { approval } from './approval.ts';
import { breaker, concurrency, cooldown, fallback, hours, rate } from './admission.ts';
import { emit } from './emit.ts';
import { events } from './events.ts';
import { apiVersion, metadataSchema } from './metadata.ts';
import { probe } from './probe.ts';
import { run } from './run.ts';
import { valueTemplate } from './template.ts';
import { batch, debounce, dedupe, freshness, order, threshold } from './windows.ts';

/** The `spec` of a Trigger file; durations come out in milliseconds, sizes in bytes. */
const triggerSpec = z.strictObject({
  mode: z
    .enum(['live', 'shadow'])
    .default('live')
    .describe('shadow: evaluated on real traffic, verdicts recorded, no target is called.'),
  retain: z.enum(['pruned', 'whole']).default('pruned').describe('whole keeps complete events in history.'),
  events: events.describe('Which events the trigger takes: one selector, any of several, or all of several together.'),
  key: valueTemplate.optional().describe('Splits windows and cooldowns: one for each value. Default: one for all.'),
  collect: valueTemplate.optional().describe('What a window keeps of each event, for `items`. Default: the event.'),
  dedupe: dedupe.prefault({}).describe('The same identity again within the window is suppressed.'),
  freshness: freshness.optional().describe('Suppresses events that are too old.'),
  order: order.optional().describe('Takes the events of a key in their own order.'),
  threshold: threshold.optional().describe('Starts a run when enough events came, or events that amount to enough.'),
  debounce: debounce.optional().describe('Gathers events until it is quiet, then starts one run with all of them.'),
  batch: batch.optional().describe('Gathers events until there are enough, or the first has waited long enough.'),
  hours: hours.optional().describe('When runs may start.'),
  cooldown: cooldown.optional().describe('Keeps a distance between the runs of a key.'),
  rate: rate.optional().describe('Limits how many runs start in a span of time.'),
  concurrency: concurrency.optional().describe('Limits how many runs there are at a time.'),
  breaker: breaker.optional().describe('Stops starting runs while they keep failing.'),
  fallback: fallback.optional().describe('Starts a run when none came about for too long.'),
  approval: approval.optional().describe('A run waits for a person before its target is called.'),
  emit: emit.optional().describe('Events of what becomes of its runs, taken in like any other.'),
  probe: probe.optional().describe('Sends an event of its own through the whole path now and then; starts nothing.'),
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
