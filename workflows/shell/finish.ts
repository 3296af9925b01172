import { ApplicationFailure, setHandler } from '@temporalio/workflow';

import { finishUpdate } from '../../src/contract/definitions.ts';
import type { FinishAnswer } from '../../src/contract/messages.ts';
import { isFinishAnswer } from '../../src/contract/read-orders.ts';

/**
 * Takes the word of whoever runs the pipeline, from the moment it may have been started. It may come before the answer to
 * the start, or in place of one that was lost. The first word stands; a repeated one is answered with it.
 */
export class Finish {
  private isOpen = false;
  private told: FinishAnswer | undefined;

  constructor() {
    const validator = (answer: unknown) => this.check(answer);
    setHandler(finishUpdate, (answer) => (this.told ??= answer), { validator });
  }

  get answer(): FinishAnswer | undefined {
    return this.told;
  }

  /** From now on the pipeline may say something. */
  open(): void {
    this.isOpen = true;
  }

  close(): void {
    this.isOpen = false;
  }

  /** What is refused here leaves no trace in history. */
  private check(answer: unknown): void {
    if (!isFinishAnswer(answer)) {
      throw ApplicationFailure.nonRetryable('expected { status, result, detail }', 'malformed_request');
    }
    if (!this.isOpen && !this.told) throw ApplicationFailure.nonRetryable('Nothing was started.', 'not_followed');
  }
}
