import type { RunRequest } from '../../src/core/fact.ts';
import type { Input } from '../../src/core/input.ts';
import { initialState } from '../../src/core/state.ts';
import { step } from '../../src/core/step.ts';
import type { Definition } from '../../src/spec/definition.ts';

/**
 * Steps a second of processor time of the pure core, state and facts included. Run:
 * node --import tsx test/bench/core.ts [steps] [part of the name of a case]
 */
const REACH_PER_SECOND = 200_000;
const STEPS = Number(process.argv[2] ?? 100_000);
const CASE = process.argv[3] ?? '';
const ROUNDS = 3;
const T0 = 1_760_000_000_000;

const base: Definition = {
  name: 'bench',
  generation: 'g1',
  loadedAt: 1,
  mode: 'live',
  dedupe: { windowMs: 86_400_000 },
  run: { kind: 'train', target: 't', params: {}, retry: { delaysMs: [] }, timeoutMs: 1 },
};
const debounce = { quietMs: 500, maxWaitMs: 5_000, edge: 'trailing', keep: 'all' } as const;
/** Every key's window is open at once, with its latest event. */
const allOpen = { quietMs: 20_000, maxWaitMs: 60_000, edge: 'trailing', keep: 'last' } as const;
const cooldown = { periodMs: 10_000, onExcess: 'hold' } as const;

const order = { onLate: 'drop', holdForMs: 0 } as const;
const correlate = { parts: ['a', 'b'], withinMs: 60_000, onDeadline: 'drop' } as const;
const threshold = { atLeast: 10, withinMs: 60_000, of: 'events' } as const;
const rate = { limit: 100, perMs: 200, onExcess: 'queue', scope: 'trigger' } as const;
const concurrency = { limit: 1_000, onExcess: 'queue', scope: 'key' } as const;
const breaker = { failures: 3, withinMs: 60_000, openForMs: 1_000, probes: 1, scope: 'trigger' } as const;

/** Events a millisecond apart; every hundredth comes twice. Made before the clock runs, and let go of after its case. */
function offers(keys: number, withEvent: boolean): readonly Input[] {
  return Array.from({ length: STEPS }, (_, index) => {
    const id = index % 100 === 99 ? index - 1 : index;
    const eventId = `evt_${String((id * 7_919) % 1_000_003).padStart(12, '0')}abcdefghij`;
    const key = `key-${index % keys}`;
    const known = { part: index % 2 === 0 ? 'a' : 'b', order: index };
    const offer = { eventId, body: 'bodybodybody', receivedAt: T0 + index, key, item: index, ...known };
    const event = { data: { object: { key: `daily/part-${index}.parquet`, size: index } } };
    return { kind: 'offer', offer: withEvent ? { ...offer, event } : offer } as const;
  });
}

/** Starts are confirmed as they would be, a hundred steps later, and runs end then. */
function measure(definition: Definition, inputs: readonly Input[]): number {
  const state = initialState(definition);
  const unconfirmed: RunRequest[] = [];
  const before = process.cpuUsage();
  let steps = 0;
  let reports = 0;
  for (const input of inputs) {
    const { effects } = step(state, input, T0 + steps);
    steps += 1;
    for (const effect of effects) if (effect.kind === 'startRun') unconfirmed.push(effect.run);
    if (steps % 100 !== 0) continue;
    for (const { runId, key, firedAt } of unconfirmed.splice(0)) {
      reports += 2;
      step(state, { kind: 'startReported', report: { runId, outcome: 'started' } }, T0 + steps);
      const report = { runId, key, status: 'succeeded', firedAt, endedAt: T0 + steps } as const;
      step(state, { kind: 'runEnded', report }, T0 + steps);
    }
  }
  const { user, system } = process.cpuUsage(before);
  return ((steps + reports) / (user + system)) * 1e6;
}

const everything = { ...base, order, correlate, threshold, debounce, cooldown, rate, concurrency, breaker };
const rows: readonly (readonly [string, Definition, () => readonly Input[]])[] = [
  ['no stages: every event a run', base, () => offers(1, false)],
  ['dedupe + debounce, one key', { ...base, debounce }, () => offers(1, false)],
  ['dedupe + debounce, one key, pruned events', { ...base, debounce }, () => offers(1, true)],
  ['dedupe + debounce, 10,000 keys', { ...base, debounce: allOpen }, () => offers(10_000, false)],
  ['dedupe + debounce + cooldown, a run an event', { ...base, debounce, cooldown }, () => offers(10_000, false)],
  ['order, 100 keys', { ...base, order }, () => offers(100, false)],
  ['correlate, 99 keys', { ...base, correlate }, () => offers(99, false)],
  ['threshold, 100 keys', { ...base, threshold }, () => offers(100, false)],
  ['rate that queues', { ...base, threshold, rate }, () => offers(100, false)],
  ['concurrency, 100 keys', { ...base, concurrency }, () => offers(100, false)],
  ['breaker', { ...base, breaker }, () => offers(100, false)],
  ['everything at once', everything, () => offers(99, true)],
];
console.log(`${'case'.padEnd(48)}${'steps/s'.padStart(12)}   reach ${REACH_PER_SECOND.toLocaleString('en')}`);
for (const [name, definition, make] of rows.filter(([name]) => name.includes(CASE))) {
  const inputs = make();
  const rates = Array.from({ length: ROUNDS }, () => measure(definition, inputs));
  const best = Math.round(Math.max(...rates));
  const verdict = best >= REACH_PER_SECOND ? 'reached' : 'MISSED';
  console.log(`${name.padEnd(48)}${best.toLocaleString('en').padStart(12)}   ${verdict}`);
}
