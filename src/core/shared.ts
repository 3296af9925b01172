import { type Decision, type Move, NOTHING } from './decision.ts';
import { firstInLine } from './due.ts';
import type { Effect } from './effect.ts';
import type { ApprovalReport, Draft, RunReport, RunRequest, StartReport } from './fact.ts';
import type { LastEvent } from './offer.ts';
import { afterEnd, replaysOf } from './stages/breaker.ts';
import { firstDue } from './stages/fallback.ts';
import { limitsOf } from './stages/limit.ts';
import type { View } from './stages/stage.ts';
import { LINES, type TriggerState } from './state.ts';
import { checkDueAt, holdingBack, lineOpensAt, probeDueAt } from './watching.ts';
import { lastBytes } from './weight.ts';

/** Runs looked for at once. */
const CHECKED_MAX = 100;

/** Everything that waits is looked at again. */
export function recheckAll(state: TriggerState): readonly Move[] {
  const moves: Move[] = [];
  for (const [key, { waiting }] of state.keys) if (waiting) moves.push({ kind: 'recheck', key });
  return moves;
}

/** What an end, or something else that may have made room, lets go on: the key's own, and the first in every line. */
export function roomMade({ state }: View, key: string | undefined): readonly Move[] {
  if (state.paused) return [];
  const own = key !== undefined && state.keys.get(key)?.waiting ? [{ kind: 'recheck' as const, key }] : [];
  const lines = LINES.filter((stage) => firstInLine(state, stage) !== undefined);
  return [...lines.map((stage) => ({ kind: 'serve' as const, stage })), ...own];
}

/** Decides what is due of the whole trigger: a line moves on, or runs are looked for. */
export function decideShared(view: View): Decision {
  const { state, at } = view;
  if ((lineOpensAt(state) ?? Infinity) <= at) return { ...NOTHING, moves: [{ kind: 'serve', stage: 'rate' }] };
  if ((probeDueAt(state) ?? Infinity) <= at) return { ...NOTHING, moves: [{ kind: 'serve', stage: 'breaker' }] };
  return (checkDueAt(state) ?? Infinity) <= at ? checkRuns(view) : NOTHING;
}

/** Decides about the fallback that is due first: a run without events enters admission. */
export function decideFallback({ state, at }: View): Decision {
  const due = firstDue(state);
  if (due === undefined || due.at > at) return NOTHING;
  const { key, at: dueAt } = due;
  const noted: Draft = { kind: 'fallbackDue', key, dueAt };
  // One that waits still stands for this one too: a long closing would stack them otherwise.
  if (state.keys.get(key)?.waiting?.some(({ cause }) => cause === 'fallback')) return { ...NOTHING, drafts: [noted] };
  const last: LastEvent = { identity: `due ${dueAt}` };
  const candidate = { key, cause: 'fallback', items: [], last, receivedAt: at, bytes: lastBytes(last) } as const;
  return {
    drafts: [noted],
    effects: [],
    moves: [{ kind: 'admit', candidate, sole: false }],
  };
}

/** Looks for the runs that keep something back, key by key; one whose start is not confirmed may not be there yet. */
function checkRuns({ state }: View): Decision {
  const looked = new Set<string>();
  const effects: Effect[] = [];
  for (const [key, { waiting }] of state.keys) {
    const runIds = holdingBack(state, key, waiting?.[0]?.stage)
      .filter((runId) => !state.starting.has(runId) && !looked.has(runId))
      .slice(0, CHECKED_MAX - looked.size);
    for (const runId of runIds) looked.add(runId);
    if (runIds.length > 0) effects.push({ kind: 'checkRuns', key, runIds });
  }
  return { ...NOTHING, drafts: [{ kind: 'runsChecked' }], effects };
}

/** An asking run was approved: now its start counts. */
export function decideApproval({ definition, at }: View, report: ApprovalReport): Decision {
  const { cooldown } = definition;
  const cooling = cooldown && { coolingUntil: at + cooldown.periodMs };
  return { ...NOTHING, drafts: [{ kind: 'runApproved', report, ...cooling }] };
}

/** A run has ended: the breaker learns of it, and what waited for it goes on. */
export function decideEnd(view: View, report: RunReport): Decision {
  const { drafts, effects } = breakerMoved(view, report);
  return { drafts: [{ kind: 'runEnded', report }, ...drafts], effects, moves: roomMade(view, report.key) };
}

/** How a start went. Where another run has the id this one never was, and gives back what it took. */
export function decideReport(view: View, report: StartReport): Decision {
  const run = view.state.starting.get(report.runId);
  if (!run) return NOTHING;
  const { runId, key } = run;
  const reported: Draft = { kind: 'startReported', report, key };
  if (report.outcome !== 'conflict') return { ...NOTHING, drafts: [reported], effects: cancelledAgain(view, run) };
  const { drafts, effects } = breakerMoved(view, { runId, key, status: 'cancelled' });
  return { drafts: [reported, ...drafts], effects, moves: roomMade(view, key) };
}

/** A run that was told to end while it was being started may not have been there to hear it. */
function cancelledAgain({ definition, state }: View, { runId, key }: RunRequest): readonly Effect[] {
  const { concurrency } = definition;
  const running = concurrency ? limitsOf(state, concurrency.scope, key).running : [];
  const isCancelling = running.some((run) => run.runId === runId && run.cancelling);
  return isCancelling ? [{ kind: 'cancelRun', runId, again: true }] : [];
}

/** Where the breaker goes when a run has ended like this. */
function breakerMoved({ definition, state, at }: View, report: RunReport): Pick<Decision, 'drafts' | 'effects'> {
  const { breaker } = definition;
  if (!breaker) return NOTHING;
  const { scope } = breaker;
  const key = scope === 'key' ? report.key : undefined;
  const before = limitsOf(state, scope, report.key).breaker;
  const moved = afterEnd(breaker, before, { at, ...report }, !isParked(state, key));
  if (!moved) return NOTHING;
  const draft: Draft = { kind: 'breakerMoved', ...(key !== undefined && { key }), breaker: moved };
  return { drafts: [draft], effects: replaysOf(before, moved, key, at) };
}

/** Whether anything is parked at the breaker of the key, or of the trigger. */
export function isParked(state: TriggerState, key: string | undefined): boolean {
  if (key === undefined) return firstInLine(state, 'breaker') !== undefined;
  return state.keys.get(key)?.waiting?.[0]?.stage === 'breaker';
}
