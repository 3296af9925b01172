import { ApplicationFailure } from '@temporalio/common';

import type { StepReplay } from '../src/accept/replay-step.ts';
import type { Logger } from '../src/observability/log.ts';
import type { Activities } from './interface.ts';

export type StepReplayDependencies = { readonly stepReplay: StepReplay; readonly log: Logger };

/** Brings the next stored events of a replay to its trigger. What may pass, such as a store that is away, is tried again. */
export function createStepReplay({ stepReplay, log }: StepReplayDependencies): Activities['stepReplay'] {
  return async (input) => {
    const { retryable, ...stepped } = await stepReplay(input);
    const { trigger, replayId } = input;
    if (stepped.ok) {
      const { offered, failed } = stepped;
      if (offered + failed > 0) log.info({ trigger, replayId, offered, failed }, 'stored events offered again');
      return stepped;
    }
    if (retryable) throw ApplicationFailure.retryable(stepped.detail, stepped.code);
    log.warn({ trigger, replayId, code: stepped.code, detail: stepped.detail }, 'a replay ended early');
    return stepped;
  };
}
