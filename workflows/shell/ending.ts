import { CancelledFailure } from '@temporalio/workflow';

import type { RunOutcome } from '../../src/core/retry.ts';
import { terminalFailure } from '../../src/errors.ts';
import type { Json } from '../../src/spec/json.ts';

/** What a run that came to a good end answers; a rejected one is an end that people chose, not a failure. */
export type RunResult = { readonly status: string; readonly result?: Json; readonly reason?: string };

/** Ends the execution as its run ended: what did not succeed fails, with the code of the catalogue as its type. */
export function ending(outcome: RunOutcome): RunResult {
  if (outcome.kind === 'dead') throw terminalFailure(outcome.code, outcome.detail);
  const { status, result, detail } = outcome;
  switch (status) {
    case 'succeeded':
      return result === undefined ? { status } : { status, result };
    case 'rejected':
    case 'skipped':
      return { status, reason: detail ?? 'No reason given.' };
    case 'failed':
      throw terminalFailure('run_failed', detail ?? 'The pipeline failed.');
    case 'timedOut':
      throw terminalFailure('run_timed_out', detail ?? 'The pipeline took too long.');
    case 'cancelled':
      throw new CancelledFailure(detail ?? 'The pipeline was cancelled.');
  }
}
