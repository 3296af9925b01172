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

const spanOf = (min: number, max: number) => fc.integer({ min, max });
const scope = fc.constantFrom('trigger', 'key');

const gathering = fc.record({
  order: sometimes(
    fc.record({ onLate: fc.constantFrom('drop', 'deadLetter'), holdForMs: fc.constantFrom(0, 0, 20) }),
    4,
  ),
  correlate: sometimes(
    fc.record({
      parts: fc.constantFrom(['a', 'b'], ['a', 'b', 'c'], ['b', 'd']),
      withinMs: spanOf(10, 60),
      onDeadline: fc.constantFrom('drop', 'fire', 'deadLetter'),
    }),
    4,
  ),
  threshold: sometimes(
    fc.record({ atLeast: spanOf(1, 5), withinMs: spanOf(5, 60), of: fc.constantFrom('events', 'amounts') }),
    4,
  ),
  batch: sometimes(
    fc.record({ maxEvents: spanOf(1, 5), maxBytes: spanOf(1, 100), maxWaitMs: spanOf(1, 60) }, { requiredKeys: [] }),
    3,
  ),
});

const UTC = { name: 'UTC', offsets: [{ fromAt: 0, minutes: 0 }] };
const always = [[0, 7 * 24 * 60]] as const;
const limits = fc.record({
  hours: sometimes(
    fc.record({
      allow: fc.constantFrom(always, always, always, [] as const),
      freeze: fc.tuple(spanOf(0, 200), spanOf(1, 80)).map(([from, long]) => [[T0 + from, T0 + from + long]] as const),
      zone: fc.constant(UTC),
      onExcess: fc.constantFrom('hold', 'drop'),
    }),
    4,
  ),
  rate: sometimes(
    fc.record({
      limit: spanOf(1, 3),
      perMs: spanOf(5, 80),
      onExcess: fc.constantFrom('queue', 'hold', 'drop', 'ask'),
      scope,
    }),
    3,
  ),
  concurrency: sometimes(
    fc.record({ limit: spanOf(1, 2), onExcess: fc.constantFrom('queue', 'hold', 'drop', 'cancelRunning'), scope }),
    3,
  ),
  breaker: sometimes(
    fc.record({
      failures: spanOf(1, 3),
      withinMs: spanOf(20, 100),
      openForMs: spanOf(5, 60),
      probes: spanOf(1, 2),
      scope,
    }),
    3,
  ),
  fallback: sometimes(
    fc.record({ unless: fc.constantFrom('succeeded', 'fired'), forMs: spanOf(20, 90), scope }).map((it) => ({
      ...it,
      keys: it.scope === 'key' ? ['__proto__', '10'] : ['default'],
    })),
    4,
  ),
});

/** The settings that are there. */
function definedIn(all: { [Name in keyof Definition]?: Definition[Name] | undefined }): Partial<Definition> {
  const { order, correlate, threshold, hours, rate, concurrency, breaker, fallback } = all;
  return {
    ...(order && { order }),
    ...(correlate && { correlate }),
    ...(threshold && { threshold }),
    ...(hours && { hours }),
    ...(rate && { rate }),
    ...(concurrency && { concurrency }),
    ...(breaker && { breaker }),
    ...(fallback && { fallback }),
  };
}

const settings = fc
  .tuple(
    fc.oneof({ weight: 1, arbitrary: spanMs }, { weight: 3, arbitrary: fc.constant(100_000) }),
    sometimes(
      fc.record({ maxAgeMs: fc.integer({ min: 1, max: 90 }), at: fc.constantFrom('arrival', 'fire', 'both') }),
      4,
    ),
    fc.option(debounce, { nil: undefined }),
    fc.option(fc.record({ periodMs: spanMs, onExcess: fc.constantFrom('hold', 'hold', 'drop', 'ask') }), {
      nil: undefined,
    }),
    gathering,
    limits,
  )
  .map(([windowMs, freshness, window, cooldown, { batch, ...gathers }, limiting]) => ({
    ...definedIn(gathers),
    ...definedIn(limiting),
    ...(batch && !window && { batch }),
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
    hops: sometimes(fc.integer({ min: 1, max: 16 }), 8),
    part: fc.constantFrom('a', 'b', 'c', 'd'),
    order: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom('x', 'y')),
    amount: fc.constantFrom(-1, 0, 0.1, 1, 2.5),
    size: spanOf(1, 60),
  })
  .map((made) => ({ kind: 'offer', made }) as const);

const status = fc.constantFrom(
  'succeeded',
  'succeeded',
  'failed',
  'failed',
  'timedOut',
  'cancelled',
  'deadLettered',
  'rejected',
  'skipped',
);

const moves = fc.oneof(
  { weight: 12, arbitrary: offers },
  { weight: 2, arbitrary: fc.constant({ kind: 'tick' } as const) },
  { weight: 2, arbitrary: fc.nat(5).map((index) => ({ kind: 'started', index }) as const) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('ended' as const), index: fc.nat(5), status }) },
  { weight: 1, arbitrary: fc.nat(5).map((index) => ({ kind: 'approved', index }) as const) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('conflict' as const), index: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('pause', 'resume', 'resume'), key: sometimes(keys, 2) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('fire' as const),
      key: keys,
      id: fc.constantFrom('1', '2'),
      force: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('breaker' as const),
      key: sometimes(keys, 2),
      to: fc.constantFrom('open', 'closed'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('replay' as const), index: fc.nat(9) }) },
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
/** Stories without a pause. */
export const busyStories = storyOf(definitions, logOf(moves.filter((move) => move.kind !== 'pause')));
/** Stories under one definition, in which nobody is asked, nothing is forced, and every run that is decided begins. */
export const steadyStories = storyOf(
  definitions.map((any) => ({
    ...any,
    ...(any.cooldown?.onExcess === 'ask' && { cooldown: { ...any.cooldown, onExcess: 'hold' as const } }),
    ...(any.rate?.onExcess === 'ask' && { rate: { ...any.rate, onExcess: 'hold' as const } }),
  })),
  logOf(
    moves.filter((move) => {
      if (move.kind === 'fire') return !move.force;
      if (move.kind === 'ended') return move.status !== 'rejected' && move.status !== 'skipped';
      return move.kind !== 'load' && move.kind !== 'conflict';
    }),
  ),
);
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
    const next = {
      input: deepFreeze(
        inputOf(
          move,
          nowMs,
          state,
          steps.flatMap((one) => one.facts),
        ),
      ),
      nowMs,
    };
    watch(state, next);
    const { facts, effects } = step(state, next.input, nowMs);
    inputs.push(next);
    steps.push({ facts: facts.map(deepFreeze), effects });
  }
  watch(state);
  return { first, inputs, steps, facts: steps.flatMap(({ facts }) => facts), state };
}

/** One of the runs that were decided and have not ended. */
function startedOf(index: number, facts: readonly Fact[]) {
  const ended = facts.flatMap((fact) => (fact.kind === 'runEnded' ? [fact.report.runId] : []));
  const running = facts.flatMap((fact) =>
    fact.kind === 'runDecided' && !ended.includes(fact.run.runId) ? [fact.run] : [],
  );
  return running[index % Math.max(1, running.length)];
}

function inputOf(move: Move, nowMs: number, state: TriggerState, facts: readonly Fact[]): Input {
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
    case 'ended': {
      const run = startedOf(move.index, facts);
      const { runId = 'nobody', key = 'nobody', firedAt } = run ?? {};
      const report = { runId, key, status: move.status, endedAt: nowMs };
      return { kind: 'runEnded', report: firedAt === undefined ? report : { ...report, firedAt } };
    }
    case 'approved': {
      const asking = facts.flatMap((fact) => (fact.kind === 'runDecided' && fact.run.asks ? [fact.run] : []));
      const approved = facts.flatMap((fact) => (fact.kind === 'runApproved' ? [fact.report.runId] : []));
      const run = asking.filter(({ runId }) => !approved.includes(runId)).at(move.index);
      if (!run) return { kind: 'tick' };
      const { runId, key, firedAt } = run;
      return { kind: 'runApproved', report: { runId, key, firedAt, approvedAt: nowMs } };
    }
    case 'conflict': {
      const runs = [...state.starting.keys()];
      const runId = runs[move.index % Math.max(1, runs.length)] ?? 'nobody';
      return { kind: 'startReported', report: { runId, outcome: 'conflict' } };
    }
    case 'replay': {
      const runs = facts.flatMap((fact) => (fact.kind === 'runDecided' ? [fact.run] : []));
      const run = runs[move.index % Math.max(1, runs.length)];
      if (!run) return { kind: 'tick' };
      const { runId, key, items, last, replays } = run;
      const next = { runId, root: replays?.root ?? runId, ordinal: (replays?.ordinal ?? 0) + 1 };
      return { kind: 'replay', key, replays: next, items, last, by: 'somebody' };
    }
    case 'pause':
    case 'resume':
      return { kind: move.kind, by: 'somebody', ...(move.key !== undefined && { key: move.key }) };
    case 'fire':
      return { ...move, by: 'somebody' };
    case 'breaker': {
      const { key, ...rest } = move;
      return { ...rest, by: 'somebody', ...(key !== undefined && { key }) };
    }
    case 'offer': {
      const { name, sinceMs, agoMs, key, body = 'one---------', by, item, event, whole, identity, hops } = move.made;
      const { part, order, amount, size } = move.made;
      const receivedAt = nowMs + sinceMs;
      const offer: Offer = {
        eventId: idOf(`e${name}`),
        body,
        key,
        receivedAt,
        part,
        order,
        amount,
        size,
        ...(agoMs !== undefined && { time: receivedAt - agoMs }),
        ...(by !== undefined && { by }),
        ...(item !== undefined && { item }),
        ...(event !== undefined && { event }),
        ...(whole !== undefined && { whole }),
        ...(identity !== undefined && { identity }),
        ...(hops !== undefined && {
          lineage: { root: 'evt_r', parent: 'sb1-p', depth: hops, path: Array(hops).fill('t') },
        }),
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
