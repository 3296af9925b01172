import { z } from 'zod';

import { SEARCH_ATTRIBUTE, WAITING_FOR_APPROVAL, WAITING_FOR_PLACE } from '../contract/names.ts';
import type { RunSummary } from './read-api.ts';
import { rfc3339 } from '../explain/answer.ts';

/** An execution as lists and descriptions have it. */
export type Seen = {
  readonly status: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  /** By the names of the attributes. */
  readonly attributes: ReadonlyMap<string, unknown>;
  readonly memo: { readonly [name: string]: unknown };
};

/** By `WorkflowExecutionStatus` of the API. */
export const STATUS_NAMES: readonly string[] = [
  'unknown',
  'running',
  'completed',
  'failed',
  'cancelled',
  'terminated',
  'continuedAsNew',
  'timedOut',
];

/** One run, from what Temporal keeps beside its history. */
export function summaryOf(runId: string, { status, startedAt, endedAt, attributes, memo }: Seen): RunSummary {
  const text = (name: string): string => {
    const value = attributes.get(name);
    const first: unknown = Array.isArray(value) ? value[0] : value;
    return typeof first === 'string' ? first : '';
  };
  const approval = approvalOf(memo['approval']);
  const { eventCount } = memo;
  return {
    runId,
    trigger: text(SEARCH_ATTRIBUTE.trigger.name),
    key: text(SEARCH_ATTRIBUTE.key.name),
    target: text(SEARCH_ATTRIBUTE.target.name),
    cause: text(SEARCH_ATTRIBUTE.cause.name),
    status: statusOf(status, text(SEARCH_ATTRIBUTE.outcome.name)),
    startedAt,
    ...(endedAt !== undefined && { endedAt }),
    eventCount: typeof eventCount === 'number' ? eventCount : 0,
    ...(approval && { approval }),
    ...lineageOf(memo['lineage']),
    ...replayedOf(memo['replayed']),
  };
}

const lineageMemo = z.object({ root: z.string(), parent: z.string(), depth: z.number() });

/** Where the event came from that started it, where a run emitted that. */
function lineageOf(memo: unknown): Pick<RunSummary, 'lineage'> {
  const { data: lineage } = lineageMemo.safeParse(memo);
  return lineage ? { lineage } : {};
}

const replayedMemo = z.object({ eventId: z.string(), replayId: z.string() });

/** Which replay of stored events brought its events, and the last of them as it came first. */
function replayedOf(memo: unknown): Pick<RunSummary, 'replayed'> {
  const { data: replayed } = replayedMemo.safeParse(memo);
  return replayed ? { replayed } : {};
}

function statusOf(execution: string, outcome: string): string {
  if (outcome === 'deadLettered') return 'held';
  // A run that somebody terminated while it waited is not waiting any more.
  const waits = outcome === WAITING_FOR_APPROVAL || outcome === WAITING_FOR_PLACE;
  if (outcome === '' || (waits && execution !== 'running')) return execution;
  return outcome;
}

const approvalMemo = z.discriminatedUnion('waiting', [
  z.object({
    waiting: z.literal(true),
    untilAt: z.number(),
    why: z.string(),
    onTimeout: z.enum(['reject', 'approve']),
  }),
  z.object({
    waiting: z.literal(false),
    decision: z.enum(['approved', 'rejected']),
    by: z.string(),
    reason: z.string().exactOptional(),
    at: z.number(),
  }),
]);

/** What a run's memo says of its approval; undefined where it did not ask. */
export function approvalOf(memo: unknown): RunSummary['approval'] {
  const { data } = approvalMemo.safeParse(memo);
  if (!data) return undefined;
  if (data.waiting) {
    const { untilAt, why, onTimeout } = data;
    return { state: 'waiting', until: rfc3339(untilAt), why, onTimeout };
  }
  const { decision, by, reason, at } = data;
  return { state: decision, by, at: rfc3339(at), ...(reason !== undefined && { reason }) };
}
