import { describe, expect, it } from 'vitest';

import { checked, differencesOf } from '../backtest/scenario/given.ts';
import { given, MINUTE, offer, tick } from '../core/given.ts';
import { toldOf } from '../load/given.ts';

const join = '{ all: { left: { pattern: { type: [l] } }, right: { pattern: { type: [r] } } }, within: 30m }';

describe('events that belong together', () => {
  it('inngest/inngest #1433: parts that come in the same moment, in either order, are one run', async () => {
    for (const [first, second] of [
      ['l', 'r'],
      ['r', 'l'],
    ]) {
      const differences = await differencesOf({
        events: join,
        scenario: [
          'events:',
          `  - { at: 0s, event: { type: ${first} } }`,
          `  - { at: 0s, event: { type: ${second} } }`,
          'expect: { runs: [{ at: 0s, eventCount: 2 }], suppressed: { correlate: 0 } }',
        ],
      });
      expect(differences).toEqual([]);
    }
  });

  it('dagster-io/dagster PR #9722: both of a partition are needed, and those of another one do not count', async () => {
    const differences = await differencesOf({
      events: join,
      scenario: [
        'events:',
        '  - { at: 0s, event: { type: l, data: { key: p1 } } }',
        '  - { at: 1m, event: { type: r, data: { key: p2 } } }',
        '  - { at: 2m, event: { type: r, data: { key: p1 } } }',
        'expect: { runs: [{ at: 2m, key: p1, eventCount: 2 }], suppressed: { correlate: 1 } }',
      ],
    });
    expect(differences).toEqual([]);
  });

  it("argoproj/argo-events #1381: yesterday's part does not join today's", async () => {
    const differences = await differencesOf({
      events: join,
      scenario: [
        'events:',
        '  - { at: 0s, event: { type: r } }',
        '  - { at: 24h, event: { type: l } }',
        '  - { at: 24h5m, event: { type: r } }',
        'expect: { runs: [{ at: 24h5m, eventCount: 2 }], suppressed: { correlate: 1 } }',
      ],
    });
    expect(differences).toEqual([]);
  });

  it('argoproj/argo-events #1543: nor when nobody was there to let go of it in time', () => {
    const correlate = { parts: ['l', 'r'], withinMs: 30 * MINUTE, onDeadline: 'drop' } as const;
    const lateMs = 5 * 60 * MINUTE;
    given({ correlate })
      .when(
        offer(0, 'r', { part: 'r', nowMs: lateMs }),
        offer(31 * MINUTE, 'l', { part: 'l', nowMs: lateMs }),
        tick(lateMs),
      )
      .thenExpect({
        suppressed: [
          { event: 'r', at: 30 * MINUTE, stage: 'correlate', why: 'partMissing' },
          { event: 'l', at: 61 * MINUTE, stage: 'correlate', why: 'partMissing' },
        ],
      });
  });

  it('inngest/inngest #3695: a debounced run has all events of its window', async () => {
    const differences = await differencesOf({
      trigger: ['debounce: { quiet: 30s }', 'collect: "${{ event.data.n }}"'],
      params: '{ all: "${{ items }}" }',
      scenario: [
        'events:',
        ...[1, 2, 3].map((n) => `  - { at: ${n}s, event: { type: a, data: { n: ${n} } } }`),
        'expect: { runs: [{ at: 33s, eventCount: 3, params: { all: [1, 2, 3] } }] }',
      ],
    });
    expect(differences).toEqual([]);
  });
});

describe('what does not run', () => {
  it('inngest/inngest #2226: is told by the stage that suppressed it, with the limit it reached', async () => {
    const { differences, story } = await checked({
      trigger: ['rate: { limit: 1, per: 1h, onExcess: drop }'],
      scenario: [
        'events: [{ at: 0s, repeat: { count: 3, every: 1m }, event: { type: a } }]',
        // Expected wrong on purpose: the story is told where something differs.
        'expect: { runs: [{ at: 0s }], suppressed: { rate: 1 } }',
      ],
    });
    expect(differences.map(({ text }) => text)).toEqual(['suppressed by rate: expected 1, got 2']);
    expect(story.filter((line) => line.includes('rate') && line.includes('1h'))).toHaveLength(2);
  });

  it('dagster-io/dagster #19348: a dedupe key is free again when its window is over', async () => {
    const differences = await differencesOf({
      trigger: ['dedupe: { by: "${{ event.data.path }}", window: 1h }'],
      scenario: [
        'events:',
        ...['0s', '30m', '2h'].map((at) => `  - { at: ${at}, event: { type: a, data: { path: p } } }`),
        'expect: { runs: [{ at: 0s }, { at: 2h }], suppressed: { dedupe: 1 } }',
      ],
    });
    expect(differences).toEqual([]);
  });

  it('dagster-io/dagster #14830: an expression that fails is a dead letter, and no tick is dropped', async () => {
    const differences = await differencesOf({
      events: '{ pattern: { type: [a] }, when: "event.data.rows > 10" }',
      scenario: [
        'events:',
        '  - { at: 0s, event: { type: a, data: { rows: many } } }',
        '  - { at: 1s, event: { type: a, data: { rows: 11 } } }',
        'expect: { runs: [{ at: 1s }], deadLetters: 1 }',
      ],
    });
    expect(differences).toEqual([]);
  });

  it('PrefectHQ/prefect #14692: an absence is none while what it watches happens', async () => {
    const differences = await differencesOf({
      trigger: ['fallback: { unless: { fired: 2h } }'],
      scenario: [
        'events: [{ at: 0s, repeat: { count: 5, every: 1h }, event: { type: a } }]',
        'until: 5h59m',
        'expect:',
        '  runs: [{ at: 0s }, { at: 1h }, { at: 2h }, { at: 3h }, { at: 4h }]',
      ],
    });
    expect(differences).toEqual([]);
  });

  it('PrefectHQ/prefect #19332: and it fires as soon as it is one', async () => {
    const differences = await differencesOf({
      trigger: ['fallback: { unless: { fired: 2h } }'],
      scenario: [
        'events: [{ at: 0s, event: { type: a } }]',
        'until: 3h',
        'expect: { runs: [{ at: 0s, cause: events }, { at: 2h, cause: fallback }] }',
      ],
    });
    expect(differences).toEqual([]);
  });
});

describe('filters', () => {
  it('argoproj/argo-events #3215: none of several values is none of them', async () => {
    const differences = await differencesOf({
      events: '{ pattern: { type: [a], data: { region: [{ anything-but: [eu, us] }] } } }',
      scenario: [
        'events:',
        ...['eu', 'us', 'in'].map((it, at) => `  - { at: ${at}s, event: { type: a, data: { region: ${it} } } }`),
        'expect: { runs: [{ at: 2s }] }',
      ],
    });
    expect(differences).toEqual([]);
  });

  it('argoproj/argo-events #1449: alternatives that were surely meant to be both are told at lint', async () => {
    const told = await toldOf(['events: { pattern: { type: [{ prefix: daily. }, { suffix: .parquet }] } }']);
    expect(told).toEqual([expect.stringMatching(/^warning .*type/)]);
  });

  it('knative/eventing #8274: look into the data of an event, by pattern and by expression', async () => {
    const differences = await differencesOf({
      events:
        '{ pattern: { type: [a], data: { size: [{ numeric: [">", 5] }] } }, when: "event.data.name.endsWith(\'.csv\')" }',
      scenario: [
        'events:',
        '  - { at: 0s, event: { type: a, data: { size: 5, name: a.csv } } }',
        '  - { at: 1s, event: { type: a, data: { size: 6, name: a.txt } } }',
        '  - { at: 2s, event: { type: a, data: { size: 6, name: a.csv } } }',
        'expect: { runs: [{ at: 2s }] }',
      ],
    });
    expect(differences).toEqual([]);
  });

  it('PrefectHQ/prefect #11470: an empty pattern is refused, and a trigger that takes everything is warned about', async () => {
    expect(await toldOf(['events: { pattern: {} }'])).toEqual([expect.stringMatching(/^error .*matches nothing/)]);
    expect(await toldOf(['events: {}'])).toEqual([expect.stringMatching(/^warning .*takes every event/)]);
  });
});
