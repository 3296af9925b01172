import { z } from 'zod';

import { count, moment } from './values.ts';

const ms = z.number().min(0).describe('Milliseconds.');

const match = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('taken'), key: z.string() }),
  z.object({ kind: z.literal('notTaken'), detail: z.string() }),
  z.object({ kind: z.literal('failed'), code: z.string(), pointer: z.string(), detail: z.string() }),
]);

const decision = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    mode: z.enum(['live', 'shadow']),
    paused: z.object({ since: moment, by: z.string() }).exactOptional(),
    breaker: z.enum(['closed', 'open', 'halfOpen', 'draining']),
  }),
  z.object({ ok: z.literal(false), detail: z.string() }),
]);

const way = z.object({
  workerMs: ms.describe('From the start to a worker that had it.'),
  matchedMs: ms.describe('What matching the event took.'),
  sample: z.boolean().describe('The event is the `probe.event` of the trigger, which it has to take.'),
  match,
  decidedMs: ms.describe('From the commit to the answer of the instance.'),
  decision,
});

const target = z.object({
  target: z.string(),
  at: z.array(z.string()).readonly().describe('Where the spec of the trigger names it.'),
  found: z.enum(['ready', 'notReady', 'notProbed', 'missing', 'noAnswer']),
  detail: z.string(),
  workerMs: ms.exactOptional(),
  answeredMs: ms.exactOptional(),
});

/** One probe of a trigger. */
export const probeAnswer = z.object({
  trigger: z.string(),
  at: moment.describe('When it began.'),
  tookMs: count,
  ok: z.boolean().describe('Nothing on the way said no.'),
  conclusion: z.string(),
  way: way.exactOptional().describe('Absent where no worker took it up.'),
  targets: z.array(target).readonly(),
});
