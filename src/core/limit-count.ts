import type { Definition, Scope } from '../spec/definition.ts';
import { CLOSED, isIdle, type LimitState, markOf, noLimits } from './limit-state.ts';
import type { KeyState, TriggerState } from './state.ts';

/** Whether a moment has come at `at`. */
export function isOver(moment: number | undefined, at: number): boolean {
  return moment !== undefined && moment <= at;
}

const NO_SCOPES: readonly Scope[] = [];

/** The scopes that count anything under a definition, each once. */
export function countingScopes({ rate, concurrency, breaker }: Definition): readonly Scope[] {
  if (!rate && !concurrency && !breaker) return NO_SCOPES;
  const scopes = [rate?.scope, concurrency?.scope, breaker?.scope];
  return (['trigger', 'key'] as const).filter((scope) => scopes.includes(scope));
}

/** Counts a start in the limits of one scope. Changes them in place. */
export function countStart(limits: LimitState, definition: Definition, scope: Scope, runId: string, at: number): void {
  const { rate, concurrency } = definition;
  if (rate?.scope === scope) {
    limits.starts = limits.starts.filter(([one]) => one > at - rate.perMs);
    const mark = markOf(runId);
    if (limits.starts.every(([, started]) => started !== mark)) limits.starts.push([at, mark]);
  }
  if (concurrency?.scope === scope && limits.running.every((run) => run.runId !== runId)) {
    limits.running.push({ runId, firedAt: at, cancelling: false });
  }
}

/** A run has ended; one that never began gives its start back. Changes the limits in place. */
export function countEnd(limits: LimitState, runId: string, neverBegan: boolean): void {
  limits.running = limits.running.filter((run) => run.runId !== runId);
  const mark = markOf(runId);
  if (neverBegan) limits.starts = limits.starts.filter(([, started]) => started !== mark);
}

/** Lets go of starts and failures that no longer count, the oldest first. Changes the limits in place. */
function prune(limits: LimitState, { rate, breaker }: Definition, at: number): void {
  const startsFrom = at - (rate?.perMs ?? 0);
  if (isOver(limits.starts[0]?.[0], startsFrom)) limits.starts = limits.starts.filter(([one]) => one > startsFrom);
  if (limits.breaker.mode !== 'closed') return;
  const failuresFrom = at - (breaker?.withinMs ?? 0);
  if (!isOver(limits.breaker.failedAt[0]?.[0], failuresFrom)) return;
  const failedAt = limits.breaker.failedAt.filter(([one]) => one > failuresFrom);
  limits.breaker = failedAt.length === 0 ? CLOSED : { mode: 'closed', failedAt };
}

/** When the last thing counted of a key stops counting; undefined while only an end or a person can say. */
function overAt({ starts, running, breaker }: LimitState, { rate, breaker: settings }: Definition): number | undefined {
  if (running.length > 0 || breaker.mode !== 'closed') return undefined;
  const lastStart = starts.at(-1);
  const lastFailure = breaker.failedAt.at(-1);
  const at = Math.max(
    lastStart === undefined ? 0 : lastStart[0] + (rate?.perMs ?? 0),
    lastFailure === undefined ? 0 : lastFailure[0] + (settings?.withinMs ?? 0),
  );
  return at;
}

/** The limits of a key, made where there are none. */
export function limitsOfKey(key: KeyState): LimitState {
  key.limits ??= noLimits();
  return key.limits;
}

/** Drops what no longer counts, and sets when the rest is over. Changes the key in place. */
export function settleLimits(key: KeyState, { definition, clock }: TriggerState): void {
  if (!key.limits) return;
  key.limitsOverAt = undefined;
  prune(key.limits, definition, clock);
  if (isIdle(key.limits)) key.limits = undefined;
  else settleLimitsAt(key, definition);
}

/** Sets when a key's limits are over. Changes the key in place. */
export function settleLimitsAt(key: KeyState, definition: Definition): void {
  const at = key.limits && overAt(key.limits, definition);
  if (at !== undefined) key.limitsOverAt = at;
}

/** Forgets a breaker that the definition has no more for this scope. Changes the limits in place. */
export function keepBreaker(limits: LimitState, { breaker }: Definition, scope: Scope): void {
  if (breaker?.scope !== scope) limits.breaker = CLOSED;
}
