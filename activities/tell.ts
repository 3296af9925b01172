import { ApplicationFailure } from '@temporalio/common';
import { WorkflowNotFoundError } from '@temporalio/client';
import { Context } from '@temporalio/activity';

import type { Committer } from '../src/accept/committer.ts';
import type { Committed } from '../src/accept/lane.ts';
import { batchSignal } from '../src/contract/definitions.ts';
import type { Batch, DeadLetterInput } from '../src/contract/messages.ts';
import { eventsDeadLetterId, instanceId, runDeadLetterId } from '../src/contract/names.ts';
import type { Definitions } from '../src/load/definitions.ts';
import type { Logger } from '../src/observability/log.ts';
import type { Metrics } from '../src/observability/metrics.ts';
import type { Activities } from './interface.ts';

export type TellDependencies = {
  readonly committer: Committer;
  readonly definitions: () => Definitions;
  readonly log: Logger;
  readonly metrics: Metrics;
};

/** Tells instances how their runs ended, many in one signal. A trigger that is gone is told if it still lives. */
export function createReportRun({ committer, definitions, log, metrics }: TellDependencies): Activities['reportRun'] {
  return async ({ trigger, report }) => {
    const definition = definitions().triggers.get(trigger)?.definition;
    const committed = definition
      ? await committer.report(definition, report)
      : await toOrphan(trigger, { reports: [report] });
    if (committed === 'gone') log.warn({ trigger, runId: report.runId }, 'a run ended whose trigger is gone');
    else if (!committed.ok) throw ApplicationFailure.retryable(committed.refusal.detail, committed.refusal.code);
    metrics.count('signalbox_run_outcomes_total', { trigger, outcome: report.status });
    log.info({ trigger, runId: report.runId, key: report.key, status: report.status }, 'run ended');
  };
}

/** Tells instances that runs which asked because of a closed limit were approved. */
export function createReportApproval({ committer, definitions, log }: TellDependencies): Activities['reportApproval'] {
  return async ({ trigger, approval }) => {
    const definition = definitions().triggers.get(trigger)?.definition;
    const committed = definition
      ? await committer.approval(definition, approval)
      : await toOrphan(trigger, { approvals: [approval] });
    if (committed !== 'gone' && !committed.ok)
      throw ApplicationFailure.retryable(committed.refusal.detail, committed.refusal.code);
    log.info({ trigger, runId: approval.runId, key: approval.key }, 'run approved');
  };
}

/** A trigger that is no longer defined has an instance as long as nobody ended it; it is never started again. */
export async function toOrphan(trigger: string, told: Partial<Batch>): Promise<Committed | 'gone'> {
  try {
    const handle = Context.current().client.workflow.getHandle(instanceId(trigger));
    await handle.signal(batchSignal, { version: 1, offers: [], reports: [], ...told });
    return { ok: true };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'gone';
    throw error;
  }
}

/** Opens dead letters, or adds to open ones: all entries at once, so that those of one dead letter share its signals. */
export function createOpenDeadLetters({ committer, log, metrics }: TellDependencies): Activities['openDeadLetters'] {
  return async (letters) => {
    const entries = letters.flatMap((letter) => letter.entries.map((entry) => ({ letter, entry })));
    const written = await Promise.all(
      entries.map(({ letter, entry }) => committer.deadLetter(idOf(letter, entry.id), letter, entry)),
    );
    const failed = written.find((one) => !one.ok);
    if (failed) throw ApplicationFailure.retryable(failed.refusal.detail, failed.refusal.code);
    for (const { letter, entry } of entries) {
      const { trigger, code } = letter;
      metrics.count('signalbox_dead_letters_total', { trigger, code });
      log.warn({ trigger, code, of: entry.id, deadLetterId: idOf(letter, entry.id) }, 'dead letter opened');
    }
  };
}

function idOf(letter: DeadLetterInput, of: string): string {
  return letter.of === 'run' ? runDeadLetterId(of) : eventsDeadLetterId(letter);
}
