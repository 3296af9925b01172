import { describe, expect, it } from 'vitest';

import { toldOf } from './given.ts';

const JOIN =
  'events: { all: { features: { pattern: { type: [f] } }, labels: { pattern: { type: [l] } } }, within: 30m }';
const WEEKDAYS = 'hours: { allow: ["Mon-Fri 08:00-20:00"], timeZone: Asia/Kolkata }';
const FRESH = 'freshness: { maxAge: 10m, at: fire }';

type Case = readonly [what: string, spec: readonly string[], finding: string];

describe('a combination that could never work is refused:', () => {
  it.each<Case>([
    [
      'two windows',
      ['debounce: { quiet: 30s }', 'batch: { maxEvents: 10 }'],
      'error /spec/batch and debounce exclude each other: both gather what becomes one run — Keep one: debounce waits for silence',
    ],
    [
      'a part that another one leaves nothing to',
      ['events: { all: { a: { pattern: { type: [x] } }, b: { pattern: { type: [x] } } }, within: 1h }'],
      'error /spec/events/all/b is never filled: part "a" takes all of its events',
    ],
    [
      'a part after one that takes everything',
      ['events: { all: { a: {}, b: { pattern: { type: [x] } } }, within: 1h }'],
      'error /spec/events/all/b is never filled: part "a" takes all of its events',
    ],
    [
      'parts of which one has a key',
      ['events: { all: { a: { when: "event.type == \'x\'", key: k }, b: { pattern: { type: [x] } } }, within: 1h }'],
      'error /spec/events/all/b has no key while another part has one: they join by key, so they never meet',
    ],
    [
      'sorting that makes everything too old',
      [FRESH, 'order: { by: "${{ event.data.n }}", holdFor: 11m }'],
      'error /spec/freshness/maxAge is shorter than order.holdFor: every event is too old when it goes on',
    ],
    [
      'keys that nobody watches',
      ['key: "${{ event.id }}"', 'fallback: { unless: { fired: 1h }, keys: [eu] }'],
      'error /spec/fallback/keys are watched with scope: key only',
    ],
    [
      'keys that nobody names',
      ['key: "${{ event.id }}"', 'fallback: { unless: { fired: 1h }, scope: key }'],
      'error /spec/fallback/scope is key, but no keys are named',
    ],
    [
      'keys that no event has',
      ['fallback: { unless: { fired: 1h }, scope: key, keys: [eu] }'],
      'error /spec/fallback/scope is key, but the trigger has no key',
    ],
    [
      'a fallback at times that are always dropped',
      [
        WEEKDAYS.replace(' }', ', onExcess: drop }'),
        'fallback: { unless: { fired: 1d }, at: { cron: "0 2 * * *", timeZone: Asia/Kolkata } }',
      ],
      'error /spec/fallback/at/cron names only times outside the hours, which drop it: it could never fire',
    ],
  ])('%s', async (_what, spec, finding) => {
    expect(await toldOf(spec)).toContainEqual(expect.stringContaining(finding));
  });
});

describe('a combination that does nothing is warned of:', () => {
  it.each<Case>([
    [
      'a batch of one',
      ['batch: { maxEvents: 1 }'],
      '/spec/batch/maxEvents is 1: each event is a batch, so batch has no effect',
    ],
    [
      'a threshold of one',
      ['threshold: { atLeast: 1, within: 1h }'],
      '/spec/threshold/atLeast is 1: one event reaches it, so threshold has no effect',
    ],
    [
      'a threshold that one set of parts reaches',
      [JOIN, 'threshold: { atLeast: 2, within: 1h }'],
      '/spec/threshold/atLeast is 2: a complete set has 2 events, so threshold has no effect',
    ],
    [
      'a batch that one set of parts fills',
      [JOIN, 'batch: { maxEvents: 2 }'],
      '/spec/batch/maxEvents is 2: a complete set has 2 events, so each is a batch at once',
    ],
    [
      'a batch that what reached the threshold fills',
      ['threshold: { atLeast: 10, within: 1h }', 'batch: { maxEvents: 10 }'],
      '/spec/batch/maxEvents is not more than threshold.atLeast: what reaches the threshold is a batch at once',
    ],
    [
      'a selector after its equal',
      ['events: { any: [{ pattern: { type: [x] } }, { pattern: { type: [x] }, key: other }] }'],
      '/spec/events/any/1 is never reached: selector "0" takes all of its events',
    ],
    [
      'hours without an end',
      ['hours: { allow: ["Mon-Fri 00:00-24:00", "Sat,Sun 00:00-24:00"], timeZone: UTC }'],
      '/spec/hours/allow is the whole week, so hours has no effect',
    ],
    [
      'a cooldown inside the silence of a window',
      ['debounce: { quiet: 1m }', 'cooldown: { period: 30s }'],
      '/spec/cooldown/period is not longer than debounce.quiet, which keeps runs that far apart already',
    ],
    [
      'a rate that the cooldown never lets happen',
      ['cooldown: { period: 1h }', 'rate: { limit: 24, per: 24h }'],
      '/spec/rate/limit is never exceeded: cooldown.period lets at most 24 runs start in rate.per',
    ],
    [
      'a limit for each key of a trigger without one',
      ['concurrency: { scope: key }'],
      '/spec/concurrency/scope is key, but the trigger has no key: it is the same as trigger',
    ],
    [
      'collecting for nobody, in a selector',
      ['events: { pattern: { type: [a] }, collect: "${{ event.id }}" }'],
      '/spec/events/collect is kept for `items`, which nothing reads',
    ],
    [
      'a shadow that is to show failures',
      ['mode: shadow', 'concurrency: {}', 'breaker: { failures: 1, within: 1h, openFor: 1m }', 'approval: {}'],
      '/spec/mode is shadow, where every run succeeds at once: concurrency and breaker and approval cannot show',
    ],
  ])('%s', async (_what, spec, finding) => {
    expect(await toldOf(spec)).toEqual([expect.stringContaining(`warning ${finding}`)]);
  });
});

describe('a combination that surprises is warned of:', () => {
  it.each<Case>([
    [
      'queued runs that cancel each other',
      ['rate: { limit: 1, per: 1h }', 'concurrency: { onExcess: cancelRunning }'],
      '/spec/rate/onExcess is queue with concurrency.onExcess: cancelRunning: each queued run starts and is cancelled by the next',
    ],
    [
      'a timeout that approves, and a limit whose timeout rejects',
      ['cooldown: { period: 1h, onExcess: ask }', 'approval: { onTimeout: approve }'],
      '/spec/approval/onTimeout is approve, which does not hold for runs that cooldown asks about: they are rejected',
    ],
    [
      'a fallback that a cooldown holds back',
      ['cooldown: { period: 2h }', 'fallback: { unless: { fired: 1h } }'],
      '/spec/cooldown/period is longer than fallback.unless.fired: a fallback soon after a run waits for its end',
    ],
    [
      'a fallback that a cooldown drops',
      ['cooldown: { period: 2h, onExcess: drop }', 'fallback: { unless: { succeeded: 1h } }'],
      '/spec/cooldown/period is longer than fallback.unless.succeeded: a fallback soon after a run is dropped',
    ],
    [
      'a fallback that does not wait for the window',
      ['debounce: { quiet: 2h }', 'fallback: { unless: { fired: 1h } }'],
      '/spec/fallback/unless/fired is shorter than debounce.quiet: it fires while events are still gathered',
    ],
    [
      'a fallback that hours may drop',
      [WEEKDAYS.replace(' }', ', onExcess: drop }'), 'fallback: { unless: { fired: 1d } }'],
      '/spec/hours/onExcess is drop: a fallback that falls due outside the hours is dropped too',
    ],
    [
      'a fallback that waits for the hours every time',
      [WEEKDAYS, 'fallback: { unless: { fired: 1d }, at: { cron: "0 2 * * 1-5", timeZone: Asia/Kolkata } }'],
      '/spec/fallback/at/cron names only times outside the hours: it starts when they open',
    ],
    [
      'a fallback that leaves out every second night, because runs take time',
      ['fallback: { unless: { succeeded: 24h }, at: { cron: "0 2 * * *", timeZone: Asia/Kolkata } }'],
      '/spec/fallback/unless/succeeded is exactly the time from one of fallback.at to another: a run that starts at the one succeeds a little later, so the other is left out — Make it shorter by as long as a run takes, such as 23h for 24h, or use fired, which counts from the start.',
    ],
    [
      'a fallback that leaves out Mondays, because Fridays have runs',
      ['fallback: { unless: { succeeded: 3d }, at: { cron: "30 2 * * 1,5", timeZone: UTC } }'],
      '/spec/fallback/unless/succeeded is exactly the time from one of fallback.at to another',
    ],
    [
      'a fallback whose key is not one of the events',
      [
        'key: "${{ event.id }}"',
        'fallback: { unless: { fired: 1h } }',
        'run: { target: train, params: { k: "${{ key }}" } }',
      ],
      '/spec/run/params/k reads key, which is "default" when run.cause is fallback — Use scope: key with the keys to watch',
    ],
    [
      'memory shorter than sorting',
      ['dedupe: { window: 1m }', 'order: { by: "${{ event.id }}", holdFor: 2m }'],
      '/spec/dedupe/window is shorter than order.holdFor',
    ],
    [
      'memory shorter than a join',
      [JOIN, 'dedupe: { window: 1m }'],
      '/spec/dedupe/window is shorter than events.within: the same event can be in two sets',
    ],
    [
      'memory shorter than a threshold',
      ['dedupe: { window: 1m }', 'threshold: { atLeast: 2, within: 1h }'],
      '/spec/dedupe/window is shorter than threshold.within: the same event can count twice',
    ],
    [
      'memory shorter than a batch',
      ['dedupe: { window: 1m }', 'batch: { maxWait: 1h }'],
      '/spec/dedupe/window is shorter than batch.maxWait',
    ],
    [
      'parts too old for each other',
      [FRESH, JOIN],
      '/spec/freshness/maxAge is shorter than events.within: a part can be too old when the others come',
    ],
    [
      'events too old for their threshold',
      [FRESH, 'threshold: { atLeast: 2, within: 1h }'],
      '/spec/freshness/maxAge is shorter than threshold.within: what came early',
    ],
    [
      'events too old for their batch',
      [FRESH, 'batch: { maxWait: 1h }'],
      '/spec/freshness/maxAge is shorter than batch.maxWait: what came early',
    ],
    [
      'events too old for the morning',
      [FRESH, WEEKDAYS],
      '/spec/freshness/maxAge is shorter than the longest closing of hours: events held early',
    ],
    [
      'events too old for their turn',
      [FRESH, 'rate: { limit: 1, per: 1h }'],
      '/spec/freshness/maxAge is shorter than rate.per: events held early',
    ],
    [
      'events too old after a breaker',
      [FRESH, 'breaker: { failures: 1, within: 1h, openFor: 15m }'],
      '/spec/freshness/maxAge is shorter than breaker.openFor: what it parks',
    ],
    [
      'events too old for a person',
      [FRESH, 'approval: {}'],
      '/spec/freshness/maxAge is shorter than approval.timeout: events can be too old',
    ],
  ])('%s', async (_what, spec, finding) => {
    expect(await toldOf(spec)).toEqual([expect.stringContaining(`warning ${finding}`)]);
  });
});

describe('a combination that makes sense is not remarked on:', () => {
  it.each<readonly [string, ...string[]]>([
    [
      'sorting before a leading edge',
      'order: { by: "${{ event.data.n }}", holdFor: 5s }',
      'debounce: { quiet: 1m, edge: leading }',
    ],
    ['the last complete set', JOIN, 'debounce: { quiet: 1m, keep: last }'],
    ['a batch of several sets', JOIN, 'batch: { maxEvents: 10, maxWait: 1h }'],
    [
      'thresholds gathered in a batch',
      'threshold: { atLeast: 10, within: 1h }',
      'batch: { maxEvents: 100, maxWait: 1d }',
    ],
    ['a threshold of one unit', 'threshold: { atLeast: 1, within: 1h, of: "${{ event.data.gb }}" }'],
    ['a threshold before a window', 'threshold: { atLeast: 10, within: 1h }', 'debounce: { quiet: 1m }'],
    ['the latest run only', 'debounce: { quiet: 1m, keep: last }', 'concurrency: { onExcess: cancelRunning }'],
    ['hours with a freeze alone', 'hours: { allow: ["daily 00:00-24:00"], timeZone: UTC, freeze: ["2026-12-24"] }'],
    [
      'a fallback within the hours',
      WEEKDAYS,
      'fallback: { unless: { fired: 1d }, at: { cron: "0 9 * * *", timeZone: Asia/Kolkata } }',
    ],
    [
      'a fallback on some day of the month',
      WEEKDAYS,
      'fallback: { unless: { fired: 30d }, at: { cron: "0 9 1 * 0", timeZone: Asia/Kolkata } }',
    ],
    [
      'a fallback in another zone',
      WEEKDAYS,
      'fallback: { unless: { fired: 1d }, at: { cron: "0 5 * * *", timeZone: UTC } }',
    ],
    [
      'a fallback for every night',
      'fallback: { unless: { succeeded: 23h }, at: { cron: "0 2 * * *", timeZone: UTC } }',
    ],
    [
      'a fallback that counts from the start',
      'fallback: { unless: { fired: 24h }, at: { cron: "0 2 * * *", timeZone: UTC } }',
    ],
    [
      'a fallback on Mondays and Fridays for what happens in between',
      'fallback: { unless: { succeeded: 1d }, at: { cron: "0 2 * * 1,5", timeZone: UTC } }',
    ],
    ['a fallback once a month', 'fallback: { unless: { succeeded: 24h }, at: { cron: "0 2 1 * *", timeZone: UTC } }'],
    ['a fallback with its cooldown', 'cooldown: { period: 1h }', 'fallback: { unless: { fired: 24h } }'],
    [
      'a fallback of all keys while each cools down',
      'key: "${{ event.id }}"',
      'cooldown: { period: 2h }',
      'fallback: { unless: { fired: 1h } }',
    ],
    [
      'a rate for all keys beside a cooldown of each',
      'key: "${{ event.id }}"',
      'cooldown: { period: 1h }',
      'rate: { limit: 24, per: 24h }',
    ],
    ['a rate below what the cooldown allows', 'cooldown: { period: 1h }', 'rate: { limit: 23, per: 24h }'],
    ['a short cooldown behind a limit', 'debounce: { quiet: 1m }', 'cooldown: { period: 30s }', 'concurrency: {}'],
    [
      'a limit for each key of a selector',
      'events: { pattern: { type: [a] }, key: k }',
      'rate: { limit: 1, per: 1h, scope: key }',
    ],
    ['a breaker in live mode', 'breaker: { failures: 1, within: 1h, openFor: 1m }'],
    ['freshness on arrival', 'freshness: { maxAge: 1m }', WEEKDAYS, JOIN, 'approval: {}'],
    [
      'freshness and limits that drop',
      FRESH,
      WEEKDAYS.replace(' }', ', onExcess: drop }'),
      'rate: { limit: 1, per: 1h, onExcess: drop }',
    ],
    ['asking where nothing approves by itself', 'rate: { limit: 1, per: 1h, onExcess: ask }'],
  ])('%s', async (_what, ...spec) => {
    expect(await toldOf(spec)).toEqual([]);
  });
});
