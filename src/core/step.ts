import { decideMove, decideDeadline } from './decide.ts';
import { type Decision, type Move, NOTHING } from './decision.ts';
import { type Due, earliestDue, nextOfStages } from './due.ts';
import type { Effect } from './effect.ts';
import { evolve } from './evolve.ts';
import type { Fact } from './fact.ts';
import type { Input } from './input.ts';
import { decideApproval, decideEnd, decideFallback, decideReport, decideShared, recheckAll } from './shared.ts';
import { decideOrder } from './orders.ts';
import type { View } from './stages/stage.ts';
import type { TriggerState } from './state.ts';

/** What a step gives: the state, which is the argument changed in place, and what happened and what to do. */
export type Stepped = {
  readonly state: TriggerState;
  readonly facts: readonly Fact[];
  readonly effects: readonly Effect[];
};

/**
 * Decides one input and folds what was decided. The instance's clock is the latest moment it has seen: an offer's arrival
 * (never later than `nowMs`), or `nowMs` itself for a tick or an order. Every deadline at or before that moment fires
 * first, each at its own time, so that a worker that was away decides as if it had not been.
 */
export function step(state: TriggerState, given: Input, nowMs: number): Stepped {
  const input = notAfter(given, nowMs);
  const said: Said = { facts: [], effects: [] };
  const until = Math.max(state.clock, momentOf(input, nowMs, state.clock));
  fireDue(state, until, said);
  take(state, decide(viewOf(state, until), input), until, said);
  fireDue(state, until, said);
  return { state, ...said };
}

type Said = { readonly facts: Fact[]; readonly effects: Effect[] };

/** Fires every deadline up to a moment, each at its own time. */
function fireDue(state: TriggerState, until: number, said: Said): void {
  for (let due = dueBy(state, until); due !== undefined; due = dueBy(state, until)) {
    const at = due.kind === 'fallback' ? until : Math.max(state.clock, due.at);
    take(state, decideDue(viewOf(state, at), due), at, said);
  }
}

/** What is due by a moment: fallbacks last, since a run that was due meanwhile may take their place. */
function dueBy(state: TriggerState, until: number): Due | undefined {
  if (earliestDue(state) > until) return undefined;
  const next = nextOfStages(state);
  if (next && next.at <= until) return next;
  return !state.paused && state.fallbackDueAt <= until ? { kind: 'fallback', at: state.fallbackDueAt } : undefined;
}

/** Decides what a reached deadline means. Changes nothing. */
export function decideDue(view: View, due: Due): Decision {
  switch (due.kind) {
    case 'key':
      return decideDeadline(view, due.key);
    case 'shared':
      return decideShared(view);
    case 'fallback':
      return decideFallback(view);
  }
}

/** Folds a decision into the state, adds what it says to `said`, then decides what follows from it, depth first. */
function take(state: TriggerState, first: Decision, at: number, said: Said): void {
  fold(state, first, at, said);
  const moves: Move[] = first.moves.toReversed();
  for (let move = moves.pop(); move !== undefined; move = moves.pop()) {
    const decision = decideMove(viewOf(state, at), move);
    fold(state, decision, at, said);
    for (let index = decision.moves.length - 1; index >= 0; index -= 1) {
      const next = decision.moves[index];
      if (next) moves.push(next);
    }
  }
}

function fold(state: TriggerState, { drafts, effects }: Decision, at: number, said: Said): void {
  for (const draft of drafts) {
    const fact: Fact = { seq: state.seq + 1, at, ...draft };
    evolve(state, fact);
    said.facts.push(fact);
  }
  for (const effect of effects) said.effects.push(effect);
}

/** Decides one input at the view's moment, deadlines aside. Changes nothing. */
export function decide(view: View, input: Input): Decision {
  switch (input.kind) {
    case 'offer':
      return decideMove(view, { kind: 'offer', offer: input.offer });
    case 'definition':
      if (input.definition.loadedAt <= view.definition.loadedAt) return NOTHING;
      return {
        drafts: [{ kind: 'definitionAdopted', definition: input.definition }],
        effects: [],
        moves: recheckAll(view.state),
      };
    case 'startReported':
      return decideReport(view, input.report);
    case 'runApproved':
      return decideApproval(view, input.report);
    case 'runEnded':
      return decideEnd(view, input.report);
    case 'pause':
    case 'resume':
    case 'fire':
    case 'replay':
    case 'breaker':
      return decideOrder(view, input);
    case 'recovered':
      return { ...NOTHING, drafts: [{ kind: 'recovered', ...input.taken }] };
    case 'tick':
      return NOTHING;
  }
}

function viewOf(state: TriggerState, at: number): View {
  return { definition: state.definition, state, at };
}

/** The input with no arrival later than now: a sender whose clock is ahead does not move that of the instance. */
function notAfter(input: Input, nowMs: number): Input {
  if (input.kind !== 'offer' || input.offer.receivedAt <= nowMs) return input;
  return { kind: 'offer', offer: { ...input.offer, receivedAt: nowMs } };
}

function momentOf(input: Input, nowMs: number, clock: number): number {
  switch (input.kind) {
    case 'offer':
      return input.offer.receivedAt;
    case 'tick':
    case 'pause':
    case 'resume':
    case 'fire':
    case 'replay':
    case 'breaker':
      return nowMs;
    case 'runApproved':
      return Math.min(nowMs, input.report.approvedAt ?? clock);
    case 'runEnded':
      return Math.min(nowMs, input.report.endedAt ?? clock);
    case 'definition':
    case 'startReported':
    case 'recovered':
      return clock;
  }
}
