import type { Client } from '@temporalio/client';

import { verdictsUpdate } from '../contract/definitions.ts';
import { WAITING_MAX } from '../contract/limits.ts';
import { explain } from '../core/explain.ts';
import type { InstanceVerdict } from '../core/verdicts.ts';
import type { Verdict } from './outcome.ts';

/** A delivery whose verdict somebody waits for. */
export type Waiting = { readonly workflowId: string; readonly wait: string };

/** Verdicts in the order asked; undefined when one did not fall in time, or too many wait. */
export type AskVerdicts = (waiting: readonly Waiting[], waitMs: number) => Promise<readonly Verdict[] | undefined>;

/** Deliveries one request may wait for; more get the plain answer. */
const DELIVERIES_MAX = 100;
/** An update is given this much longer than the caller waits, for its own way there and back. */
const GRACE_MS = 1_000;

/** Asks the instances for verdicts, by an update that returns when they are known. */
export function createAskVerdicts(client: Client, now: () => number): AskVerdicts {
  const asking = new Map<string, number>();
  const ask = async (workflowId: string, waits: readonly string[], waitMs: number) => {
    const others = asking.get(workflowId) ?? 0;
    if (others >= WAITING_MAX) return undefined;
    asking.set(workflowId, others + 1);
    try {
      return await client.withDeadline(now() + waitMs + GRACE_MS, () =>
        client.workflow.getHandle(workflowId).executeUpdate(verdictsUpdate, { args: [{ waits, waitMs }] }),
      );
    } catch {
      return undefined;
    } finally {
      asking.set(workflowId, (asking.get(workflowId) ?? 1) - 1);
    }
  };
  return async (waiting, waitMs) => {
    if (waiting.length > DELIVERIES_MAX) return undefined;
    const instances = [...new Set(waiting.map((one) => one.workflowId))];
    const answers = new Map<string, InstanceVerdict>();
    await Promise.all(
      instances.map(async (workflowId) => {
        const waits = waiting.filter((one) => one.workflowId === workflowId).map((one) => one.wait);
        const verdicts = await ask(workflowId, waits, waitMs);
        for (const [index, verdict] of (verdicts ?? []).entries()) answers.set(waits[index] ?? '', verdict);
      }),
    );
    const verdicts = waiting.map((one) => shown(answers.get(one.wait)));
    return verdicts.every((verdict) => verdict.kind !== 'pending') ? verdicts : undefined;
  };
}

function shown(verdict: InstanceVerdict | undefined): Verdict {
  if (verdict === undefined) return { kind: 'pending' };
  if (verdict.kind !== 'suppressed') return verdict;
  return {
    kind: 'suppressed',
    stage: verdict.stage,
    reason: explain(verdict.reason, (at) => new Date(at).toISOString()),
  };
}
