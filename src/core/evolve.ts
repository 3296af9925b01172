import type { Fact, FactOf, RunRequest } from './fact.ts';
import { evolveKey } from './evolve-key.ts';
import { addPending } from './gathering.ts';
import { countEnd, countingScopes, countStart, keepBreaker, limitsOfKey } from './limit-count.ts';
import { markOf, type Running } from './limit-state.ts';
import { dedupeFrom } from './kept.ts';
import { changeKey, indexKey, warm } from './key-entry.ts';
import { resumeKey } from './resume.ts';
import { addStarting, takeStarting } from './starting.ts';
import { identityOf } from './stages/dedupe.ts';
import type { TriggerState } from './state.ts';
import { checkDueAt, noteFallback, noteRun, refreshShared, watchAnew } from './watching.ts';
import { keptBytes, limitBytes } from './weight.ts';

/**
 * Folds one fact into the state: the only way state changes. The collections of `state` change in place and it is
 * returned; the argument must not be used afterwards.
 */
export function evolve(state: TriggerState, fact: Fact): TriggerState {
  state.seq = fact.seq;
  state.clock = Math.max(state.clock, fact.at);
  apply(state, fact);
  return state;
}

function apply(state: TriggerState, fact: Fact): void {
  switch (fact.kind) {
    case 'eventRecorded':
      return recorded(state, fact);
    case 'eventsSuppressed':
      if (fact.reason.kind === 'duplicate') state.counts.accepted += 1;
      state.counts.suppressed[fact.stage] += fact.eventIds.length;
      return;
    case 'eventDeadLettered':
      // A conflict is found before the event is recorded, what is late or incomplete after.
      if (fact.stage === 'dedupe') state.counts.accepted += 1;
      state.counts.deadLettered += 1;
      return;
    case 'startReported':
      return reported(state, fact);
    case 'fired':
    case 'recovered':
      return;
    case 'replayed':
      // They come in once more, and are counted once more wherever they end.
      state.counts.accepted += fact.eventCount;
      return;
    case 'orderAdvanced':
    case 'unitSorted':
    case 'sortedReleased':
    case 'partFilled':
    case 'partsTaken':
    case 'unitTallied':
    case 'tallyTaken':
    case 'windowOpened':
    case 'windowExtended':
    case 'unitCollected':
    case 'windowClosed':
    case 'keyExpired':
      return evolveKey(state, fact);
    case 'candidateWaits':
    case 'waitMoved':
      if (checkDueAt(state) === undefined) state.checkedAt = fact.at;
      evolveKey(state, fact);
      return refreshShared(state);
    case 'waitEnded':
      evolveKey(state, fact);
      return refreshShared(state);
    case 'eventKept':
      return kept(state, fact);
    case 'definitionAdopted':
    case 'runDecided':
    case 'runApproved':
    case 'runEnded':
    case 'runCancelling':
    case 'breakerMoved':
    case 'fallbackDue':
    case 'runsChecked':
    case 'paused':
    case 'resumed':
      applyShared(state, fact);
      refreshShared(state);
  }
}

type SharedFact = FactOf<
  | 'definitionAdopted'
  | 'runDecided'
  | 'runApproved'
  | 'runEnded'
  | 'runCancelling'
  | 'breakerMoved'
  | 'fallbackDue'
  | 'runsChecked'
  | 'paused'
  | 'resumed'
>;

function applyShared(state: TriggerState, fact: SharedFact): void {
  switch (fact.kind) {
    case 'definitionAdopted':
      // A longer window starts with what the shorter one remembered, with or without a continue-as-new in between.
      state.seen.forget(dedupeFrom(state), state.definition.dedupe.windowMs);
      state.definition = fact.definition;
      changeLimits(state, () => keepBreaker(state.limits, fact.definition, 'trigger'));
      for (const [name, { limits }] of state.keys) {
        if (limits) changeKey(state, name, () => keepBreaker(limits, fact.definition, 'key'));
      }
      return watchAnew(state, fact.definition);
    case 'runDecided':
      return decided(state, fact);
    case 'runApproved':
      return approved(state, fact);
    case 'runEnded':
      return ended(state, fact);
    case 'runCancelling':
      return eachRunning(state, fact.key, (run) => {
        if (run.runId === fact.runId) run.cancelling = true;
      });
    case 'breakerMoved':
      return moveBreaker(state, fact.key, fact.breaker);
    case 'fallbackDue':
      return noteFallback(state, fact.key, fact.at);
    case 'runsChecked':
      state.checkedAt = fact.at;
      return;
    case 'paused':
      return pause(state, fact);
    case 'resumed':
      return resume(state, fact);
  }
}

function recorded(state: TriggerState, { offer, by, at, seenAt = at }: FactOf<'eventRecorded'>): void {
  state.counts.accepted += 1;
  state.seen.add(identityOf(offer.eventId), offer.body, seenAt);
  if (by && offer.by !== undefined) state.seen.add(offer.by, '', seenAt);
}

function kept(state: TriggerState, { key: name, offer }: FactOf<'eventKept'>): void {
  addPending(state, 1, keptBytes(offer));
  if (state.paused) state.paused.kept.push(offer);
  else changeKey(state, name, (key) => key.paused?.kept.push(offer));
}

/** Changes what limits of a scope have counted, and the bytes they weigh. */
function changeLimits(state: TriggerState, change: () => void): void {
  const before = limitBytes(state.limits);
  change();
  state.keyBytes += limitBytes(state.limits) - before;
}

function counted(state: TriggerState, key: string, runId: string, at: number): void {
  for (const scope of countingScopes(state.definition)) {
    if (scope === 'trigger') changeLimits(state, () => countStart(state.limits, state.definition, scope, runId, at));
    else changeKey(state, key, (it) => countStart(limitsOfKey(it), state.definition, scope, runId, at));
  }
  noteRun(state, key, 'fired', at);
}

function decided(state: TriggerState, { run, coolingUntil, breaker, at }: FactOf<'runDecided'>): void {
  addStarting(state, run);
  state.counts.runs += 1;
  state.counts.eventsInRuns += run.items.length;
  if (!run.asks) counted(state, run.key, run.runId, at);
  if (breaker) {
    if (checkDueAt(state) === undefined) state.checkedAt = at;
    moveBreaker(state, state.definition.breaker?.scope === 'key' ? run.key : undefined, breaker);
  }
  cool(state, run, coolingUntil);
}

function approved(state: TriggerState, { report, coolingUntil, at }: FactOf<'runApproved'>): void {
  counted(state, report.key, report.runId, at);
  cool(state, report, coolingUntil);
}

/** A run cools its key. One that began although the key was cooling, by hand, never gives that back. */
function cool(
  state: TriggerState,
  { key: name, runId }: Pick<RunRequest, 'key' | 'runId'>,
  coolingUntil: number | undefined,
): void {
  if (coolingUntil === undefined) return;
  changeKey(state, name, (key) => {
    const wasWarm = (key.coolingUntil ?? -Infinity) <= state.clock;
    warm(key);
    key.coolingUntil = coolingUntil;
    if (wasWarm) key.cooledBy = markOf(runId);
  });
}

function ended(state: TriggerState, { report, at }: FactOf<'runEnded'>): void {
  const { runId, key: name, status, began } = report;
  state.counts.ended[status] += 1;
  countOut(state, name, runId, status === 'rejected' || status === 'skipped' || began === false);
  if (status === 'succeeded') noteRun(state, name, 'succeeded', at);
}

/** A run runs no longer; one that never began gives back what its start took. */
function countOut(state: TriggerState, name: string, runId: string, neverBegan: boolean): void {
  changeLimits(state, () => countEnd(state.limits, runId, neverBegan));
  // Without an entry there is nothing to give back.
  if (!state.keys.has(name)) return;
  changeKey(state, name, (key) => {
    if (key.limits) countEnd(key.limits, runId, neverBegan);
    if (neverBegan && key.cooledBy === markOf(runId)) warm(key);
  });
}

function eachRunning(state: TriggerState, name: string, change: (run: Running) => void): void {
  for (const limits of [state.limits, state.keys.get(name)?.limits]) limits?.running.forEach(change);
}

function moveBreaker(state: TriggerState, name: string | undefined, breaker: FactOf<'breakerMoved'>['breaker']): void {
  if (name === undefined) changeLimits(state, () => void (state.limits.breaker = breaker));
  else changeKey(state, name, (key) => void (limitsOfKey(key).breaker = breaker));
}

function pause(state: TriggerState, { key: name, by, at }: FactOf<'paused'>): void {
  const paused = { sinceAt: at, by, kept: [] };
  if (name === undefined) state.paused = paused;
  else {
    changeKey(state, name, (key) => {
      key.paused = paused;
    });
  }
}

function resume(state: TriggerState, { key: name, sinceAt, at }: FactOf<'resumed'>): void {
  // While the trigger is paused too, the rest of the pause is that of the trigger.
  const ownUntil = name === undefined ? at : Math.max(sinceAt, Math.min(at, state.paused?.sinceAt ?? at));
  const shiftMs = ownUntil - sinceAt;
  const resumed = name === undefined ? state.paused : state.keys.get(name)?.paused;
  for (const offer of resumed?.kept ?? []) addPending(state, -1, -keptBytes(offer));
  if (name !== undefined) return changeKey(state, name, (key) => resumeKey(key, shiftMs));
  delete state.paused;
  for (const [other, key] of state.keys) {
    // A key paused by itself stays so; what its windows have left is counted from the earlier of the two pauses.
    if (key.paused) key.paused = { ...key.paused, sinceAt: Math.min(key.paused.sinceAt, sinceAt) };
    else resumeKey(key, shiftMs);
    indexKey(state, other, key);
  }
}

function reported(state: TriggerState, { report }: FactOf<'startReported'>): void {
  const run = takeStarting(state, report.runId);
  if (!run || report.outcome !== 'conflict') return;
  // Another run has the id: this one never was, and its events are in a dead letter.
  state.counts.runs -= 1;
  state.counts.eventsInRuns -= run.items.length;
  state.counts.deadLettered += run.items.length;
  countOut(state, run.key, run.runId, true);
  refreshShared(state);
}
