import { ApplicationFailure } from '@temporalio/common';
import { WorkflowNotFoundError } from '@temporalio/client';
import { Context } from '@temporalio/activity';

import type { Committer } from '../src/accept/committer.ts';
import { batchSignal } from '../src/contract/definitions.ts';
import type { DeadLetterInput } from '../src/contract/messages.ts';
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
    metrics.count('signalbox_run_outcomes_total', { trigger, outcome: report.status });
    log.info({ trigger, runId: report.runId, key: report.key, status: report.status }, 'run ended');
    if (definition) {
      const committed = await committer.report(definition, report);
      if (!committed.ok) throw ApplicationFailure.retryable(committed.refusal.detail, committed.refusal.code);
      return;
    }
    try {
      const handle = Context.current().client.workflow.getHandle(instanceId(trigger));
      await handle.signal(batchSignal, { version: 1, offers: [], reports: [report] });
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      log.warn({ trigger, runId: report.runId }, 'a run ended whose trigger is gone');
    }
  };
}

/** Opens dead letters, or adds to open ones. */
export function createOpenDeadLetters({ committer, log, metrics }: TellDependencies): Activities['openDeadLetters'] {
  return async (letters) => {
    for (const letter of letters) {
      for (const entry of letter.entries) {
        const workflowId = idOf(letter, entry.id);
        const committed = await committer.deadLetter(workflowId, letter, entry);
        if (!committed.ok) throw ApplicationFailure.retryable(committed.refusal.detail, committed.refusal.code);
        metrics.count('signalbox_dead_letters_total', { trigger: letter.trigger, code: letter.code });
        log.warn(
          { trigger: letter.trigger, code: letter.code, of: entry.id, deadLetterId: workflowId },
          'dead letter opened',
        );
      }
    }
  };
}

function idOf(letter: DeadLetterInput, of: string): string {
  return letter.of === 'run' ? runDeadLetterId(of) : eventsDeadLetterId(letter);
}
