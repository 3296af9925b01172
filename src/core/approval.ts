import type { ApprovalSettings } from '../spec/definition.ts';
import { spanText } from './explain.ts';
import type { RunRequest } from './fact.ts';
import type { Ended } from './retry.ts';

/** How long a run that asks because a limit is closed waits, where its trigger has no approval of its own. */
const ASK_TIMEOUT_MS = 86_400_000;

/** What a run asks a person for before its target is called. */
export type Ask = Omit<ApprovalSettings, 'when'> & { readonly why: 'approval' | 'cooldown' | 'rate' | 'promotion' };

/** What was decided about a run that asked. Nobody answered where `by` is `timeout`. */
export type ApprovalDecision = {
  readonly decision: 'approved' | 'rejected';
  readonly by: string;
  readonly reason?: string;
  /** Epoch milliseconds. */
  readonly at: number;
};

/** What a run has to ask before it starts, if anything. `needed` is what `approval.when` gave, true where there is none. */
export function askOf({ asks, settings }: RunRequest, needed: boolean): Ask | undefined {
  const { approval } = settings;
  const { timeoutMs = ASK_TIMEOUT_MS, notify = [] } = approval ?? {};
  // What a closed limit kept back never starts without a person.
  if (asks) return { why: asks.stage, timeoutMs, onTimeout: 'reject', notify };
  if (!approval || !needed) return undefined;
  return { why: 'approval', timeoutMs, onTimeout: approval.onTimeout, notify };
}

/** What a deployment asks before its version serves. */
export function askToPromote({ timeoutMs, onTimeout, notify }: ApprovalSettings): Ask {
  return { why: 'promotion', timeoutMs, onTimeout, notify };
}

/** What stands where nobody has answered in time. */
export function timedOut({ onTimeout, timeoutMs }: Ask, at: number): ApprovalDecision {
  const reason = `Nobody answered within ${spanText(timeoutMs)}.`;
  return { decision: onTimeout === 'approve' ? 'approved' : 'rejected', by: 'timeout', reason, at };
}

/** How a run ends that was not approved: by whom, and why. */
export function rejectedAs({ by, reason }: ApprovalDecision): Ended {
  return { kind: 'ended', status: 'rejected', detail: reason === undefined ? `By ${by}.` : `By ${by}: ${reason}` };
}

/** The label of the timer that ends the wait. */
export function askLabel({ onTimeout }: Ask, untilAt: number, timeText: (at: number) => string): string {
  return `waits for approval until ${timeText(untilAt)}, then is ${onTimeout === 'approve' ? 'approved' : 'rejected'}`;
}

/** What waits, why, and how a person answers, in Markdown. */
export function askText(
  runId: string,
  ask: Ask,
  wait: { readonly untilAt: number; readonly failures: readonly string[] },
  timeText: (at: number) => string,
): string {
  const why = whyText(ask);
  return [
    `⏳ **This run ${askLabel(ask, wait.untilAt, timeText)}.** ${why}`,
    '',
    `Answer with the update \`approve\` or \`reject\`, or with \`signalbox runs approve ${runId}\`.`,
    ...wait.failures.map((failure) => `\n- not notified: ${failure}`),
  ].join('\n');
}

function whyText({ why }: Ask): string {
  switch (why) {
    case 'approval':
      return 'Its trigger asks for approval.';
    case 'promotion':
      return 'Its version is ready to be promoted.';
    case 'cooldown':
    case 'rate':
      return `Its limit is reached: **${why}** asks.`;
  }
}

/** What was decided, in Markdown. */
export function decisionText({ decision, by, reason, at }: ApprovalDecision, timeText: (at: number) => string): string {
  return `**${decision}** by ${by} at ${timeText(at)}${reason === undefined ? '' : `: ${reason}`}`;
}
