import { z } from 'zod';

import { anyJson, by, count, key, moment } from './values.ts';

/** How a run stands: `held` is one that needs a person, in a dead letter. */
export const RUN_STATUSES = [
  'running',
  'waitingForApproval',
  'waitingForPlace',
  'succeeded',
  'failed',
  'timedOut',
  'cancelled',
  'rejected',
  'skipped',
  'held',
  'terminated',
] as const;

/** The approval of a run that asked. */
const approval = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('waiting'),
    until: moment,
    onTimeout: z.enum(['reject', 'approve']),
    why: z.string(),
  }),
  z.object({
    state: z.enum(['approved', 'rejected']),
    by: z.string(),
    reason: z.string().exactOptional(),
    at: moment,
  }),
]);

/** One run in a list. */
export const runSummary = z.object({
  runId: z.string(),
  trigger: z.string(),
  key: z.string(),
  target: z.string(),
  cause: z.string(),
  status: z.string(),
  startedAt: moment,
  endedAt: moment.exactOptional(),
  eventCount: count,
  approval: approval.exactOptional(),
  /** Of a run that an emitted event started: what began the chain, the run that emitted it, and hops so far. */
  lineage: z.object({ root: z.string(), parent: z.string(), depth: count }).exactOptional(),
  /** Of a run of replayed events: the replay, and the last of its events as that came first. */
  replayed: z.object({ eventId: z.string(), replayId: z.string() }).exactOptional(),
});

/** A branch of a fan-out. `late`: it ended after it was decided how the fan-out goes on. */
export const runBranch = z.object({
  value: z.union([z.string(), z.number(), z.boolean()]),
  runId: z.string(),
  status: z.string(),
  result: anyJson.exactOptional(),
  detail: z.string().exactOptional(),
  late: z.literal(true).exactOptional(),
});

/** One run whole, or a branch of one; `reason` says why it did not succeed. */
export const runDetail = runSummary.extend({
  kind: z.string(),
  branches: z.array(runBranch).readonly().exactOptional(),
  branchOf: z.string().exactOptional(),
  branch: runBranch.shape.value.exactOptional(),
  result: anyJson.exactOptional(),
  reason: z.string().exactOptional(),
});

export const runList = z.object({ runs: z.array(runSummary).readonly(), next: z.string().exactOptional() });

/** Most runs of one page. */
const PAGE_MAX = 200;
const PAGE_DEFAULT = 50;

/** What runs to list; `page` is the `next` of the page before. */
export const runQuery = z.strictObject({
  trigger: z
    .string()
    .regex(/^[a-z0-9-]{1,63}$/)
    .exactOptional(),
  key: key.exactOptional(),
  status: z.enum(RUN_STATUSES).exactOptional(),
  since: z.union([z.iso.datetime({ offset: true }), z.iso.date()]).exactOptional(),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
  page: z
    .string()
    .max(4_096)
    .regex(/^[\w-]+$/)
    .exactOptional(),
});

/** The events a run covers: each one's id, and what its window kept of it. */
export const runEvents = z.object({
  runId: z.string(),
  count,
  events: z.array(z.object({ eventId: z.string(), value: anyJson.exactOptional() })).readonly(),
});

/** Who wants something of a run, and why. */
export const runOrder = z.strictObject({ by: by.exactOptional(), reason: z.string().max(1_000).exactOptional() });

export const cancelled = z.object({ runId: z.string(), cancelRequested: z.literal(true) });

export const decided = z.object({
  runId: z.string(),
  decision: z.enum(['approved', 'rejected']),
  by: z.string(),
  reason: z.string().exactOptional(),
  at: moment,
});

/** How a pipeline says that it ended. */
export const finish = z.strictObject({
  status: z.enum(['succeeded', 'failed', 'timedOut', 'cancelled']).default('succeeded'),
  result: anyJson.exactOptional(),
  detail: z.string().max(1_000).exactOptional(),
});

export const finished = z.object({
  runId: z.string(),
  status: z.string(),
});
