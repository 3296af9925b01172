import { describe, expect, it } from 'vitest';

import { carry, restore } from '../../src/core/carried.ts';
import type { Fact, RunRequest } from '../../src/core/fact.ts';
import { evolve } from '../../src/core/evolve.ts';
import {
  CARRIED_MAX_BYTES,
  IDENTITIES_MAX,
  KEY_BYTES_MAX,
  KEY_OVERHEAD_BYTES,
  LIVE_KEYS_MAX,
  PENDING_BYTES_MAX,
  PENDING_ITEMS_MAX,
} from '../../src/core/limits.ts';
import type { Item } from '../../src/core/offer.ts';
import { initialState, type KeyState, pressureOf, type TriggerState } from '../../src/core/state.ts';
import { heldBytes, itemBytes, lastBytes, runBytes } from '../../src/core/weight.ts';
import type { Definition } from '../../src/spec/definition.ts';
import type { Unit } from '../../src/core/unit.ts';
import { THOROUGH } from '../setup/thorough.ts';
import { DAY, definition, quiet, T0 } from './given.ts';
import { carriedBytes, recount } from './recount.ts';

/** 64 parameters that weigh 64 KB together. */
const params = Object.fromEntries(
  Array.from({ length: 64 }, (_, index) => [`p${String(index).padStart(3, '0')}`, 'x'.repeat(1_024 - 10)]),
);
const generation = 'f'.repeat(64);
const run: Definition['run'] = {
  kind: 'train',
  target: 't'.repeat(63),
  params,
  retry: { delaysMs: [] },
  timeoutMs: DAY,
};
const fullDefinition = definition({
  ...quiet(365 * DAY, { maxWaitMs: 3_650 * DAY, keep: 'first' }),
  name: 'n'.repeat(63),
  generation,
  loadedAt: T0,
  mode: 'shadow',
  dedupe: { windowMs: 3_650 * DAY },
  run,
  freshness: { maxAgeMs: 3_650 * DAY, at: 'arrival' },
  cooldown: { periodMs: 3_650 * DAY, onExcess: 'hold' },
});
const watchedKeys = Array.from({ length: 100 }, (_, index) => `watched-${index}`);
/** Every limit counts over each key, and a fallback watches some. */
const limiting = definition({
  ...fullDefinition,
  rate: { limit: 1_000, perMs: 3_650 * DAY, onExcess: 'queue', scope: 'key' },
  concurrency: { limit: 1_000, onExcess: 'cancelRunning', scope: 'key' },
  breaker: { failures: 100, withinMs: 3_650 * DAY, openForMs: DAY, probes: 10, scope: 'key' },
  fallback: { unless: 'succeeded', forMs: 3_650 * DAY, scope: 'key', keys: watchedKeys },
});
const other = { ...fullDefinition, generation: 'e'.repeat(64), run: { ...run, timeoutMs: 1 } };

const ids = (function* () {
  for (let count = 0; ; count += 1) yield `evt_${String(count).padStart(22, '0')}`;
})();
/** The time of an event of the year 9999: its distance is the longest a valid time gives. */
const farTime = 253_402_300_799_999;
const lightest = (): Item => ({ eventId: ids.next().value, time: farTime });

type Bytes = { readonly items: number; readonly value: number };

/** Folds facts into a state that remembers no identities: what those weigh is the same beside anything else. */
function instance(current: Definition): { readonly state: TriggerState; readonly fold: (fact: Fact) => void } {
  const state = initialState(current);
  return { state, fold: (fact) => void evolve(state, fact) };
}

function fillIdentities({ seen }: TriggerState): void {
  for (let count = 0; count < IDENTITIES_MAX; count += 1) seen.add(String(count).padStart(12, '0'), 'abcdef', T0);
}

/** What all identities weigh when carried. */
const identitiesBytes = (() => {
  const { state, fold } = instance(fullDefinition);
  // Times are carried by their distance from the clock.
  fold({ seq: 1, at: T0, kind: 'paused', by: 'ann' });
  const without = carriedBytes(state);
  fillIdentities(state);
  return carriedBytes(state) - without;
})();

const gatheredOf = ({ items: count, value }: Bytes) => {
  const items = Array.from({ length: count }, (_, index) =>
    index === 0 && value > 0 ? { ...lightest(), value: 'v'.repeat(value) } : lightest(),
  );
  return { items, last: {}, receivedAt: T0, bytes: items.reduce((sum, item) => sum + itemBytes(item), 0) };
};

function runOf(key: string, generationOfIt: Definition, bytes: Bytes): RunRequest {
  const { items, last, receivedAt, bytes: weight } = gatheredOf(bytes);
  const runId = `sb1-${ids.next().value.slice(4)}${'0'.repeat(18)}`;
  const { run: settings, generation: made } = generationOfIt;
  const common = { runId, key, cause: 'events', firedAt: T0, mode: 'shadow', members: 'm'.repeat(40) } as const;
  return { ...common, generation: made, settings, items, last, receivedAt, bytes: weight };
}

type KeyShape = 'window' | 'hold' | 'cooldown' | 'everything' | 'mark' | 'pause' | 'queue' | 'limits' | 'probes';

/** Facts that give a key what its shape says, without events. */
function shapeFacts(key: string, shape: KeyShape): Fact[] {
  const base = { seq: 1, at: T0, key } as const;
  const settings = fullDefinition.debounce ?? { quietMs: 1, edge: 'trailing', keep: 'all' };
  const dueAt = T0 + 3_650 * DAY;
  const held = { items: [], last: {}, receivedAt: T0, bytes: 0 };
  const facts: Fact[] = [];
  if (shape === 'window' || shape === 'everything') {
    facts.push({ ...base, kind: 'windowOpened', mode: 'suppressing', settings, dueAt });
  }
  if (shape === 'hold' || shape === 'everything') {
    facts.push({ ...base, ...waitsFor(held), untilAt: dueAt });
  }
  if (shape === 'cooldown' || shape === 'everything') {
    const cooling = runOf(key, fullDefinition, { items: 0, value: 0 });
    facts.push({ ...base, kind: 'runDecided', run: cooling, coolingUntil: dueAt });
    facts.push({ ...base, kind: 'startReported', key, report: { runId: cooling.runId, outcome: 'started' } });
  }
  if (shape === 'mark') facts.push({ ...base, kind: 'orderAdvanced', to: '\u0001'.repeat(30) });
  if (shape === 'pause') facts.push({ ...base, kind: 'paused', by: '"ü"'.repeat(10) });
  if (shape === 'queue') {
    for (let count = 0; count < 3; count += 1) {
      const longest = { how: 'queue', stage: 'concurrency', cause: 'fallback', joins: false } as const;
      facts.push({ ...base, ...waitsFor(held), ...longest, untilAt: dueAt, force: true });
    }
  }
  if (shape === 'limits' || shape === 'probes') {
    for (let count = 0; count < 3; count += 1) {
      const counted = runOf(key, limiting, { items: 0, value: 0 });
      facts.push({ ...base, kind: 'runDecided', run: counted });
      facts.push({ ...base, kind: 'startReported', key, report: { runId: counted.runId, outcome: 'started' } });
      facts.push({ ...base, kind: 'runCancelling', key, runId: counted.runId });
      const probes = [counted.runId, counted.runId];
      const failedAt = [0, 1, 2].map((one) => [T0, `mark-${one}--`] as const);
      const breaker =
        shape === 'limits'
          ? ({ mode: 'closed', failedAt } as const)
          : ({ mode: 'halfOpen', probes, succeeded: 9 } as const);
      facts.push({ ...base, kind: 'breakerMoved', key, breaker });
    }
  }
  return facts;
}

/** Adds keys of this shape until a cap of keys is reached. */
function fillKeys({ state, fold }: ReturnType<typeof instance>, shape: KeyShape, keyOf: (index: number) => string) {
  for (let index = 0; state.keys.size < LIVE_KEYS_MAX && state.keyBytes < KEY_BYTES_MAX; index += 1) {
    for (const fact of shapeFacts(keyOf(index), shape)) fold(fact);
  }
}

/** Adds events, by `gather`, until a cap of pending events is reached. */
function fillPending({ state, fold }: ReturnType<typeof instance>, gather: (index: number) => Fact) {
  for (let index = 0; ; index += 1) {
    if (state.pendingItems >= PENDING_ITEMS_MAX || state.pendingBytes >= PENDING_BYTES_MAX) return;
    // The whole pressure looks at every unstarted run, so it is asked while those are few.
    if (index < 100 && pressureOf(state).pendingBytes >= PENDING_BYTES_MAX) return;
    fold(gather(index));
  }
}

/** A candidate that waits, as one with what its key holds. */
const waitsFor = (unit: Unit) => {
  const reason = { kind: 'coolingDown', untilAt: T0, periodMs: 1 } as const;
  return {
    kind: 'candidateWaits',
    how: 'hold',
    stage: 'cooldown',
    cause: 'events',
    joins: true,
    reason,
    unit,
  } as const;
};

const heldUnder = (key: string, bytes: Bytes): Fact => {
  return { seq: 1, at: T0, key, ...waitsFor(gatheredOf(bytes)), untilAt: T0 + DAY };
};
const unstarted = (key: string, by: Definition, bytes: Bytes): Fact => {
  return { seq: 1, at: T0, kind: 'runDecided', run: runOf(key, by, bytes) };
};

const light = (): Unit => gatheredOf({ items: 1, value: 0 });
const at = T0;
const sorted = (index: number): Fact => {
  return { seq: 1, at, key: '0', kind: 'unitSorted', by: index, dueAt: T0 + DAY, unit: light() };
};
/** A part and an amount make an event heavier. */
const filled = (index: number): Fact => {
  const [item] = gatheredOf({ items: 1, value: 0 }).items;
  const items = item ? [{ ...item, part: short(index), amount: -1.234567890123e-100 }] : [];
  const settings = { parts: ['a', 'b'], withinMs: DAY, onDeadline: 'drop' } as const;
  const bytes = items.reduce((sum, one) => sum + itemBytes(one), 0);
  const unit = { items, last: {}, receivedAt: T0, bytes };
  return { seq: 1, at, key: '0', kind: 'partFilled', part: short(index), settings, expiresAt: T0 + DAY, unit };
};
const tallied = (): Fact => {
  const settings = { atLeast: 1e9, withinMs: 3_650 * DAY, of: 'amounts' } as const;
  const unit = { ...light(), size: 262_144 };
  return { seq: 1, at, key: '0', kind: 'unitTallied', settings, amount: -1.234567890123e-100, unit };
};
const kept = (): Fact => {
  const offer = { eventId: ids.next().value, body: 'bodybodybody', receivedAt: T0, key: 'k', part: 'a', order: 1 };
  return { seq: 1, at, key: 'k', kind: 'eventKept', offer };
};
const queued = (): Fact => ({ seq: 1, at, key: '0', ...waitsFor(light()), how: 'queue', joins: false });

const short = (index: number) => index.toString(36);
const long = (index: number) => short(index).padStart(200, 'k');
const wide = (index: number) => `${'ü'.repeat(98)}${short(index).padStart(4, '0')}`;
const escaped = (index: number) => `${'\u0001'.repeat(196)}${short(index).padStart(4, '0')}`;
const KEYS = { short, long, wide, escaped };
const SHAPES: readonly KeyShape[] = [
  'window',
  'hold',
  'cooldown',
  'everything',
  'mark',
  'pause',
  'queue',
  'limits',
  'probes',
];
const PENDING = {
  'light events in a hold': () => heldUnder('0', { items: 50, value: 0 }),
  'heavy events in a hold': () => heldUnder('0', { items: 1, value: 9_000 }),
  'events that are sorted': sorted,
  'parts of a join': filled,
  'events that count towards a threshold': tallied,
  'offers kept by a pause': kept,
  'runs of one light event': (index: number) => unstarted(short(index), fullDefinition, { items: 1, value: 0 }),
  'runs with long keys': (index: number) => unstarted(escaped(index), fullDefinition, { items: 1, value: 0 }),
  'runs of another generation': (index: number) => unstarted(short(index), other, { items: 100, value: 10 }),
  'runs of ever new generations': (index: number) =>
    unstarted(short(index), { ...other, generation: short(index).padStart(64, 'd') }, { items: 20, value: 0 }),
} satisfies { [name: string]: (index: number) => Fact };

describe('an instance with every cap full at once', () => {
  const expectItFits = (
    current: Definition,
    shape: KeyShape,
    keyOf: (index: number) => string,
    gather: (index: number) => Fact,
  ) => {
    const full = instance(current);
    fillKeys(full, shape, keyOf);
    full.fold({ seq: 1, at, kind: 'paused', by: 'ann' });
    fillPending(full, gather);
    expect(carriedBytes(full.state) + identitiesBytes).toBeLessThanOrEqual(CARRIED_MAX_BYTES);
  };

  for (const [name, gather] of Object.entries(PENDING)) {
    it(`is carried in 1.25 MiB with ${name}`, () => expectItFits(fullDefinition, 'cooldown', short, gather));
  }
  // The shortest and the heaviest keys; what is counted for one of any kind is held to what is carried below.
  const filling = THOROUGH ? KEYS : { short, escaped };
  for (const shape of SHAPES) {
    for (const [name, keyOf] of Object.entries(filling)) {
      it(`is carried in 1.25 MiB with ${name} keys, each with ${shape}`, () => {
        expectItFits(limiting, shape, keyOf, PENDING['light events in a hold']);
      });
    }
  }

  it('is carried in 1.25 MiB with events that wait one by one', () => {
    const full = instance(limiting);
    while (full.state.keyBytes < KEY_BYTES_MAX) full.fold(queued());
    fillPending(full, PENDING['light events in a hold']);
    expect(carriedBytes(full.state) + identitiesBytes).toBeLessThanOrEqual(CARRIED_MAX_BYTES);
  });

  it('really is that full', () => {
    const full = instance(fullDefinition);
    fillKeys(full, 'cooldown', short);
    fillPending(full, PENDING['light events in a hold']);
    const without = carriedBytes(full.state);
    fillIdentities(full.state);
    expect(carriedBytes(full.state)).toBe(without + identitiesBytes);
    expect(full.state.seen.size).toBe(IDENTITIES_MAX);
    expect(full.state.keyBytes).toBeGreaterThanOrEqual(KEY_BYTES_MAX);
    expect(full.state.pendingBytes).toBeGreaterThanOrEqual(PENDING_BYTES_MAX);
    expect(carriedBytes(full.state)).toBeGreaterThan(0.9 * CARRIED_MAX_BYTES);
  });

  it('is restored as it was', () => {
    const full = instance(fullDefinition);
    fillIdentities(full.state);
    fillKeys(full, 'everything', wide);
    fillPending(full, PENDING['runs of another generation']);
    const carried = JSON.parse(JSON.stringify(carry(full.state)));
    const restored = restore(carried);
    expect(carry(restored)).toEqual(carried);
    expect(recount(restored)).toEqual(recount(full.state));
    expect(pressureOf(restored)).toEqual(pressureOf(full.state));
  });
});

describe('what is counted is never below what is carried', () => {
  const grown = (facts: readonly Fact[]) => {
    const base = instance(limiting);
    base.fold({ seq: 1, at, kind: 'paused', by: 'ann' });
    base.fold({ ...heldUnder('first', { items: 1, value: 0 }) });
    base.fold(unstarted('first', fullDefinition, { items: 1, value: 0 }));
    const before = { carried: carriedBytes(base.state), pressure: pressureOf(base.state) };
    for (const fact of facts) base.fold(fact);
    const after = { carried: carriedBytes(base.state), pressure: pressureOf(base.state) };
    return {
      carried: after.carried - before.carried,
      keyBytes: after.pressure.keyBytes - before.pressure.keyBytes,
      pendingBytes: after.pressure.pendingBytes - before.pressure.pendingBytes,
    };
  };

  for (const [keysName, keyOf] of Object.entries(KEYS)) {
    for (const shape of SHAPES) {
      it(`for ${keysName} keys with ${shape}`, () => {
        const facts = Array.from({ length: 100 }, (_, index) => shapeFacts(keyOf(index + 40_000), shape)).flat();
        const { carried, keyBytes, pendingBytes } = grown(facts);
        expect(pendingBytes).toBe(0);
        // One row of the table of window settings comes on top, however many windows share it.
        expect(carried).toBeLessThanOrEqual(keyBytes + 100);
      });
    }
  }

  it.each([
    ['events without a value', (index: number) => heldUnder('first', { items: index, value: 0 })],
    ['events with a value', (index: number) => heldUnder('first', { items: 1, value: index })],
    ['events that are sorted', sorted],
    ['parts of a join', filled],
    ['events that count towards a threshold', tallied],
    ['offers kept by a pause', kept],
    ['runs', (index: number) => unstarted(short(index), fullDefinition, { items: 1, value: 0 })],
    ['runs of other generations', (index: number) => unstarted(escaped(index), other, { items: 1, value: 0 })],
  ])('for %s', (_name, make) => {
    const { carried, keyBytes, pendingBytes } = grown(Array.from({ length: 20 }, (_, index) => make(index + 1)));
    // One row of settings comes on top.
    expect(carried).toBeLessThanOrEqual(pendingBytes + keyBytes + 80);
  });

  it('for candidates that wait one by one', () => {
    const { carried, pendingBytes, keyBytes } = grown(Array.from({ length: 20 }, queued));
    expect(carried).toBeLessThanOrEqual(pendingBytes + keyBytes);
  });

  it('for what a fallback watches', () => {
    const bare = initialState(fullDefinition);
    const watching = initialState(limiting);
    const { definition: _none, ...none } = carry(bare);
    const { definition: _some, ...some } = carry(watching);
    expect(JSON.stringify(some).length - JSON.stringify(none).length).toBeLessThanOrEqual(watching.keyBytes);
  });

  it('for last events of any content', () => {
    const lineage = { root: 'evt_r', parent: 'sb1-p', depth: 2, path: ['a', 'b'] };
    const last = {
      lineage,
      event: { 'ключ\u0001': ['"', '\\', '\ud800', '😀'] },
      identity: '"ü"',
      traceparent: '00-0',
      replayed: { eventId: 'evt_f', replayId: 'rpl_1' },
    };
    const before = instance(fullDefinition);
    before.fold({ ...heldUnder('first', { items: 1, value: 0 }) });
    const carriedBefore = carriedBytes(before.state);
    const hold = before.state.keys.get('first')?.waiting?.[0];
    if (hold) hold.last = last;
    expect(carriedBytes(before.state) - carriedBefore).toBe(lastBytes(last));
  });

  it('counts a key that has nothing as its text and punctuation, and a run with its key', () => {
    const nothing: KeyState = {};
    expect(heldBytes(nothing)).toBe(0);
    expect(JSON.stringify([['k', nothing]]).length - '[]'.length + ','.length - '"k"'.length).toBe(KEY_OVERHEAD_BYTES);
    const light = runOf('"', fullDefinition, { items: 0, value: 0 });
    expect(runBytes(light)).toBe(runBytes({ ...light, key: '' }) + '\\"'.length);
  });
});
