import type { Definition } from '../spec/definition.ts';
import { fallbackDueAt, firstDue, watchedKey, watchFrom } from './stages/fallback.ts';
import { rateOpensAt } from './stages/rate.ts';
import { firstInLine } from './due.ts';
import type { Breaker } from './limit-state.ts';
import type { StageName } from './reason.ts';
import { limitsOf } from './stages/limit.ts';
import { CHECK_RUNS_MS } from './limits.ts';
import type { TriggerState } from './state.ts';
import { watchBytes } from './weight.ts';

/** Watches the keys that a definition's fallback names, from its load on; those it knows already go on. */
export function watchAnew(state: TriggerState, definition: Definition): void {
  const { fallback } = definition;
  const named = new Set(fallback?.keys);
  for (const key of state.watched.keys()) {
    if (named.has(key)) continue;
    state.watched.delete(key);
    state.keyBytes -= watchBytes(key);
  }
  if (!fallback) return;
  for (const key of named) {
    const known = state.watched.get(key);
    if (!known) state.keyBytes += watchBytes(key);
    if (known) known.dueAt = fallbackDueAt(fallback, known);
    else state.watched.set(key, watchFrom(fallback, definition.loadedAt));
  }
}

/** Tells the fallback that a run of the key started or succeeded. */
export function noteRun(state: TriggerState, key: string, what: 'fired' | 'succeeded', at: number): void {
  const { fallback } = state.definition;
  const name = watchedKey(state.definition, key);
  const watched = name === undefined ? undefined : state.watched.get(name);
  if (!fallback || !watched || fallback.unless !== what) return;
  watched.lastAt = Math.max(watched.lastAt ?? at, at);
  watched.dueAt = fallbackDueAt(fallback, watched);
}

/** A fallback fired: not again for the same length. */
export function noteFallback(state: TriggerState, key: string, at: number): void {
  const { fallback } = state.definition;
  const watched = state.watched.get(key);
  if (!fallback || !watched) return;
  watched.firedAt = at;
  watched.dueAt = fallbackDueAt(fallback, watched);
}

/** When a start fits again that a rate of the whole trigger keeps back; undefined where none waits. */
export function lineOpensAt(state: TriggerState): number | undefined {
  const { rate } = state.definition;
  if (rate?.scope !== 'trigger' || firstInLine(state, 'rate') === undefined) return undefined;
  return rateOpensAt(rate, state.limits.starts, state.clock);
}

/** When the first parked candidate may go through an open breaker of the whole trigger. */
export function probeDueAt(state: TriggerState): number | undefined {
  const { breaker } = state.limits;
  if (state.definition.breaker?.scope !== 'trigger' || breaker.mode !== 'open') return undefined;
  return firstInLine(state, 'breaker') === undefined ? undefined : breaker.untilAt;
}

/** When runs that keep others back are looked for. */
export function checkDueAt(state: TriggerState): number | undefined {
  const isHeldBack = firstInLine(state, 'concurrency') !== undefined || awaitsProbe(state);
  return isHeldBack ? state.checkedAt + CHECK_RUNS_MS : undefined;
}

/** Whether what is parked waits for runs that a breaker let through; of breakers of keys, whether it may. */
function awaitsProbe(state: TriggerState): boolean {
  if (firstInLine(state, 'breaker') === undefined) return false;
  return state.definition.breaker?.scope === 'key' || letThrough(state.limits.breaker).length > 0;
}

/** Runs that a breaker let through and that tell it where to go. */
function letThrough(breaker: Breaker): readonly string[] {
  if (breaker.mode === 'halfOpen') return breaker.probes;
  return breaker.mode === 'draining' && breaker.runId !== undefined ? [breaker.runId] : [];
}

/** The runs whose end lets go of what a key keeps back at a stage. */
export function holdingBack(state: TriggerState, key: string, stage: StageName | undefined): readonly string[] {
  const { concurrency, breaker } = state.definition;
  if (stage === 'concurrency' && concurrency) {
    return limitsOf(state, concurrency.scope, key).running.map(({ runId }) => runId);
  }
  return stage === 'breaker' && breaker ? letThrough(limitsOf(state, breaker.scope, key).breaker) : [];
}

/** Counts anew when something of the whole trigger is due. Changes the state in place. */
export function refreshShared(state: TriggerState): void {
  state.fallbackDueAt = firstDue(state)?.at ?? Infinity;
  state.sharedDueAt = Math.min(
    lineOpensAt(state) ?? Infinity,
    probeDueAt(state) ?? Infinity,
    checkDueAt(state) ?? Infinity,
  );
}
