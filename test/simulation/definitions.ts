import type { Definition, HoursSettings, Zone } from '../../src/spec/definition.ts';
import { DAY, definition, HOUR, MINUTE, SECOND } from '../core/given.ts';
import type { Random } from './random.ts';

/** Friday, three weeks in which Europe sets its clocks: virtual time begins here. */
export const START_AT = Date.UTC(2026, 2, 20);

const UTC: Zone = { name: 'UTC', offsets: [{ fromAt: 0, minutes: 0 }] };
const INDIA: Zone = { name: 'Asia/Kolkata', offsets: [{ fromAt: 0, minutes: 330 }] };
const BERLIN: Zone = {
  name: 'Europe/Berlin',
  offsets: [
    { fromAt: Date.UTC(2025, 9, 26, 1), minutes: 60 },
    { fromAt: Date.UTC(2026, 2, 29, 1), minutes: 120 },
    { fromAt: Date.UTC(2026, 9, 25, 1), minutes: 60 },
  ],
};

const DAY_MINUTES = 24 * 60;
const OFFICE = [0, 1, 2, 3, 4].map((day) => [day * DAY_MINUTES + 480, day * DAY_MINUTES + 1_200] as const);
const NIGHTS = [0, 1, 2, 3, 4, 5, 6].map((day) => [day * DAY_MINUTES, day * DAY_MINUTES + 300] as const);
const ALWAYS = [[0, 7 * DAY_MINUTES]] as const;

/** Names that are members of every object, empty, or not ASCII. */
const KEYS = ['default', '__proto__', '10', 'constructor', ' ', '', 'ключ', 'dt=2026-03-29'];

/** The keys that events of a trigger have, the most frequent first. */
export function keysOf(random: Random): readonly string[] {
  return KEYS.slice(0, random.pick(1, 1, 2, 4, KEYS.length));
}

/** A definition as people write them: most have few stages, each setting has a sensible size. */
export function randomDefinition(random: Random, loadedAt: number): Definition {
  const has = (probability: number) => random.chance(probability);
  const stages = { ...gathering(random, has), ...limiting(random, has) };
  const freshness = {
    maxAgeMs: random.magnitude(MINUTE, DAY),
    at: random.pick('arrival' as const, 'fire' as const, 'both' as const),
  };
  const all = {
    ...stages,
    mode: has(0.05) ? ('shadow' as const) : ('live' as const),
    dedupe: { windowMs: random.pick(DAY, DAY, 7 * DAY, HOUR, 10 * MINUTE) },
    ...(has(0.15) && { freshness }),
    run: {
      kind: 'train' as const,
      target: random.pick('train', 'retrain'),
      params: {},
      retry: { delaysMs: [MINUTE] },
      timeoutMs: DAY,
    },
  };
  return definition({ ...all, name: 'simulated', generation: JSON.stringify(all), loadedAt });
}

type Has = (probability: number) => boolean;

function gathering(random: Random, has: Has): Partial<Definition> {
  const spanMs = () => random.magnitude(MINUTE, 6 * HOUR);
  const quietMs = random.magnitude(SECOND, 10 * MINUTE);
  const window = random.int(1, 5);
  return {
    ...(has(0.15) && {
      order: {
        onLate: random.pick('drop' as const, 'deadLetter' as const),
        holdForMs: has(0.5) ? 0 : random.magnitude(SECOND, 10 * MINUTE),
      },
    }),
    ...(has(0.15) && {
      correlate: {
        parts: random.pick(['a', 'b'], ['a', 'b', 'c'], ['b', 'd']),
        withinMs: spanMs(),
        onDeadline: random.pick('drop' as const, 'fire' as const, 'deadLetter' as const),
      },
    }),
    ...(has(0.15) && {
      threshold: {
        atLeast: random.int(2, 10),
        withinMs: spanMs(),
        of: random.pick('events' as const, 'amounts' as const),
      },
    }),
    ...(window <= 2 && {
      debounce: {
        quietMs,
        ...(has(0.6) && { maxWaitMs: quietMs * random.int(1, 10) }),
        edge: random.pick('trailing' as const, 'trailing' as const, 'leading' as const, 'both' as const),
        keep: random.pick('all' as const, 'all' as const, 'last' as const, 'first' as const),
      },
    }),
    ...(window === 3 && {
      batch: {
        maxEvents: random.int(2, 20),
        ...(has(0.3) && { maxBytes: random.int(100, 2_000) }),
        ...(has(0.7) && { maxWaitMs: random.magnitude(MINUTE, 2 * HOUR) }),
      },
    }),
  };
}

function limiting(random: Random, has: Has): Partial<Definition> {
  const scope = () => random.pick('trigger' as const, 'key' as const);
  const fallbackScope = scope();
  return {
    ...(has(0.2) && { hours: hours(random) }),
    ...(has(0.3) && {
      cooldown: {
        periodMs: random.magnitude(MINUTE, 6 * HOUR),
        onExcess: random.pick('hold' as const, 'hold' as const, 'drop' as const, 'ask' as const),
      },
    }),
    ...(has(0.3) && {
      rate: {
        limit: random.int(1, 10),
        perMs: random.magnitude(10 * MINUTE, DAY),
        onExcess: random.pick('queue' as const, 'hold' as const, 'drop' as const, 'ask' as const),
        scope: scope(),
      },
    }),
    ...(has(0.35) && {
      concurrency: {
        limit: random.int(1, 3),
        onExcess: random.pick('queue' as const, 'hold' as const, 'drop' as const, 'cancelRunning' as const),
        scope: scope(),
      },
    }),
    ...(has(0.3) && {
      breaker: {
        failures: random.int(1, 4),
        withinMs: random.magnitude(10 * MINUTE, DAY),
        openForMs: random.magnitude(MINUTE, 2 * HOUR),
        probes: random.pick(1, 1, 2, 3),
        scope: scope(),
      },
    }),
    ...(has(0.15) && {
      fallback: {
        unless: random.pick('succeeded' as const, 'fired' as const),
        forMs: random.magnitude(6 * HOUR, 2 * DAY),
        ...(has(0.5) && { at: { cron: { minutes: [30], hours: [2], months: monthsAll }, zone: BERLIN } }),
        scope: fallbackScope,
        keys: fallbackScope === 'key' ? ['default', '__proto__'] : ['default'],
      },
    }),
  };
}

const monthsAll = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

function hours(random: Random): HoursSettings {
  const from = START_AT + random.int(0, 10) * DAY;
  return {
    allow: random.pick<HoursSettings['allow']>(OFFICE, NIGHTS, ALWAYS),
    freeze: random.chance(0.3) ? [[from, from + random.magnitude(HOUR, 3 * DAY)]] : [],
    zone: random.pick(UTC, INDIA, BERLIN),
    onExcess: random.pick('hold', 'hold', 'drop'),
  };
}
