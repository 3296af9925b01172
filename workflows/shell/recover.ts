import { isCancellation, log, proxyActivities, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';

import type { Activities } from '../../activities/interface.ts';
import { QUICK_RECOVERY, RECOVERY, TEMPORAL_CALLS } from '../../src/contract/presets.ts';
import type { EndedRun, Recovery, UndecidedSignals } from '../../src/contract/recovery.ts';
import type { Instance } from './instance.ts';

const { recoverState: recoverEarly } = proxyLocalActivities<Activities>(QUICK_RECOVERY);
const { recoverState } = proxyActivities<Activities>({ ...RECOVERY, summary: 'take over an ended run' });
const { readUndecided } = proxyActivities<Activities>({ ...TEMPORAL_CALLS, summary: 'read what it did not decide' });

/**
 * Before the first run of an instance decides anything it takes over what an earlier run left that was terminated or
 * failed. An instance that never ran loses the time of one look. `early`: it began when that was within the task.
 */
export async function recover(instance: Instance, early: boolean): Promise<void> {
  const trigger = instance.state.definition.name;
  const input = { trigger, runId: workflowInfo().runId };
  const looked = early ? recoverEarly(input).catch(() => recoverState(input)) : recoverState(input);
  const found = await looked.catch(given);
  const undecided: unknown[] = [];
  for (const run of found.ended) undecided.push(...(await undecidedOf(trigger, run)));
  if (found.lost !== undefined) log.error('begun empty: the state of an ended run is lost', { why: found.lost });
  instance.takeOver(found, undecided);
}

/** The instance goes on without the earlier state where Temporal does not answer for minutes, and says so. */
function given(error: unknown): Recovery {
  if (isCancellation(error)) throw error;
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return { ended: [], letters: [], lost: `no answer: ${String(cause)}` };
}

async function undecidedOf(trigger: string, run: EndedRun): Promise<readonly unknown[]> {
  const batches: unknown[] = [];
  let decidedUpTo: number | undefined = run.decidedUpTo;
  while (decidedUpTo !== undefined) {
    const page: UndecidedSignals = await readUndecided({ trigger, run: { ...run, decidedUpTo } });
    batches.push(...page.batches);
    decidedUpTo = page.next;
  }
  return batches;
}
