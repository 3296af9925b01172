import { expect } from 'vitest';

import { carry, restore } from '../../src/core/carried.ts';
import type { Effect } from '../../src/core/effect.ts';
import type { Fact, RunRequest } from '../../src/core/fact.ts';
import type { Input } from '../../src/core/input.ts';
import type { Offer } from '../../src/core/offer.ts';
import type { StageName } from '../../src/core/reason.ts';
import { initialState, type TriggerState } from '../../src/core/state.ts';
import { step } from '../../src/core/step.ts';
import type { DebounceSettings, Definition } from '../../src/spec/definition.ts';
import { pendingIds, recount } from './recount.ts';

/** Virtual time 0 as epoch milliseconds. Every moment a test names is relative to it. */
export const T0 = 1_760_000_000_000;

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The key of events that name none. */
const KEY = 'k';

const DEFAULTS: Definition = {
  name: 'retrain',
  generation: 'g1',
  loadedAt: 1,
  mode: 'live',
  dedupe: { windowMs: DAY },
  run: { kind: 'train', target: 'train', params: {}, retry: { delaysMs: [MINUTE] }, timeoutMs: DAY },
};

export function definition(overrides: Partial<Definition> = {}): Definition {
  return { ...DEFAULTS, ...overrides };
}

/** Debounce settings in which only what matters is named. */
export function quiet(quietMs: number, rest: Partial<DebounceSettings> = {}): Pick<Definition, 'debounce'> {
  return { debounce: { quietMs, edge: 'trailing', keep: 'all', ...rest } };
}

/** The event id of a short name, and back. */
export function idOf(name: string): string {
  return `evt_${name.padEnd(22, '-')}`;
}
function nameOf(eventId: string): string {
  return eventId.slice('evt_'.length).replace(/-+$/, '');
}

/** An input and the wall clock of the worker at that moment, both relative to T0. */
export type Moment = { readonly input: Input; readonly nowMs: number };

type OfferParts = Partial<Omit<Offer, 'eventId'>> & { readonly nowMs?: number };

/** An event that arrives at `at`; by default the worker sees it at once. `time` is relative to T0 as well. */
export function offer(at: number, name: string, { nowMs = at, time, ...parts }: OfferParts = {}): Moment {
  const timed = time === undefined ? {} : { time: T0 + time };
  const body = parts.body ?? 'body-of-this';
  const by = parts.by === undefined ? {} : { by: `by_${parts.by}`.padEnd(12, '-') };
  const made = { key: KEY, ...parts, ...timed, ...by, body, eventId: idOf(name), receivedAt: T0 + at };
  return { input: { kind: 'offer', offer: made }, nowMs };
}

/** Time passes: the worker's timer wakes it at `at`. */
export function tick(at: number): Moment {
  return { input: { kind: 'tick' }, nowMs: at };
}

/** A definition is loaded. */
export function load(at: number, overrides: Partial<Definition>): Moment {
  return { input: { kind: 'definition', definition: definition({ loadedAt: T0 + at, ...overrides }) }, nowMs: at };
}

/** The start of a run is confirmed. */
export function started(at: number, runId: string): Moment {
  return { input: { kind: 'startReported', report: { runId, outcome: 'started' } }, nowMs: at };
}

type SeenRun = {
  readonly at: number;
  readonly events: readonly string[];
  readonly key?: string;
  readonly cause?: 'full';
};
type SeenNo = { readonly event: string; readonly at: number; readonly stage: StageName; readonly why: string };

/** What came of the inputs, whole: what is left out is expected to be empty. Moments are relative to T0. */
type Expected = {
  readonly runs?: readonly SeenRun[];
  readonly suppressed?: readonly SeenNo[];
  readonly deadLetters?: readonly string[];
  readonly pending?: readonly string[];
};

type Outcome = {
  readonly state: TriggerState;
  readonly facts: readonly Fact[];
  readonly effects: readonly Effect[];
  readonly runs: readonly RunRequest[];
  readonly thenExpect: (expected: Expected) => Outcome;
  /** Goes on after a continue-as-new: the state makes a round trip through its serialised form. */
  readonly afterContinueAsNew: () => Given;
};

export type Given = {
  readonly when: (...moments: readonly Moment[]) => Outcome;
  /** The same for very many moments: the totals of the state are checked once, at the end. */
  readonly fast: (...moments: readonly Moment[]) => Outcome;
};

/** An instance of a definition in which only what matters is named. */
export function given(overrides: Partial<Definition> = {}): Given {
  return from(initialState(definition(overrides)));
}

function from(state: TriggerState): Given {
  const run = (moments: readonly Moment[], check: () => void): Outcome => {
    const facts: Fact[] = [];
    const effects: Effect[] = [];
    for (const { input, nowMs } of moments) {
      const stepped = step(state, input, T0 + nowMs);
      facts.push(...stepped.facts);
      effects.push(...stepped.effects);
      check();
    }
    expect(recount(state)).toEqual(recount.claimed(state));
    return outcome(state, facts, effects);
  };
  return {
    when: (...moments) => run(moments, () => expect(recount(state)).toEqual(recount.claimed(state))),
    fast: (...moments) => run(moments, () => {}),
  };
}

function outcome(state: TriggerState, facts: readonly Fact[], effects: readonly Effect[]): Outcome {
  const runs = facts.flatMap((fact) => (fact.kind === 'runDecided' ? [fact.run] : []));
  const result: Outcome = {
    state,
    facts,
    effects,
    runs,
    thenExpect: (expected) => {
      expect({
        runs: runs.map(seenRun),
        suppressed: facts.flatMap(seenNo),
        deadLetters: facts.flatMap((fact) => (fact.kind === 'eventDeadLettered' ? [nameOf(fact.eventId)] : [])),
        pending: pendingIds(state).map(nameOf),
      }).toEqual({ runs: [], suppressed: [], deadLetters: [], pending: [], ...expected });
      return result;
    },
    afterContinueAsNew: () => from(restore(JSON.parse(JSON.stringify(carry(state))))),
  };
  return result;
}

function seenRun(run: RunRequest): SeenRun {
  return {
    at: run.firedAt - T0,
    events: run.items.map((item) => nameOf(item.eventId)),
    ...(run.key !== KEY && { key: run.key }),
    ...(run.cause === 'full' && { cause: 'full' as const }),
  };
}

function seenNo(fact: Fact): readonly SeenNo[] {
  if (fact.kind !== 'eventsSuppressed') return [];
  const { stage, reason } = fact;
  return fact.eventIds.map((id) => ({ event: nameOf(id), at: fact.at - T0, stage, why: reason.kind }));
}
