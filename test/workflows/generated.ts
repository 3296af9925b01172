import fc from 'fast-check';

import type { Json, JsonObject } from '../../src/spec/json.ts';

/** The documents of a trigger of this name and of its scenario, which expects nothing by itself. */
export type MakeCase = (name: string) => readonly JsonObject[];

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Events and actions fall into so long; everything is over a day later. */
const BUSY_MS = 48 * HOUR;
export const UNTIL_MS = 72 * HOUR;
/** A Saturday, the clocks of Berlin go forward in the night after it; later than any clock this runs on. */
const START_AT = '2055-03-27T00:00:00Z';

const text = (ms: number) => `${ms}ms`;
/** Odd to the millisecond, so that few things happen at one moment by chance. */
const span = (min: number, max: number) => fc.integer({ min: min * MINUTE, max: max * MINUTE }).map(text);
const sometimes = <T>(value: fc.Arbitrary<T>, onceIn: number) =>
  fc.option(value, { nil: undefined, freq: onceIn - 1 }).map((it) => it);
/** Members that are undefined are left out: that is what not writing them means. */
const members = (all: { readonly [name: string]: fc.Arbitrary<Json | undefined> }): fc.Arbitrary<JsonObject> =>
  fc
    .record(all)
    .map((it) =>
      Object.fromEntries(
        Object.entries(it).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
      ),
    );

const scope = fc.constantFrom('trigger', 'key');

const debounce = fc
  .tuple(
    fc.integer({ min: 5 * MINUTE, max: 120 * MINUTE }),
    sometimes(fc.integer({ min: MINUTE, max: 180 * MINUTE }), 2),
    fc.constantFrom('trailing', 'leading', 'both'),
    fc.constantFrom('all', 'last', 'first'),
  )
  .map(([quiet, more, edge, keep]) => ({
    quiet: text(quiet),
    ...(more !== undefined && { maxWait: text(quiet + more) }),
    edge,
    ...(edge !== 'leading' && { keep }),
  }));

const stages = members({
  mode: fc.constantFrom(undefined, undefined, undefined, undefined, 'shadow'),
  dedupe: sometimes(members({ window: span(30, 600), by: sometimes(fc.constant('${{ event.data.by }}'), 2) }), 3),
  freshness: sometimes(fc.record({ maxAge: span(60, 900), at: fc.constantFrom('arrival', 'fire', 'both') }), 5),
  order: sometimes(
    fc.record({
      by: fc.constant('${{ event.data.seq }}'),
      onLate: fc.constantFrom('drop', 'deadLetter'),
      holdFor: fc.oneof(fc.constant('0s'), span(10, 60)),
    }),
    5,
  ),
  threshold: sometimes(
    members({
      atLeast: fc.integer({ min: 2, max: 4 }),
      within: span(60, 900),
      of: sometimes(fc.constant('${{ event.data.rows }}'), 2),
    }),
    5,
  ),
  debounce: sometimes(debounce, 3),
  batch: sometimes(fc.record({ maxEvents: fc.integer({ min: 2, max: 3 }), maxWait: span(30, 300) }), 5),
  hours: sometimes(
    fc.record({
      allow: fc.constantFrom(['Mon-Sun 06:00-18:00'], ['Sat 00:00-24:00', 'Mon 08:00-12:00']),
      timeZone: fc.constantFrom('Europe/Berlin', 'Asia/Kolkata'),
      onExcess: fc.constantFrom('hold', 'drop'),
    }),
    6,
  ),
  cooldown: sometimes(fc.record({ period: span(30, 600), onExcess: fc.constantFrom('hold', 'drop', 'ask') }), 3),
  rate: sometimes(
    fc.record({
      limit: fc.integer({ min: 1, max: 3 }),
      per: span(120, 1_200),
      onExcess: fc.constantFrom('queue', 'hold', 'drop', 'ask'),
      scope,
    }),
    4,
  ),
  concurrency: sometimes(
    fc.record({
      limit: fc.integer({ min: 1, max: 2 }),
      onExcess: fc.constantFrom('queue', 'hold', 'drop', 'cancelRunning'),
      scope,
    }),
    3,
  ),
  breaker: sometimes(
    fc.record({
      failures: fc.integer({ min: 1, max: 3 }),
      within: span(120, 1_200),
      openFor: span(30, 300),
      probes: fc.integer({ min: 1, max: 2 }),
      scope,
    }),
    4,
  ),
  fallback: sometimes(
    fc.oneof(
      fc.record({ unless: fc.record({ fired: span(300, 900) }) }),
      fc.record({
        unless: fc.record({ succeeded: span(300, 900) }),
        scope: fc.constant('key'),
        keys: fc.constant(['k']),
      }),
    ),
    6,
  ),
  approval: sometimes(fc.record({ timeout: span(30, 600), onTimeout: fc.constantFrom('approve', 'reject') }), 6),
});

const at = fc.integer({ min: 0, max: BUSY_MS }).map(text);
const key = fc.constantFrom('k', 'k', 'k', 'l');
const events = fc.array(
  fc.record({
    at,
    part: fc.constantFrom('a', 'b'),
    id: fc.integer({ min: 0, max: 30 }),
    data: fc.record({
      key,
      seq: fc.integer({ min: 0, max: 9 }),
      by: fc.constantFrom('x', 'y', 'z', 'u', 'v'),
      rows: fc.integer({ min: 0, max: 3 }),
    }),
  }),
  { minLength: 3, maxLength: 12 },
);
const whichKey = members({ key: sometimes(key, 3) });
const action = fc.oneof(
  fc.record({ at, pause: whichKey }),
  fc.record({ at, resume: whichKey }),
  fc.record({ at, fire: fc.record({ key, force: fc.boolean() }) }),
  fc.record({ at, approve: fc.constant({}) }),
  fc.record({ at, reject: fc.constant({}) }),
  fc.record({ at, cancel: fc.constant({}) }),
  fc.record({ at, breaker: members({ state: fc.constantFrom('open', 'closed'), key: sometimes(key, 3) }) }),
);
const runs = fc.array(
  fc.record({
    takes: span(2, 300),
    result: fc.constantFrom('succeeded', 'succeeded', 'failed', 'failed', 'timedOut', 'cancelled', 'deadLettered'),
  }),
  { minLength: 1, maxLength: 4 },
);

/** Random specs and commands. Some combinations are refused by lint; those are no cases. */
export const cases: fc.Arbitrary<MakeCase> = fc
  .record({
    stages,
    isJoin: fc.constantFrom(false, false, false, true),
    events,
    actions: fc.array(action, { maxLength: 5 }),
    runs,
  })
  .map((made) => (name) => documentsOf(name, made));

type Made = {
  readonly stages: JsonObject;
  readonly isJoin: boolean;
  readonly events: readonly {
    readonly at: string;
    readonly part: string;
    readonly id: number;
    readonly data: JsonObject;
  }[];
  readonly actions: readonly JsonObject[];
  readonly runs: readonly JsonObject[];
};

function documentsOf(
  name: string,
  { stages: settings, isJoin, events: sent, actions, runs: ends }: Made,
): readonly JsonObject[] {
  const part = (letter: string) => ({ pattern: { type: [`${name}.${letter}`] } });
  const all = { all: { a: part('a'), b: part('b') }, within: '7h', onDeadline: 'fire' };
  const trigger = {
    events: isJoin ? all : { pattern: { type: [{ prefix: `${name}.` }] } },
    key: '${{ event.data.key }}',
    ...settings,
    run: { target: 'target', params: { count: '${{ run.eventCount }}' }, timeout: '4h' },
  };
  const scenario = {
    trigger: name,
    startAt: START_AT,
    events: sent.map(({ at: moment, part: letter, id, data }) => ({
      at: moment,
      event: { id: `e${id}`, type: `${name}.${letter}`, data },
    })),
    actions,
    runs: ends,
    until: text(UNTIL_MS),
    expect: {},
  };
  const head = { apiVersion: 'signalbox/v1', metadata: { name } };
  return [
    { ...head, kind: 'Trigger', spec: trigger },
    { ...head, kind: 'Scenario', spec: scenario },
  ];
}
