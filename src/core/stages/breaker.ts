import type { BreakerSettings, Definition } from '../../spec/definition.ts';
import { firstInLine } from '../due.ts';
import type { Effect } from '../effect.ts';
import type { RunReport } from '../fact.ts';
import { type Breaker, CLOSED, type Counted, markOf, sinceOf } from '../limit-state.ts';
import { limitsOf } from './limit.ts';
import { type AdmissionStage, type Candidate, OPEN, type View } from './stage.ts';

/** Whether a breaker lets this candidate through now, as a probe or as the next of what was parked. */
function letsThrough(view: View, settings: BreakerSettings, breaker: Breaker, candidate: Candidate): boolean {
  switch (breaker.mode) {
    case 'closed':
      return true;
    case 'open':
      return breaker.untilAt !== undefined && breaker.untilAt <= view.at;
    case 'halfOpen':
      return breaker.probes.length + breaker.succeeded < settings.probes;
    case 'draining':
      return breaker.runId === undefined && isNext(view, settings, candidate);
  }
}

/** Whether nobody who waits at the breaker comes before the candidate. */
function isNext({ state }: View, { scope }: BreakerSettings, { key, turn }: Candidate): boolean {
  const first = scope === 'trigger' ? firstInLine(state, 'breaker') : key;
  const parked = first === undefined ? undefined : state.keys.get(first)?.waiting?.[0];
  return parked === undefined || (turn !== undefined && turn <= parked.turn);
}

/** The breaker after the start of a run that it let through; undefined where it stays as it is. */
export function afterStart(definition: Definition, before: Breaker, runId: string): Breaker | undefined {
  if (definition.breaker === undefined) return undefined;
  switch (before.mode) {
    case 'closed':
      return undefined;
    case 'open':
      return { mode: 'halfOpen', probes: [runId], succeeded: 0, ...sinceOf(before) };
    case 'halfOpen':
      return { ...before, probes: [...before.probes, runId] };
    case 'draining':
      return { mode: 'draining', runId, ...sinceOf(before) };
  }
}

/** `at` is when the instance heard of it, `endedAt` when it was. */
type End = Pick<RunReport, 'runId' | 'status' | 'endedAt'> & { readonly at: number };

/**
 * The breaker after a run ended; undefined where it stays as it is. `isEmpty` says that nothing is parked any more.
 * Failed and timed-out runs count. Of a probe, or of what was parked, also one that never got through to its target is
 * bad; one that was cancelled, rejected or skipped says nothing and gives its place back.
 */
export function afterEnd(settings: BreakerSettings, before: Breaker, end: End, isEmpty: boolean): Breaker | undefined {
  const { runId, status, at } = end;
  const isBad = status === 'failed' || status === 'timedOut';
  const since =
    settings.replayOnClose && before.mode === 'closed' ? { since: at - settings.withinMs } : sinceOf(before);
  const opened = { mode: 'open', failures: settings.failures, untilAt: at + settings.openForMs, ...since } as const;
  const next = isEmpty ? CLOSED : ({ mode: 'draining', ...since } as const);
  switch (before.mode) {
    case 'closed':
      return isBad ? counted(settings, before.failedAt, end, opened) : undefined;
    case 'open':
      return undefined;
    case 'halfOpen': {
      if (!before.probes.includes(runId)) return undefined;
      if (isBad || status === 'deadLettered') return { ...opened, failures: 1 };
      const probes = before.probes.filter((probe) => probe !== runId);
      const succeeded = before.succeeded + (status === 'succeeded' ? 1 : 0);
      return succeeded < settings.probes ? { mode: 'halfOpen', probes, succeeded, ...since } : next;
    }
    case 'draining':
      if (before.runId !== runId) return undefined;
      if (isBad || status === 'deadLettered') return { ...opened, failures: 1 };
      return next;
  }
}

/** The closed breaker after a failure; undefined where the report only repeats one, or tells of one that is long over. */
function counted(
  settings: BreakerSettings,
  failedAt: readonly Counted[],
  { runId, at, endedAt = at }: End,
  opened: Breaker,
): Breaker | undefined {
  const mark = markOf(runId);
  if (endedAt <= at - settings.withinMs || failedAt.some(([, failed]) => failed === mark)) return undefined;
  const recent: readonly Counted[] = [...failedAt.filter(([one]) => one > at - settings.withinMs), [at, mark]];
  return recent.length >= settings.failures ? opened : { mode: 'closed', failedAt: recent };
}

function failuresOf(breaker: Breaker): number {
  return breaker.mode === 'open' ? breaker.failures : 0;
}

/** What the move of a breaker lets happen besides: once it closes, dead letters of its trouble are replayed. */
export function replaysOf(before: Breaker, after: Breaker, key: string | undefined, at: number): readonly Effect[] {
  const { since } = sinceOf(before);
  if (after.mode !== 'closed' || since === undefined) return [];
  return [{ kind: 'replayLetters', ...(key !== undefined && { key }), fromAt: since, untilAt: at }];
}

/** Open after failures: parks what comes, tries again with probes, drains what is parked one run after the other. */
export const breaker: AdmissionStage = {
  name: 'breaker',
  forced: false,
  admit(view, candidate) {
    const settings = view.definition.breaker;
    if (settings === undefined) return OPEN;
    const now = limitsOf(view.state, settings.scope, candidate.key).breaker;
    if (letsThrough(view, settings, now, candidate)) return OPEN;
    const untilAt = now.mode === 'open' ? now.untilAt : undefined;
    const reason = {
      kind: 'breakerOpen',
      failures: failuresOf(now),
      ...(untilAt !== undefined && { untilAt }),
    } as const;
    const again = settings.scope === 'key' && untilAt !== undefined && { untilAt };
    return { kind: 'closed', onExcess: 'park', reason, ...again };
  },
};
