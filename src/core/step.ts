import { decideDeadline, decideOffer, type Decision } from './decide.ts';
import type { Effect } from './effect.ts';
import { evolve } from './evolve.ts';
import type { Draft, Fact } from './fact.ts';
import type { Input } from './input.ts';
import type { View } from './stages/stage.ts';
import { nextDeadline, type TriggerState } from './state.ts';

/** What a step gives: the state, which is the argument changed in place, and what happened and what to do. */
export type Stepped = {
  readonly state: TriggerState;
  readonly facts: readonly Fact[];
  readonly effects: readonly Effect[];
};

/**
 * Decides one input and folds what was decided. The instance's clock is the latest moment it has seen: an offer's arrival
 * (never later than `nowMs`), or `nowMs` itself for a tick. Every deadline at or before that moment fires first, each at
 * its own time, so that a worker that was away decides as if it had not been.
 */
export function step(state: TriggerState, given: Input, nowMs: number): Stepped {
  const input = notAfter(given, nowMs);
  const facts: Fact[] = [];
  const effects: Effect[] = [];
  const until = Math.max(state.clock, momentOf(input, nowMs, state.clock));
  for (let due = nextDeadline(state); due !== undefined && due.at <= until; due = nextDeadline(state)) {
    const at = Math.max(state.clock, due.at);
    take(state, decideDeadline(viewOf(state, at), due.key), at, { facts, effects });
  }
  take(state, decide(viewOf(state, until), input), until, { facts, effects });
  return { state, facts, effects };
}

/** Folds a decision into the state and adds what it says to `said`. */
function take(state: TriggerState, decision: Decision, at: number, said: { facts: Fact[]; effects: Effect[] }): void {
  for (const draft of decision.drafts) {
    const fact: Fact = { seq: state.seq + 1, at, ...draft };
    evolve(state, fact);
    said.facts.push(fact);
  }
  for (const effect of decision.effects) said.effects.push(effect);
}

/** Decides one input at the view's moment, deadlines aside. Changes nothing. */
export function decide(view: View, input: Input): Decision {
  switch (input.kind) {
    case 'offer':
      return decideOffer(view, input.offer);
    case 'definition':
      return input.definition.loadedAt > view.definition.loadedAt
        ? only({ kind: 'definitionAdopted', definition: input.definition })
        : only();
    case 'startReported': {
      const { report } = input;
      const run = view.state.starting.get(report.runId);
      return run ? only({ kind: 'startReported', report, key: run.key }) : only();
    }
    case 'runEnded':
      return only({ kind: 'runEnded', report: input.report });
    case 'tick':
      return only();
  }
}

function only(...drafts: readonly Draft[]): Decision {
  return { drafts, effects: [] };
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
      return nowMs;
    case 'definition':
    case 'startReported':
    case 'runEnded':
      return clock;
  }
}
