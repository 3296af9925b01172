import { type Decision, type Move, NOTHING } from './decision.ts';
import { firstInLine } from './due.ts';
import type { ApprovalReport, Draft, RunReport } from './fact.ts';
import type { LastEvent } from './offer.ts';
import { afterEnd } from './stages/breaker.ts';
import { firstDue } from './stages/fallback.ts';
import { limitsOf } from './stages/limit.ts';
import type { View } from './stages/stage.ts';
import type { LineName, TriggerState } from './state.ts';
import { checkDueAt, lineOpensAt, probeDueAt } from './watching.ts';
import { lastBytes } from './weight.ts';

/** Runs looked for at once. */
const CHECKED_MAX = 100;

const LINES: readonly LineName[] = ['rate', 'concurrency', 'breaker'];

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

function checkRuns({ state, definition }: View): Decision {
  const key = firstInLine(state, 'concurrency') ?? '';
  const { running } = limitsOf(state, definition.concurrency?.scope ?? 'trigger', key);
  const runIds = running.slice(0, CHECKED_MAX).map((run) => run.runId);
  const checked: Draft = { kind: 'runsChecked', key };
  return { ...NOTHING, drafts: [checked], effects: [{ kind: 'checkRuns', key, runIds }] };
}

/** An asking run was approved: now its start counts. */
export function decideApproval({ definition, at }: View, report: ApprovalReport): Decision {
  const { cooldown } = definition;
  const cooling = cooldown && { coolingUntil: at + cooldown.periodMs };
  return { ...NOTHING, drafts: [{ kind: 'runApproved', report, ...cooling }] };
}

/** A run has ended: the breaker learns of it, and what waited for it goes on. */
export function decideEnd(view: View, report: RunReport): Decision {
  const { definition, state, at } = view;
  const { runId, key, status } = report;
  const drafts: Draft[] = [{ kind: 'runEnded', report }];
  const settings = definition.breaker;
  if (settings) {
    const isOfKey = settings.scope === 'key';
    const isEmpty = isOfKey
      ? state.keys.get(key)?.waiting?.[0]?.stage !== 'breaker'
      : firstInLine(state, 'breaker') === undefined;
    const moved = afterEnd(settings, limitsOf(state, settings.scope, key).breaker, { runId, status, at }, isEmpty);
    if (moved) drafts.push({ kind: 'breakerMoved', ...(isOfKey && { key }), breaker: moved });
  }
  return { ...NOTHING, drafts, moves: roomMade(view, key) };
}
