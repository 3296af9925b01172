import fc from 'fast-check';

import type { Effect } from '../../src/core/effect.ts';
import type { Fact } from '../../src/core/fact.ts';
import type { Input } from '../../src/core/input.ts';
import type { Offer } from '../../src/core/offer.ts';
import { initialState, type TriggerState } from '../../src/core/state.ts';
import { step } from '../../src/core/step.ts';
import type { Definition } from '../../src/spec/definition.ts';
import { definition, idOf, quiet, T0 } from './given.ts';

const spanMs = fc.integer({ min: 1, max: 60 });

const debounce = fc.record(
  {
    quietMs: spanMs,
    extraMs: spanMs,
    edge: fc.constantFrom('trailing', 'leading', 'both'),
    keep: fc.constantFrom('all', 'last', 'first'),
  },
  { requiredKeys: ['quietMs', 'edge', 'keep'] },
);

const sometimes = <T>(value: fc.Arbitrary<T>, onceIn: number) => fc.option(value, { nil: undefined, freq: onceIn - 1 });

const settings = fc
  .tuple(
    fc.oneof({ weight: 1, arbitrary: spanMs }, { weight: 3, arbitrary: fc.constant(100_000) }),
    sometimes(
      fc.record({ maxAgeMs: fc.integer({ min: 1, max: 90 }), at: fc.constantFrom('arrival', 'fire', 'both') }),
      4,
    ),
    fc.option(debounce, { nil: undefined }),
    fc.option(fc.record({ periodMs: spanMs, onExcess: fc.constantFrom('hold', 'hold', 'drop') }), { nil: undefined }),
  )
  .map(([windowMs, freshness, window, cooldown]) => ({
    dedupe: { windowMs },
    ...(freshness && { freshness }),
    ...(window && { debounce: debounceOf(window) }),
    ...(cooldown && { cooldown }),
  }));

function debounceOf({ extraMs, ...rest }: typeof debounce extends fc.Arbitrary<infer T> ? T : never) {
  return extraMs === undefined ? rest : { ...rest, maxWaitMs: rest.quietMs + extraMs };
}

/** A definition with any stages; equal ones have equal generations, as with a content hash. */
const definitions: fc.Arbitrary<Definition> = fc
  .tuple(settings, fc.constantFrom('one', 'two'))
  .map(([stages, target]) =>
    definition({
      ...stages,
      generation: `${target} ${JSON.stringify(stages)}`,
      run: { kind: 'train', target, params: {}, retry: { delaysMs: [] }, timeoutMs: 1 },
    }),
  );

const keys = fc.oneof(
  { weight: 3, arbitrary: fc.constant('__proto__') },
  { weight: 1, arbitrary: fc.constantFrom('10', 'constructor', ' ', '', 'ключ') },
);
const weighty = 'x'.repeat(200_000);
const offers = fc
  .record({
    name: fc.integer({ min: 0, max: 60 }),
    sinceMs: fc.integer({ min: -10, max: 5 }),
    key: keys,
    body: sometimes(fc.constant('two---------'), 6),
    by: sometimes(fc.constantFrom('by-x--------', 'by-y--------'), 6),
    agoMs: sometimes(fc.integer({ min: -10, max: 80 }), 3),
    item: fc.constantFrom(undefined, null, 1, 'ü', { a: ['b'] }),
    event: sometimes(fc.constantFrom({ n: 1 }, { n: 'zwei' }), 3),
    whole: sometimes(fc.constant(true as const), 4),
    identity: sometimes(fc.constantFrom('i', 'j'), 8),
  })
  .map((made) => ({ kind: 'offer', made }) as const);

const moves = fc.oneof(
  { weight: 12, arbitrary: offers },
  { weight: 2, arbitrary: fc.constant({ kind: 'tick' } as const) },
  { weight: 2, arbitrary: fc.nat(5).map((index) => ({ kind: 'started', index }) as const) },
  {
    weight: 1,
    arbitrary: fc.tuple(definitions, fc.nat(5)).map(([next, loadedAt]) => ({ kind: 'load', next, loadedAt }) as const),
  },
);
type Move = typeof moves extends fc.Arbitrary<infer T> ? T : never;

/** Most moments of a log. */
export const LOG_MAX = 40;

/** One moment of a log: what happens, and how long after the one before. */
const logOf = (allowed: fc.Arbitrary<Move>) =>
  fc.array(fc.tuple(fc.oneof(fc.nat(3), fc.nat(25)), allowed), { maxLength: LOG_MAX, size: 'max' });

export type Played = {
  readonly first: Definition;
  /** The inputs as they were, starts resolved, with the wall clock of each. */
  readonly inputs: readonly { readonly input: Input; readonly nowMs: number }[];
  /** The facts and effects of each input. */
  readonly steps: readonly { readonly facts: readonly Fact[]; readonly effects: readonly Effect[] }[];
  readonly facts: readonly Fact[];
  readonly state: TriggerState;
};

type Watch = (state: TriggerState, next?: { readonly input: Input; readonly nowMs: number }) => void;

/** A definition and a log for it, not played yet: `play` tells `watch` the state before each input and at the end. */
export type Story = { readonly play: (watch?: Watch) => Played };

const storyOf = (
  first: fc.Arbitrary<Definition>,
  log: fc.Arbitrary<readonly (readonly [number, Move])[]>,
): fc.Arbitrary<Story> =>
  fc.tuple(first, log).map(([opening, moments]) => ({
    play: (watch) => play(opening, moments, watch),
    [fc.toStringMethod]: () => JSON.stringify({ opening, moments }).replaceAll(weighty, '<200,000 x>'),
  }));

export const stories = storyOf(definitions, logOf(moves));
/** Stories under one definition. */
export const steadyStories = storyOf(definitions, logOf(moves.filter((move) => move.kind !== 'load')));
/** Stories in which windows and holds reach the cap of pending bytes. */
export const heavyStories = storyOf(
  definitions.map((any) => ({ ...any, ...quiet(60, { edge: 'both' }), freshness: { maxAgeMs: 1_000, at: 'both' } })),
  logOf(moves).map((log) => log.slice(0, 20).map(([laterMs, move]) => [laterMs % 4, heavier(move)] as const)),
);

function heavier(move: Move): Move {
  const isHeavy = move.kind === 'offer' && move.made.name % 3 !== 0;
  return isHeavy ? { kind: 'offer', made: { ...move.made, by: undefined, item: weighty, whole: undefined } } : move;
}

function play(first: Definition, log: readonly (readonly [number, Move])[], watch: Watch = () => {}): Played {
  const state = initialState(first);
  const inputs: { input: Input; nowMs: number }[] = [];
  const steps: { facts: readonly Fact[]; effects: readonly Effect[] }[] = [];
  let nowMs = T0;
  for (const [laterMs, move] of log) {
    nowMs += laterMs;
    const next = { input: deepFreeze(inputOf(move, nowMs, state)), nowMs };
    watch(state, next);
    const { facts, effects } = step(state, next.input, nowMs);
    inputs.push(next);
    steps.push({ facts: facts.map(deepFreeze), effects });
  }
  watch(state);
  return { first, inputs, steps, facts: steps.flatMap(({ facts }) => facts), state };
}

function inputOf(move: Move, nowMs: number, state: TriggerState): Input {
  switch (move.kind) {
    case 'tick':
      return { kind: 'tick' };
    case 'load':
      return { kind: 'definition', definition: { ...move.next, loadedAt: move.loadedAt } };
    case 'started': {
      const runs = [...state.starting.keys()];
      const runId = runs[move.index % Math.max(1, runs.length)] ?? 'nobody';
      return { kind: 'startReported', report: { runId, outcome: 'started' } };
    }
    case 'offer': {
      const { name, sinceMs, agoMs, key, body = 'one---------', by, item, event, whole, identity } = move.made;
      const receivedAt = nowMs + sinceMs;
      const offer: Offer = {
        eventId: idOf(`e${name}`),
        body,
        key,
        receivedAt,
        ...(agoMs !== undefined && { time: receivedAt - agoMs }),
        ...(by !== undefined && { by }),
        ...(item !== undefined && { item }),
        ...(event !== undefined && { event }),
        ...(whole !== undefined && { whole }),
        ...(identity !== undefined && { identity }),
      };
      return { kind: 'offer', offer };
    }
  }
}

/** Makes a later change of a value throw: facts and inputs belong to whoever reads them. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
  return value;
}
