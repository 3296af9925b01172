import type { Client } from '@temporalio/client';
import { z } from 'zod';

import { replayQuery, type ReplayView, replayWorkflowId } from '../contract/replays.ts';
import { SEARCH_ATTRIBUTE, WORKFLOW } from '../contract/names.ts';
import { paceText } from '../core/pace.ts';
import { broughtBy, NOTHING_REPLAYED, SHORT } from '../core/replaying.ts';
import { rfc3339 } from '../explain/answer.ts';
import { isNotFound } from '../temporal/not-found.ts';
import type { EventsReplayed } from './operate-api.ts';

/** A replay that does not answer within this is shown without how far it is. */
const VIEW_DEADLINE_MS = 8_000;
/** Replays of one trigger that are looked at, the newest first. */
const LISTED_MAX = 50;

/** A replay as Temporal has it. `isCut`: it was terminated and does not say how far it came. */
export type Seen = { readonly view: ReplayView; readonly isOpen: boolean; readonly isCut?: true };

/** One replay; undefined where there is none of this id. */
export async function seeReplay(
  client: Client,
  trigger: string,
  replayId: string,
  nowMs: number,
): Promise<Seen | undefined> {
  const handle = client.workflow.getHandle(replayWorkflowId(trigger, replayId));
  try {
    return await client.withDeadline(nowMs + VIEW_DEADLINE_MS, async () => {
      const { closeTime, memo, status } = await handle.describe();
      if (closeTime === undefined) return { view: await handle.query(replayQuery), isOpen: true };
      const { data: kept } = memoShape.safeParse(memo?.['replay']);
      const asked = handle.query(replayQuery).then((view) => ({ view, isOpen: false }));
      if (kept === undefined || status.name === 'COMPLETED') return asked;
      const view = { trigger, replayId, ...kept, progress: NOTHING_REPLAYED };
      return asked.catch(() => ({ view, isOpen: false, isCut: true }) as const);
    });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

const memoShape = z.object({
  sinceAt: z.number(),
  untilAt: z.number(),
  pace: z.number(),
  expected: z.number(),
  by: z.string(),
});

/** The replays of a trigger, the newest first. */
export async function seeReplays(client: Client, trigger: string, nowMs: number): Promise<readonly Seen[]> {
  const query = `WorkflowType = "${WORKFLOW.replay}" AND ${SEARCH_ATTRIBUTE.trigger.name} = "${trigger}" AND ExecutionStatus != "ContinuedAsNew"`;
  const ids = new Set<string>();
  // One that was stopped and went on has several executions.
  for await (const { workflowId } of client.workflow.list({ query, pageSize: LISTED_MAX })) {
    ids.add(workflowId.split('/').at(-1) ?? '');
    if (ids.size === LISTED_MAX) break;
  }
  const seen: Seen[] = [];
  for (const id of ids) {
    const one = await seeReplay(client, trigger, id, nowMs);
    if (one) seen.push(one);
  }
  return seen;
}

/** How far a replay got, or will get: it has brought what arrived before this, epoch milliseconds. */
export function reachOf({ view, isOpen, isCut }: Seen): number {
  const { progress, end, sinceAt, untilAt } = view;
  if (isOpen || isCut || end?.kind === 'done') return untilAt;
  return progress.after === undefined ? sinceAt : progress.after.receivedAt + 1;
}

/** A replay for people. One that neither goes on nor says how it ended was terminated. */
export function replayedOf({ view, isOpen }: Seen): EventsReplayed {
  const { trigger, replayId, sinceAt, untilAt, pace, by, expected, end } = view;
  const { after, ...counts } = view.progress;
  const why = whyOf(view);
  return {
    replayId,
    trigger,
    workflowId: replayWorkflowId(trigger, replayId),
    state: end?.kind ?? (isOpen ? 'running' : 'lost'),
    ...(why !== undefined && { why }),
    since: rfc3339(sinceAt),
    until: rfc3339(untilAt),
    pace: paceText(pace),
    by,
    expected,
    ...counts,
    ...(after && { at: rfc3339(after.receivedAt) }),
  };
}

/** What there is to say about its end. */
function whyOf({ end, expected, progress }: ReplayView): string | undefined {
  if (end?.kind === 'stopped') return end.by;
  if (end?.kind === 'refused') return `${end.code}: ${end.detail}`;
  return end?.kind === 'done' && broughtBy(progress) < expected ? SHORT : undefined;
}
