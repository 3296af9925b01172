import { type Client, WithStartWorkflowOperation } from '@temporalio/client';
import type { z } from 'zod';

import { probeSettings, probeStart } from '../accept/probe-start.ts';
import { WORKFLOW } from '../contract/names.ts';
import { PROBE_ANSWER_MS } from '../contract/presets.ts';
import { probeUpdate } from '../contract/probes.ts';
import type { ProbedWay, ProbeReport } from '../core/probe.ts';
import { refusal } from '../errors.ts';
import { rfc3339 } from '../explain/answer.ts';
import type { Definitions } from '../load/definitions.ts';
import type { ReadResult } from './read-api.ts';
import type { probeAnswer } from './shapes/probe.ts';

export type ProbeAnswer = z.infer<typeof probeAnswer>;

/** Probes a trigger by name, or joins the probe under way: `not_found` where no such trigger is loaded, `probe_unanswered` without a worker. */
export type ProbeTrigger = (trigger: string) => Promise<ReadResult<ProbeAnswer>>;

/** Probes over Temporal: by the workflow of the trigger's probes, which is started where it does not run. */
export function createProbeTrigger(client: Client, definitions: () => Definitions, now: () => number): ProbeTrigger {
  return async (name) => {
    const trigger = definitions().triggers.get(name);
    if (!trigger) return { ok: false, refusal: refusal('not_found', `No trigger is named ${name.slice(0, 100)}.`) };
    const startWorkflowOperation = new WithStartWorkflowOperation(WORKFLOW.probe, {
      ...probeStart(name, probeSettings(trigger)),
      workflowIdConflictPolicy: 'USE_EXISTING',
    });
    try {
      const report = await client.withDeadline(now() + PROBE_ANSWER_MS, () =>
        client.workflow.executeUpdateWithStart(probeUpdate, { startWorkflowOperation }),
      );
      return { ok: true, value: answerOf(report) };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const detail = `Neither a worker nor Temporal answered the probe within ${PROBE_ANSWER_MS / 1_000} s: ${why}`;
      return { ok: false, refusal: refusal('probe_unanswered', detail, { retryAfterSeconds: 1 }) };
    }
  };
}

function answerOf({ at, way, ...report }: ProbeReport): ProbeAnswer {
  return { ...report, at: rfc3339(at), ...(way && { way: wayOf(way) }) };
}

function wayOf({ decision, ...way }: ProbedWay): NonNullable<ProbeAnswer['way']> {
  if (!decision.ok) return { ...way, decision };
  const { paused, ...decided } = decision;
  return {
    ...way,
    decision: { ...decided, ...(paused && { paused: { since: rfc3339(paused.sinceAt), by: paused.by } }) },
  };
}
