import { expect } from 'vitest';

import { carry, restore } from '../../src/core/carried.ts';
import type { Effect } from '../../src/core/effect.ts';
import type { Cause, Fact, RunReport, RunRequest, StartReport, Waits } from '../../src/core/fact.ts';
import type { Input, Order } from '../../src/core/input.ts';
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
export type Known = { readonly input: Input; readonly nowMs: number };
/** The same; where it is about a run, it is made when its turn comes, from the runs decided so far. */
export type Moment = Known | { readonly input: (runs: readonly RunRequest[]) => Input; readonly nowMs: number };

/** A run: by an event in it, by its place among all that were decided, or by its id. */
type Which = string | number;

function wholeRunOf(runs: readonly RunRequest[], which: Which): RunRequest | undefined {
  if (typeof which === 'number') return runs[which];
  return runs.findLast(({ items }) => items.some(({ eventId }) => eventId === idOf(which)));
}

function runOf(runs: readonly RunRequest[], which: Which): Pick<RunRequest, 'runId' | 'key' | 'firedAt' | 'asks'> {
  return wholeRunOf(runs, which) ?? { runId: String(which), key: KEY, firedAt: T0 };
}

type OfferParts = Partial<Omit<Offer, 'eventId'>> & { readonly nowMs?: number };

/** An event that arrives at `at`; by default the worker sees it at once. `time` is relative to T0 as well. */
export function offer(at: number, name: string, { nowMs = at, time, ...parts }: OfferParts = {}): Known {
  const timed = time === undefined ? {} : { time: T0 + time };
  const body = parts.body ?? 'body-of-this';
  const by = parts.by === undefined ? {} : { by: `by_${parts.by}`.padEnd(12, '-') };
  const made = { key: KEY, ...parts, ...timed, ...by, body, eventId: idOf(name), receivedAt: T0 + at };
  return { input: { kind: 'offer', offer: made }, nowMs };
}

/** Time passes: the worker's timer wakes it at `at`. */
export function tick(at: number): Known {
  return { input: { kind: 'tick' }, nowMs: at };
}

/** A definition is loaded. */
export function load(at: number, overrides: Partial<Definition>): Known {
  return { input: { kind: 'definition', definition: definition({ loadedAt: T0 + at, ...overrides }) }, nowMs: at };
}

/** The start of a run is reported. */
export function started(at: number, which: Which, outcome: StartReport['outcome'] = 'started'): Moment {
  const input = (runs: readonly RunRequest[]): Input => {
    return { kind: 'startReported', report: { runId: runOf(runs, which).runId, outcome } };
  };
  return { input, nowMs: at };
}

/** A run has ended. */
export function ended(at: number, which: Which, status: RunReport['status'] = 'succeeded'): Moment {
  const input = (runs: readonly RunRequest[]): Input => {
    const { runId, key, firedAt, asks } = runOf(runs, which);
    return { kind: 'runEnded', report: { runId, key, status, ...(!asks && { firedAt }), endedAt: T0 + at } };
  };
  return { input, nowMs: at };
}

/** An asking run was approved. */
export function approved(at: number, which: Which): Moment {
  const input = (runs: readonly RunRequest[]): Input => {
    const { runId, key, firedAt } = runOf(runs, which);
    return { kind: 'runApproved', report: { runId, key, firedAt, approvedAt: T0 + at } };
  };
  return { input, nowMs: at };
}

const by = 'ann';
const ofKey = (key: string | undefined) => (key === undefined ? {} : { key });

/** A person pauses the trigger, or one key. */
export function pause(at: number, key?: string): Known {
  return { input: { kind: 'pause', by, ...ofKey(key) }, nowMs: at };
}

/** A person lets the trigger, or one key, go on. */
export function resume(at: number, key?: string): Known {
  return { input: { kind: 'resume', by, ...ofKey(key) }, nowMs: at };
}

/** A person fires a run. */
export function fire(at: number, id: string, rest: Partial<Extract<Order, { kind: 'fire' }>> = {}): Known {
  return { input: { kind: 'fire', key: KEY, id, force: false, by, ...rest }, nowMs: at };
}

/** A person has a run done again: one that was decided before. */
export function replay(at: number, which: Which, rest: Partial<Extract<Order, { kind: 'replay' }>> = {}): Moment {
  const input = (runs: readonly RunRequest[]): Input => {
    const run = wholeRunOf(runs, which);
    if (!run) throw new Error(`no run ${which} was decided`);
    const { runId, key, items, last, replays } = run;
    const next = { runId, root: replays?.root ?? runId, ordinal: (replays?.ordinal ?? 0) + 1 };
    return { kind: 'replay', key, replays: next, items, last, by, ...rest };
  };
  return { input, nowMs: at };
}

/** A person opens or closes the breaker of the trigger, or of one key. */
export function breaker(at: number, to: 'open' | 'closed', key?: string): Known {
  return { input: { kind: 'breaker', to, by, ...ofKey(key) }, nowMs: at };
}

type SeenRun = {
  readonly at: number;
  readonly events: readonly string[];
  readonly key?: string;
  readonly cause?: Exclude<Cause, 'events'>;
  readonly asks?: 'cooldown' | 'rate';
};
/** A candidate that waits. `until` is absent where nothing looks at it again by itself. */
type SeenWait = {
  readonly events: readonly string[];
  readonly how: Waits;
  readonly stage: StageName;
  readonly until?: number;
  readonly key?: string;
  readonly cause?: Exclude<Cause, 'events'>;
};
type SeenNo = { readonly event: string; readonly at: number; readonly stage: StageName; readonly why: string };

/**
 * What came of the inputs, whole: what is left out is expected to be empty, but for `waiting`, which is compared where it is
 * given. Moments are relative to T0.
 */
type Expected = {
  readonly runs?: readonly SeenRun[];
  readonly suppressed?: readonly SeenNo[];
  readonly deadLetters?: readonly string[];
  readonly pending?: readonly string[];
  readonly waiting?: readonly SeenWait[];
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

function from(state: TriggerState, before: readonly RunRequest[] = []): Given {
  const run = (moments: readonly Moment[], check: () => void): Outcome => {
    const facts: Fact[] = [];
    const effects: Effect[] = [];
    const runs: RunRequest[] = [];
    for (const { input, nowMs } of moments) {
      const given = typeof input === 'function' ? input([...before, ...runs]) : input;
      const stepped = step(state, given, T0 + nowMs);
      facts.push(...stepped.facts);
      effects.push(...stepped.effects);
      runs.push(...stepped.facts.flatMap((fact) => (fact.kind === 'runDecided' ? [fact.run] : [])));
      check();
    }
    expect(recount(state)).toEqual(recount.claimed(state));
    return outcome(state, facts, effects, { before, runs });
  };
  return {
    when: (...moments) => run(moments, () => expect(recount(state)).toEqual(recount.claimed(state))),
    fast: (...moments) => run(moments, () => {}),
  };
}

type Runs = { readonly before: readonly RunRequest[]; readonly runs: readonly RunRequest[] };

function outcome(
  state: TriggerState,
  facts: readonly Fact[],
  effects: readonly Effect[],
  { before, runs }: Runs,
): Outcome {
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
        ...(expected.waiting && { waiting: seenWaits(state) }),
      }).toEqual({ runs: [], suppressed: [], deadLetters: [], pending: [], ...expected });
      return result;
    },
    afterContinueAsNew: () => from(restore(JSON.parse(JSON.stringify(carry(state)))), [...before, ...runs]),
  };
  return result;
}

function seenRun(run: RunRequest): SeenRun {
  return {
    at: run.firedAt - T0,
    events: run.items.map((item) => nameOf(item.eventId)),
    ...(run.key !== KEY && { key: run.key }),
    ...(run.cause !== 'events' && { cause: run.cause }),
    ...(run.asks && { asks: run.asks.stage }),
  };
}

function seenWaits(state: TriggerState): readonly SeenWait[] {
  return [...state.keys].flatMap(([key, { waiting = [] }]) =>
    waiting.map(({ items, how, stage, untilAt, cause }) => ({
      events: items.map((item) => nameOf(item.eventId)),
      how,
      stage,
      ...(untilAt !== undefined && { until: untilAt - T0 }),
      ...(key !== KEY && { key }),
      ...(cause !== 'events' && { cause }),
    })),
  );
}

function seenNo(fact: Fact): readonly SeenNo[] {
  if (fact.kind !== 'eventsSuppressed') return [];
  const { stage, reason } = fact;
  return fact.eventIds.map((id) => ({ event: nameOf(id), at: fact.at - T0, stage, why: reason.kind }));
}
