import { describe, expect, it } from 'vitest';

import { FULL_BYTES, FULL_ITEMS, ITEM_OVERHEAD_BYTES, UNIT_OVERHEAD_BYTES } from '../../src/core/limits.ts';
import { BATCH_EVENTS_MAX, THRESHOLD_EVENTS_MAX } from '../../src/spec/windows.ts';
import { loadedWith, toldOf } from './given.ts';

const JOIN =
  'events: { all: { features: { pattern: { type: [f] } }, labels: { pattern: { type: [l] } } }, within: 30m }';

describe('the settings of a stage', () => {
  it.each<[string, readonly string[], object]>([
    ['order', ['order: { by: "${{ event.data.n }}" }'], { order: { onLate: 'drop', holdForMs: 0 } }],
    [
      'order in full',
      ['order: { by: "${{ event.data.n }}", onLate: deadLetter, holdFor: 5s }'],
      { order: { onLate: 'deadLetter', holdForMs: 5_000 } },
    ],
    ['events.all', [JOIN], { correlate: { parts: ['features', 'labels'], withinMs: 1_800_000, onDeadline: 'drop' } }],
    [
      'a threshold that counts',
      ['threshold: { atLeast: 100, within: 1h }'],
      { threshold: { atLeast: 100, withinMs: 3_600_000, of: 'events' } },
    ],
    [
      'a threshold that adds up',
      ['threshold: { atLeast: 0.5, within: 1h, of: "${{ event.data.rows }}" }'],
      { threshold: { atLeast: 0.5, withinMs: 3_600_000, of: 'amounts' } },
    ],
    ['a batch', ['batch: { maxEvents: 500 }'], { batch: { maxEvents: 500 } }],
    [
      'a batch in full',
      ['batch: { maxEvents: 500, maxBytes: 1mb, maxWait: 5m }'],
      { batch: { maxEvents: 500, maxBytes: 1_048_576, maxWaitMs: 300_000 } },
    ],
    ['cooldown', ['cooldown: { period: 1h, onExcess: ask }'], { cooldown: { periodMs: 3_600_000, onExcess: 'ask' } }],
    [
      'rate',
      ['rate: { limit: 3, per: 24h }'],
      { rate: { limit: 3, perMs: 86_400_000, onExcess: 'queue', scope: 'trigger' } },
    ],
    ['concurrency', ['concurrency: {}'], { concurrency: { limit: 1, onExcess: 'queue', scope: 'trigger' } }],
    [
      'breaker',
      ['breaker: { failures: 3, within: 1h, openFor: 15m, replayOnClose: false }'],
      { breaker: { failures: 3, withinMs: 3_600_000, openForMs: 900_000, probes: 1, scope: 'trigger' } },
    ],
    [
      'a breaker that replays',
      ['breaker: { failures: 3, within: 1h, openFor: 15m, replayOnClose: true }'],
      {
        breaker: {
          failures: 3,
          withinMs: 3_600_000,
          openForMs: 900_000,
          probes: 1,
          scope: 'trigger',
          replayOnClose: true,
        },
      },
    ],
    [
      'fallback',
      ['fallback: { unless: { succeeded: 24h } }'],
      { fallback: { unless: 'succeeded', forMs: 86_400_000, keys: ['default'], scope: 'trigger' } },
    ],
    [
      'fallback for each key',
      ['key: "${{ event.data.model }}"', 'fallback: { unless: { fired: 1h }, scope: key, keys: [eu, us] }'],
      { fallback: { unless: 'fired', forMs: 3_600_000, keys: ['eu', 'us'], scope: 'key' } },
    ],
    [
      'approval',
      ['approval: { when: "run.eventCount > 100", notify: [{ target: train, params: { k: "${{ key }}" } }] }'],
      {
        run: {
          approval: {
            when: 'run.eventCount > 100',
            timeoutMs: 86_400_000,
            onTimeout: 'reject',
            notify: [{ target: 'train', params: { k: '${{ key }}' } }],
          },
        },
      },
    ],
  ])('become what an instance decides by: %s', async (_name, spec, expected) => {
    const { definition } = await loadedWith(spec);
    for (const [name, settings] of Object.entries(expected)) {
      expect(definition).toHaveProperty(name, name === 'run' ? expect.objectContaining(settings) : settings);
    }
  });

  it('with local times become offsets and minutes', async () => {
    const { definition } = await loadedWith([
      'hours: { allow: ["Mon 08:00-20:00"], timeZone: Asia/Kolkata, freeze: ["2026-12-24"] }',
      'fallback: { unless: { fired: 1d }, at: { cron: "30 2 * * 1", timeZone: UTC } }',
    ]);
    const startsAt = Date.parse('2026-12-24T00:00:00+05:30');
    expect(definition.hours).toMatchObject({
      allow: [[480, 1_200]],
      freeze: [[startsAt, startsAt + 86_400_000]],
      zone: { name: 'Asia/Kolkata' },
      onExcess: 'hold',
    });
    expect(definition.fallback?.at).toMatchObject({
      cron: { minutes: [30], hours: [2], daysOfWeek: [1] },
      zone: { name: 'UTC' },
    });
  });

  it('do not change the generation of a trigger that has none of them', async () => {
    expect((await loadedWith([])).generation).toBe('c122fd7720893539');
  });

  it.each<[string, readonly string[], string]>([
    ['no end of a batch', ['batch: {}'], '/spec/batch has no end'],
    ['a batch of nothing', ['batch: { maxEvents: 0 }'], '/spec/batch/maxEvents'],
    [
      'half an event',
      ['threshold: { atLeast: 1.5, within: 1h }'],
      '/spec/threshold/atLeast a number of events is whole',
    ],
    ['a threshold of nothing', ['threshold: { atLeast: 0, within: 1h }'], '/spec/threshold/atLeast'],
    ['a threshold without a span', ['threshold: { atLeast: 3 }'], '/spec/threshold/within'],
    ['a size without a unit', ['batch: { maxBytes: "500" }'], '/spec/batch/maxBytes expected a size such as 64kb'],
    ['more than a gigabyte', ['batch: { maxBytes: 2gb }'], '/spec/batch/maxBytes more than 1gb'],
    ['a rate beyond what is carried', ['rate: { limit: 1001, per: 1h }'], '/spec/rate/limit'],
    ['more runs than are carried', ['concurrency: { limit: 501 }'], '/spec/concurrency/limit'],
    [
      'more failures than are carried',
      ['breaker: { failures: 101, within: 1h, openFor: 1m }'],
      '/spec/breaker/failures',
    ],
    ['more than a trial', ['breaker: { failures: 1, within: 1h, openFor: 1m, probes: 11 }'], '/spec/breaker/probes'],
    ['one part', ['events: { all: { a: { pattern: { type: [a] } } }, within: 1h }'], '/spec/events/all fewer than 2'],
    ['parts without a span', [JOIN.replace(', within: 30m', '')], '/spec/events/within required field'],
    ['a part that CEL cannot name', [JOIN.replace('labels', 'in')], '/spec/events/all/in is a keyword of CEL'],
    ['a part that is no name', [JOIN.replace('labels', 'my-labels')], '/spec/events/all/my-labels expected'],
    ['both ways of joining', [`${JOIN.slice(0, -2)}, any: [{ source: events }] }`], 'exclude each other'],
    ['nothing to wait for', ['fallback: { unless: {} }'], '/spec/fallback/unless needs one of "succeeded", "fired"'],
    ['two things to wait for', ['fallback: { unless: { fired: 1h, succeeded: 1h } }'], 'exclude each other'],
    [
      'a key that is no key',
      [`fallback: { unless: { fired: 1h }, keys: [${'é'.repeat(101)}] }`],
      '/keys/0 longer than 200',
    ],
    ['hours without a zone', ['hours: { allow: ["daily 08:00-20:00"] }'], '/spec/hours/timeZone required field'],
  ])('are refused with their place: %s', async (_name, spec, expected) => {
    expect(await toldOf(spec)).toContainEqual(expect.stringContaining(expected));
  });

  it('that name a time are refused where it stands', async () => {
    expect(
      await toldOf([
        'hours: { allow: ["Mon 08:00-20:00", "Mon-Fry 08:00-20:00"], timeZone: UTC, freeze: [2026-13-01] }',
        'fallback: { unless: { fired: 1h }, at: { cron: "0 2 * *", timeZone: Asia/Kolkatta } }',
      ]),
    ).toEqual([
      expect.stringContaining('error /spec/hours/allow/1 "Mon-Fry" is not a day. Did you mean "Fri"?'),
      expect.stringContaining('error /spec/hours/freeze/0 "2026-13-01" is not a freeze'),
      expect.stringContaining('error /spec/fallback/at/cron "0 2 * *" does not have the five fields'),
      expect.stringContaining('error /spec/fallback/at/timeZone time zone "Asia/Kolkatta" is not known. Did you mean'),
    ]);
    expect(await toldOf(['hours: { allow: ["daily 08:00-20:00"], timeZone: Mars/Olympus }'])).toEqual([
      expect.stringContaining('error /spec/hours/timeZone time zone "Mars/Olympus" is not known'),
    ]);
  });

  it('never ask for more events than an instance can keep of the smallest', () => {
    expect(BATCH_EVENTS_MAX).toBeLessThan(FULL_ITEMS);
    expect(BATCH_EVENTS_MAX * ITEM_OVERHEAD_BYTES).toBeLessThan(FULL_BYTES);
    expect(THRESHOLD_EVENTS_MAX * (UNIT_OVERHEAD_BYTES + ITEM_OVERHEAD_BYTES)).toBeLessThan(FULL_BYTES);
  });
});

describe('expressions of a stage', () => {
  it('see the event and its key', async () => {
    const { order, amount } = await loadedWith([
      'order: { by: "${{ event.data.n }}" }',
      'threshold: { atLeast: 5, within: 1h, of: { $value: "${{ event.data.rows }}", $default: 1 } }',
    ]);
    expect(order?.resolve({ event: { data: { n: 7 } } })).toEqual({ ok: true, value: 7 });
    expect(amount?.resolve({ event: { data: {} } })).toEqual({ ok: true, value: 1 });
  });

  it.each([
    ['order: { by: "${{ run.id }}" }', '/spec/order/by'],
    ['threshold: { atLeast: 5, within: 1h, of: "${{ items }}" }', '/spec/threshold/of'],
    ['approval: { when: "evnt.id == \'\'" }', '/spec/approval/when'],
    ['approval: { when: "${{ true }}" }', '/spec/approval/when is bare CEL'],
    [
      'approval: { when: "run.causes == \'events\'" }',
      '/spec/approval/when run has no member "causes" — Did you mean "cause"?',
    ],
    ['approval: { notify: [{ target: train, params: { a: "${{ evnt }}" } }] }', '/spec/approval/notify/0/params/a'],
    ['approval: { notify: [{ target: trian }] }', '/spec/approval/notify/0/target Target "trian" is not defined'],
    [
      'order: { by: "${{ key }}" }',
      '/spec/order/by reads nothing of the event, so every event would have the same place',
    ],
    ['threshold: { atLeast: 5, within: 1h, of: "7" }', '/spec/threshold/of reads nothing of the event'],
  ])('that are wrong are refused: %s', async (spec, expected) => {
    expect(await toldOf([spec])).toEqual([expect.stringContaining(`error ${expected}`)]);
  });
});

describe('the parts of events.all', () => {
  const params = (value: string): string => `run: { target: train, params: { a: "${value}" } }`;

  it('are selectors with a name, tried in the order they are written', async () => {
    const { selectors } = await loadedWith([
      'key: "${{ event.id }}"',
      'events: { all: { b: { pattern: { type: [b] }, key: x }, a: { when: "true" } }, within: 1h }',
    ]);
    expect(selectors.map(({ part, places }) => [part, places])).toEqual([
      ['b', { selector: '/events/all/b', key: '/events/all/b/key', collect: '/collect' }],
      ['a', { selector: '/events/all/a', key: '/key', collect: '/collect' }],
    ]);
  });

  it('are named in params, and what is read of them is kept of the events', async () => {
    const { reads } = await loadedWith([
      JOIN,
      params('${{ parts.features.data.x }}${{ parts.labels.data.y }}${{ event.id }}'),
    ]);
    expect(reads).toHaveLength(3);
    expect(reads).toEqual(expect.arrayContaining([['data', 'x'], ['data', 'y'], ['id']]));
    expect(await loadedWith([JOIN, params('${{ parts.features }}')])).toMatchObject({ reads: 'whole' });
    expect(await loadedWith([JOIN, params('${{ parts }}')])).toMatchObject({ reads: 'whole' });
  });

  it('are known by name', async () => {
    expect(await toldOf([JOIN, params('${{ parts.feature.id }}')])).toEqual([
      'error /spec/run/params there is no part "feature" — Did you mean "features"? events.all has features, labels.',
    ]);
  });

  it('are there with events.all only', async () => {
    expect(await toldOf([params('${{ parts.features.id }}')])).toEqual([
      expect.stringMatching(/error \/spec\/run\/params\/a .*parts.* it sees key, trigger, run, event, items\.$/),
    ]);
  });

  const reading = (what: string): string => `---
apiVersion: signalbox/v1
kind: Target
metadata: { name: train }
spec: { http: { url: "https://x/\${{ ${what} }}" } }
`;

  it('may be read by a Target of a trigger that has them', async () => {
    expect(await toldOf([JOIN], reading('parts.labels.id'))).toEqual([]);
    expect((await loadedWith([JOIN], reading('parts.labels.id'))).reads).toEqual([['id']]);
    expect(await toldOf([JOIN], reading('parts.label.id'))).toEqual([
      'error /spec/run/target Target "train": there is no part "label" — Did you mean "labels"? events.all has features, labels.',
    ]);
    expect(await toldOf([], reading('parts.labels.id'))).toEqual([
      'error /spec/run/target Target "train": there is no part "labels" — Only a trigger with events.all has parts.',
    ]);
  });

  it('read by approval are kept too', async () => {
    const approval =
      'approval: { when: "parts.labels.data.n > 1", notify: [{ target: train, params: { i: "${{ event.id }}" } }] }';
    expect((await loadedWith([JOIN, approval])).reads).toEqual(expect.arrayContaining([['data', 'n'], ['id']]));
  });
});

describe('what a run may have to do without', () => {
  const FALLBACK = 'fallback: { unless: { fired: 1h } }';
  const params = (value: string): string => `run: { target: train, params: { a: ${value} } }`;

  it('is the event, after a fallback', async () => {
    expect(await toldOf([FALLBACK, params('"${{ event.data.n }}"')])).toEqual([
      'warning /spec/run/params/a reads event, which is absent when run.cause is fallback — ' +
        'Write { $value, $default }, or look at run.cause first; a run fired by hand has no event either.',
    ]);
  });

  it('is no matter where there is a default or the cause is looked at', async () => {
    expect(await toldOf([FALLBACK, params('{ $value: "${{ event.data.n }}", $default: 0 }')])).toEqual([]);
    expect(await toldOf([FALLBACK, params('"${{ run.cause == \'fallback\' ? 0 : event.data.n }}"')])).toEqual([]);
    expect(await toldOf([FALLBACK, params('["${{ key }}"]')])).toEqual([]);
    expect(await toldOf([params('"${{ event.data.n }}"')])).toEqual([]);
  });

  it('is told of a Target too', async () => {
    const target = `---
apiVersion: signalbox/v1
kind: Target
metadata: { name: train }
spec: { http: { url: "https://x/\${{ event.id }}" } }
`;
    expect(await toldOf([FALLBACK], target)).toEqual([
      expect.stringContaining('warning /spec/run/target Target "train" reads event, which is absent'),
    ]);
  });

  it('is a part, where a deadline fires', async () => {
    const join = JOIN.replace('30m', '30m, onDeadline: fire');
    expect(await toldOf([join, params('"${{ parts.labels.id }}"')])).toEqual([
      expect.stringContaining('warning /spec/run/params/a reads parts, which may be absent when run.cause is deadline'),
    ]);
    expect(await toldOf([join, params('"${{ has(parts.labels) ? parts.labels.id : \'\' }}"')])).toEqual([]);
    expect(await toldOf([JOIN, params('"${{ parts.labels.id }}"')])).toEqual([]);
  });
});
