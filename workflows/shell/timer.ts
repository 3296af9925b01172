import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

/**
 * The one durable timer of an instance. It only ever moves to an earlier moment: a later deadline leaves it as it is, it
 * wakes once for nothing and is armed again. So a window that every event extends costs two history events, not two an event.
 */
export class MovingTimer {
  private armedAt: number | undefined;
  private scope: CancellationScope | undefined;
  private readonly onDue: () => void;

  constructor(onDue: () => void) {
    this.onDue = onDue;
  }

  /** Wakes at `at`, epoch milliseconds, or earlier; undefined asks for nothing. `label` is what the UI shows. */
  arm(at: number | undefined, label: () => string): void {
    if (at === undefined || (this.armedAt !== undefined && this.armedAt <= at)) return;
    this.scope?.cancel();
    const scope = new CancellationScope();
    this.scope = scope;
    this.armedAt = at;
    const waitMs = Math.max(1, at - Date.now());
    scope
      .run(() => sleep(waitMs, { summary: label() }))
      .then(() => {
        this.armedAt = undefined;
        this.onDue();
      })
      .catch((error: unknown) => {
        if (!isCancellation(error)) throw error;
      });
  }
}
