import { decideAdmission, decideServe, decideWaiting } from './admission.ts';
import { NOTHING, type Decision, type Move } from './decision.ts';
import type { Draft } from './fact.ts';
import type { Offer } from './offer.ts';
import type { Reason, StageName } from './reason.ts';
import { GATES, WINDOWS } from './stages/index.ts';
import type { View, Windowed } from './stages/stage.ts';
import { isOver } from './limit-count.ts';
import { type Unit, unitOf } from './unit.ts';
import { ORDER_MARK_MS } from './limits.ts';
import type { KeyState } from './state.ts';

/** Decides one move at the view's moment. Changes nothing. */
export function decideMove(view: View, move: Move): Decision {
  switch (move.kind) {
    case 'offer':
      return decideOffer(view, move.offer, move.seenAt);
    case 'enter':
      return decideEntry(view, move);
    case 'admit':
      return decideAdmission(view, move.candidate, move.sole);
    case 'recheck':
      return decideWaiting(view, move.key);
    case 'serve':
      return decideServe(view, move.stage);
  }
}

function suppress(key: string, eventIds: readonly string[], stage: StageName, reason: Reason): Draft {
  return { kind: 'eventsSuppressed', key, eventIds, stage, reason };
}

/** Decides about one event: a pause keeps it, gates judge it, then it enters the windows. */
function decideOffer(view: View, given: Offer, kept?: number): Decision {
  const { key, eventId } = given;
  const state = view.state.keys.get(key);
  if (view.state.paused ?? state?.paused) {
    // As it would be judged now: dedup lets go of what is older than the window at this moment.
    const since = kept === undefined && given.receivedAt < view.at ? { ...given, receivedAt: view.at } : given;
    return { ...NOTHING, drafts: [{ kind: 'eventKept', key, offer: since }] };
  }
  // What was kept counts as arrived now, but for dedup.
  const offer = kept === undefined ? given : { ...given, receivedAt: view.at };
  const seenAt = kept ?? view.at;
  const seen = kept === undefined ? undefined : { seenAt: kept };
  for (const gate of GATES) {
    const verdict = gate.judge(view, offer, seenAt);
    if (verdict.kind === 'pass') continue;
    const { reason } = verdict;
    if (verdict.kind === 'deadLetter') return deadLetter(offer, gate.name, verdict.code, reason);
    const suppressed = suppress(key, [eventId], gate.name, reason);
    if (reason.kind === 'duplicate') return { ...NOTHING, drafts: [suppressed] };
    const recorded: Draft = { kind: 'eventRecorded', offer, by: reason.kind !== 'sameDedupeKey', ...seen };
    return { ...NOTHING, drafts: [recorded, suppressed] };
  }
  const recorded: Draft = { kind: 'eventRecorded', offer, by: true, ...seen };
  const unit = unitOf(offer, offer.whole ? heldBytesOf(view, state, unitOf(offer, 0)) : 0);
  return { drafts: [recorded], effects: [], moves: [{ kind: 'enter', key, unit, from: 0, sole: true }] };
}

function deadLetter(
  { key, eventId, receivedAt, event }: Offer,
  stage: StageName,
  code: Extract<Draft, { kind: 'eventDeadLettered' }>['code'],
  reason: Reason,
): Decision {
  const about = { key, eventId, stage, code, reason };
  return {
    drafts: [{ kind: 'eventDeadLettered', ...about }],
    effects: [{ kind: 'deadLetter', ...about, receivedAt, ...(event !== undefined && { event }) }],
    moves: [],
  };
}

/** Bytes of events that the first window of a unit holds already. */
function heldBytesOf(view: View, state: KeyState | undefined, unit: Unit): number {
  return WINDOWS.find((stage) => stage.applies(view, state, unit))?.heldBytes(state) ?? 0;
}

/** A unit enters the first window from `from` on that applies to it; without one it goes to admission. */
function decideEntry(view: View, { key, unit, from, sole }: Extract<Move, { kind: 'enter' }>): Decision {
  const state = view.state.keys.get(key);
  for (let place = from; place < WINDOWS.length; place += 1) {
    const stage = WINDOWS[place];
    if (!stage?.applies(view, state, unit)) continue;
    return flow(key, stage.enter(view, key, state, unit), place + 1, sole ? unit : undefined);
  }
  return decideAdmission(view, { key, cause: 'events', ...unit }, sole);
}

/** What a window says, as a decision: what leaves it goes on behind it. */
function flow(key: string, { drafts, effects = [], out = [] }: Windowed, from: number, sole?: Unit): Decision {
  const moves = out.map(({ unit, cause }): Move => {
    if (cause === 'events') return { kind: 'enter', key, unit, from, sole: unit.items === sole?.items };
    return { kind: 'admit', candidate: { key, cause, ...unit }, sole: false };
  });
  return { drafts, effects, moves };
}

/** Decides what a reached deadline of a key means: a window ends, what waits is looked at again, or something is over. */
export function decideDeadline(view: View, key: string): Decision {
  const state = view.state.keys.get(key);
  if (!state) return NOTHING;
  for (const [place, stage] of WINDOWS.entries()) {
    const dueAt = stage.dueAt(state);
    if (dueAt !== undefined && dueAt <= view.at) return flow(key, stage.end(view, key, state), place + 1);
  }
  const first = state.waiting?.[0];
  if (first?.untilAt !== undefined && first.untilAt <= view.at) return decideWaiting(view, key);
  return hasExpired(view, state) ? { ...NOTHING, drafts: [{ kind: 'keyExpired', key }] } : NOTHING;
}

function hasExpired({ at }: View, { coolingUntil, limitsOverAt, order }: KeyState): boolean {
  if ((coolingUntil ?? Infinity) <= at || isOver(limitsOverAt, at)) return true;
  return order !== undefined && order.sorting.length === 0 && order.at + ORDER_MARK_MS <= at;
}
