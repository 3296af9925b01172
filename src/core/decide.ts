import type { Draft, RunRequest } from './fact.ts';
import type { Effect } from './effect.ts';
import type { Item, Offer } from './offer.ts';
import type { Reason, StageName } from './reason.ts';
import { membersHash, runIdOf } from './run-id.ts';
import { staleness } from './stages/freshness.ts';
import { soleCandidate } from './stages/debounce.ts';
import { ADMISSION, GATES, WINDOWS } from './stages/index.ts';
import type { Candidate, View } from './stages/stage.ts';
import { gatheredBytes, lastBytes } from './state.ts';

/** One decision: what happened, and what to do about it. */
export type Decision = { readonly drafts: readonly Draft[]; readonly effects: readonly Effect[] };

const NOTHING: Decision = { drafts: [], effects: [] };

function both(first: readonly Draft[], then: Decision): Decision {
  return { drafts: [...first, ...then.drafts], effects: then.effects };
}

function suppress(key: string, eventIds: readonly string[], stage: StageName, reason: Reason): Draft {
  return { kind: 'eventsSuppressed', key, eventIds, stage, reason };
}

function idsOf(items: readonly Item[]): readonly string[] {
  return items.map((item) => item.eventId);
}

/** Decides about one arriving event: gates, then windows, then admission. Changes nothing. */
export function decideOffer(view: View, offer: Offer): Decision {
  const { key, eventId } = offer;
  for (const gate of GATES) {
    const verdict = gate.judge(view, offer);
    if (verdict.kind === 'pass') continue;
    const { reason } = verdict;
    if (verdict.kind === 'deadLetter') {
      const { code } = verdict;
      return {
        drafts: [{ kind: 'eventDeadLettered', key, eventId, code, reason }],
        effects: [{ kind: 'deadLetter', offer, code, reason }],
      };
    }
    const suppressed = suppress(key, [eventId], gate.name, reason);
    if (reason.kind === 'duplicate') return { drafts: [suppressed], effects: [] };
    return { drafts: [{ kind: 'eventRecorded', offer, by: reason.kind !== 'sameDedupeKey' }, suppressed], effects: [] };
  }
  const recorded: Draft = { kind: 'eventRecorded', offer, by: true };
  const keyState = view.state.keys.get(key);
  for (const window of WINDOWS) {
    if (!window.applies(view, keyState)) continue;
    const { drafts, candidate } = window.enter(view, keyState, offer);
    const sole = candidate !== undefined && candidate.cause === 'events';
    return both([recorded, ...drafts], candidate ? admit(view, candidate, sole) : NOTHING);
  }
  return both([recorded], admit(view, soleCandidate(offer), true));
}

/** Decides what a reached deadline of a key means: its window ends, its hold is looked at again, or its cooldown is over. */
export function decideDeadline(view: View, key: string): Decision {
  const state = view.state.keys.get(key);
  if (!state) return NOTHING;
  for (const stage of WINDOWS) {
    if (!state.window || state.window.dueAt > view.at) break;
    const { drafts, candidate } = stage.end(view, key, state);
    return both(drafts, candidate ? admit(view, candidate, false) : NOTHING);
  }
  if (state.hold && state.hold.untilAt <= view.at) {
    const { items, last, receivedAt, bytes } = state.hold;
    const released: Draft = { kind: 'holdReleased', key };
    return both([released], enterAdmission(view, { key, cause: 'events', items, last, receivedAt, bytes }, false));
  }
  const isOver = state.coolingUntil !== undefined && state.coolingUntil <= view.at;
  return isOver ? { drafts: [{ kind: 'cooldownEnded', key }], effects: [] } : NOTHING;
}

/** A candidate that leaves its window joins what its key holds already: they become one run. */
function admit(view: View, candidate: Candidate, sole: boolean): Decision {
  const hold = view.state.keys.get(candidate.key)?.hold;
  const closed = ADMISSION.some((stage) => stage.admit(view, view.state.keys.get(candidate.key)).kind !== 'open');
  if (!hold || closed) return enterAdmission(view, candidate, sole);
  const merged = {
    ...candidate,
    items: [...hold.items, ...candidate.items],
    receivedAt: Math.min(hold.receivedAt, candidate.receivedAt),
    bytes: hold.bytes - lastBytes(hold.last) + candidate.bytes,
  };
  return both([{ kind: 'holdReleased', key: candidate.key }], start(view, merged, false));
}

function enterAdmission(view: View, candidate: Candidate, sole: boolean): Decision {
  const { key, items, last, receivedAt, bytes } = candidate;
  for (const stage of ADMISSION) {
    const admission = stage.admit(view, view.state.keys.get(key));
    switch (admission.kind) {
      case 'open':
        continue;
      case 'drop':
        return { drafts: [suppress(key, idsOf(items), stage.name, admission.reason)], effects: [] };
      case 'hold': {
        const { untilAt } = admission;
        const held: Draft = { kind: 'candidateHeld', key, stage: stage.name, untilAt, items, last, receivedAt, bytes };
        return { drafts: [held], effects: [] };
      }
    }
  }
  return start(view, candidate, sole);
}

function start(view: View, candidate: Candidate, sole: boolean): Decision {
  const { definition, at } = view;
  const { key, cause, last, receivedAt } = candidate;
  const drafts: Draft[] = [];
  const items = candidate.items.filter((item) => {
    const reason = staleness(view, item.time, 'fire');
    if (reason) drafts.push(suppress(key, [item.eventId], 'freshness', reason));
    return reason === undefined;
  });
  if (items.length === 0) return { drafts, effects: [] };
  const eventIds = idsOf(items);
  const members = { ...(last.identity !== undefined && { identity: last.identity }), eventIds };
  const runId = runIdOf({ trigger: definition.name, key, cause, ...members });
  if (view.state.starting.has(runId)) {
    return { drafts: [...drafts, suppress(key, eventIds, 'run', { kind: 'alreadyStarted', runId })], effects: [] };
  }
  const allKept = items.length === candidate.items.length;
  const run: RunRequest = {
    runId,
    key,
    cause,
    firedAt: at,
    generation: definition.generation,
    settings: definition.run,
    mode: definition.mode,
    members: membersHash(members),
    items,
    last,
    receivedAt,
    bytes: allKept ? candidate.bytes : gatheredBytes(items, last),
  };
  const cooling = definition.cooldown && { coolingUntil: at + definition.cooldown.periodMs };
  return { drafts: [...drafts, { kind: 'runDecided', run, ...cooling }], effects: [{ kind: 'startRun', run, sole }] };
}
