import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  upsertSearchAttributes,
} from '@temporalio/workflow';

import type { Activities } from '../activities/interface.ts';
import type { ResolvedParams, RunInput } from '../src/contract/messages.ts';
import { runDeadLetterId, SEARCH_ATTRIBUTE } from '../src/contract/names.ts';
import { EVALUATION, QUICK_TEMPORAL_CALLS, TEMPORAL_CALLS } from '../src/contract/presets.ts';
import { askOf, rejectedAs } from '../src/core/approval.ts';
import type { RunReport } from '../src/core/fact.ts';
import { letterOf, type RunOutcome } from '../src/core/retry.ts';
import { outcomeText, runText, startedText } from '../src/core/run-view.ts';
import { Approval } from './shell/approval.ts';
import { makeCall } from './shell/call.ts';
import { deploy } from './shell/deploy.ts';
import { Emissions } from './shell/emissions.ts';
import { ending, type RunResult } from './shell/ending.ts';
import { fanOut } from './shell/fan-out.ts';
import { Finish } from './shell/finish.ts';
import { guarded } from './shell/guard.ts';
import { Places } from './shell/places.ts';
import { rollback } from './shell/rollback.ts';
import { timeText } from './shell/text.ts';

const { resolveParams } = proxyLocalActivities<Activities>(EVALUATION);
const { reportRun: reportNow } = proxyLocalActivities<Activities>(QUICK_TEMPORAL_CALLS);
const { reportRun, reportApproval, openDeadLetters } = proxyActivities<Activities>(TEMPORAL_CALLS);

/**
 * One started pipeline. Its id is the run id: the token the target gets. Parameters are resolved once, the target is
 * started, and the outcome goes back to the instance.
 */
export async function run(input: RunInput): Promise<RunResult> {
  const text = runText(input, timeText);
  const approval = new Approval();
  const around: Around = {
    approval,
    finish: new Finish(),
    places: new Places(),
    progress: '',
    emissions: new Emissions(input),
  };
  setCurrentDetails(text);
  const outcome = await carryOut(input, around, text).catch((error: unknown): RunOutcome => {
    if (!isCancellation(error)) throw error;
    const cancelled = { kind: 'ended', status: 'cancelled', detail: 'Cancelled by a person.' } as const;
    return approval.isOver ? cancelled : { ...cancelled, began: false };
  });
  approval.close();
  around.finish.close();
  const ended = outcomeText(outcome, runDeadLetterId(input.run.runId));
  setCurrentDetails(`${text}${approval.text}${around.progress}\n\n${ended}`);
  const status = outcome.kind === 'dead' ? 'deadLettered' : outcome.status;
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTE.outcome, value: status }]);
  around.emissions.ended(outcome);
  await CancellationScope.nonCancellable(async () => {
    await tell(input, outcome, status);
    await condition(allHandlersFinished);
    await around.emissions.settled();
  });
  return ending(outcome);
}

/** What a run has around it; `progress` is how far it came, for people. */
type Around = {
  readonly approval: Approval;
  readonly finish: Finish;
  readonly places: Places;
  readonly emissions: Emissions;
  progress: string;
};

async function carryOut(input: RunInput, around: Around, text: string): Promise<RunOutcome> {
  const { approval, places, emissions } = around;
  if (input.run.mode === 'shadow')
    return { kind: 'ended', status: 'succeeded', detail: 'Shadow: no target was called.' };
  const resolved = await resolveParams(input);
  if (!resolved.ok) return { kind: 'dead', code: resolved.code, place: resolved.pointer, detail: resolved.detail };
  emissions.deploys(resolved.version);
  const ask = askOf(input.run, resolved.needsApproval ?? true);
  if (ask) {
    emissions.held(`It waits for approval: ${ask.why}.`);
    const decided = await approval.wait(input, ask, text);
    if (decided.decision === 'rejected') return rejectedAs(decided);
    await approved(input);
  }
  approval.close();
  const show = (line?: string) => setCurrentDetails([`${text}${approval.text}`, ...(line ? [line] : [])].join('\n\n'));
  return places.within(input, resolved.lane, show, () =>
    carryOutKind(input, around, resolved, { text, isApproved: ask !== undefined }),
  );
}

/** What a run is about, by its kind. */
function carryOutKind(
  input: RunInput,
  around: Around,
  resolved: Extract<ResolvedParams, { ok: true }>,
  { text, isApproved }: { readonly text: string; readonly isApproved: boolean },
): Promise<RunOutcome> {
  const { approval, finish, places, emissions } = around;
  const show = (progress: string) => {
    around.progress = `\n\n${progress}`;
    const whole = `${text}${approval.text}${around.progress}`;
    setCurrentDetails(whole);
    return whole;
  };
  const { retry, timeoutMs, plan } = input.run.settings;
  const untilAt = Date.now() + timeoutMs;
  switch (plan?.kind) {
    case undefined:
      return makeCall(input, {
        params: resolved.params,
        place: '/run/target',
        delaysMs: retry.delaysMs,
        timeoutMs,
        ...(isApproved && { approved: true }),
        finish,
        before: (attempt) => guarded(input, attempt, emissions),
        onStarted: (started) => setCurrentDetails(`${text}${approval.text}\n\n${startedText(started)}`),
      });
    case 'deploy': {
      const { version = '' } = resolved;
      return deploy(input, plan, {
        version,
        approval,
        emissions,
        show,
        untilAt,
        onPromoting: () => places.promoting(input.run.runId),
      });
    }
    case 'rollback':
      return rollback(input, plan, { show, untilAt, emissions });
    case 'fanOut':
      return fanOut(input, plan, { params: resolved.params, show, untilAt, emissions });
  }
}

/** The run goes on; one that asked because a limit was closed counts from now on. */
async function approved({ trigger, run: { asks, runId, key, firedAt } }: RunInput): Promise<void> {
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTE.outcome, value: null }]);
  if (asks) await reportApproval({ trigger, approval: { runId, key, firedAt, approvedAt: Date.now() } });
}

async function tell(input: RunInput, outcome: RunOutcome, status: RunReport['status']) {
  const { trigger, run: decided } = input;
  const { runId, key, generation, firedAt, asks } = decided;
  const letter = letterOf(outcome);
  if (letter) {
    const { code, place, detail, params } = letter;
    const event = { runId, trigger, key, target: decided.settings.target, ...(params !== undefined && { params }) };
    const entries = [{ at: Date.now(), id: runId, key, detail, event, run: decided }];
    const { target } = decided.settings;
    await openDeadLetters([{ version: 1, of: 'run', trigger, generation, code, place, target, entries }]);
  }
  const neverBegan = outcome.kind === 'ended' && outcome.began === false;
  const counted = { ...(!asks && { firedAt }), ...(neverBegan && { began: false as const }) };
  const report = { runId, key, status, ...counted, endedAt: Date.now() };
  await reportNow({ trigger, report }).catch(() => reportRun({ trigger, report }));
}
