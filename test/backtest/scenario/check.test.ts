import { describe, expect, it } from 'vitest';

import { checked, differencesOf } from './given.ts';

const QUIET = 'debounce: { quiet: 30s }';
const twoEvents = 'events: [{ at: 0s, event: { type: a } }, { at: 10s, event: { type: a } }]';

describe('a scenario', () => {
  it('passes when everything it names is so', async () => {
    const { differences, story } = await checked({
      trigger: [QUIET, 'collect: "${{ event.id }}"'],
      params: '{ ids: "${{ items }}", key: "${{ key }}", n: "${{ run.eventCount }}" }',
      scenario: [
        twoEvents,
        'expect:',
        '  runs: [{ at: 40s, key: k, cause: events, eventCount: 2, status: succeeded,',
        '    params: { ids: [story-1, story-2], n: 2 } }]',
        '  suppressed: { dedupe: 0 }',
        '  deadLetters: 0',
      ],
    });
    expect(differences).toEqual([]);
    expect(story).toEqual([]);
  });

  it('compares nothing it does not name', async () => {
    expect(await differencesOf({ scenario: [twoEvents, 'expect: {}'] })).toEqual([]);
  });

  it('says what was expected and what happened, member by member', async () => {
    const scenario = [
      twoEvents,
      'expect: { runs: [{ at: 2h 5m, key: other, eventCount: 3, params: { n: 3, deep: { a: 1 } } }], suppressed: { dedupe: 1 } }',
    ];
    const params = '{ n: "${{ run.eventCount }}", deep: { a: [1], b: 2 } }';
    expect(await differencesOf({ trigger: [QUIET], params, scenario })).toEqual([
      'run 1 at: expected 2h 5m, got 40s',
      'run 1 key: expected other, got k',
      'run 1 eventCount: expected 3, got 2',
      'run 1 params.n: expected 3, got 2',
      'run 1 params.deep.a: expected 1, got [1]',
      'suppressed by dedupe: expected 1, got 0',
    ]);
  });

  it('points at the place in its spec, with both values', async () => {
    const { differences } = await checked({ scenario: [twoEvents, 'expect: { runs: [{ at: 0s }, { at: 9s }] }'] });
    expect(differences).toEqual([
      { path: '/expect/runs/1/at', expected: '9s', actual: '10s', text: 'run 2 at: expected 9s, got 10s' },
    ]);
  });

  it('finds the one run that is missing or too many among those that fit', async () => {
    const runs = (...moments: string[]) => [
      'events: [{ at: 0s, repeat: { count: 3, every: 1m }, event: { type: a } }]',
      `expect: { runs: [${moments.map((at) => `{ at: ${at} }`).join(', ')}] }`,
    ];
    expect(await differencesOf({ scenario: runs('0s', '30s', '1m', '2m') })).toEqual([
      'runs: expected 4, got 3',
      'run 2: did not happen (at 30s)',
    ]);
    expect(await differencesOf({ scenario: runs('0s', '2m') })).toEqual([
      'runs: expected 2, got 3',
      'unexpected run: at 1m, key "k", cause events, 1 event, succeeded',
    ]);
  });

  it('tells what happened, with reasons and moments relative to its start', async () => {
    const { story } = await checked({
      trigger: [QUIET],
      scenario: [
        'events:',
        '  - { at: 0s, event: { type: a, id: one } }',
        '  - { at: 1s, event: { type: a, id: one } }',
        '  - { at: 2s, event: { type: b, id: two } }',
        'runs: { takes: 5m, result: failed }',
        'expect: { runs: [] }',
      ],
    });
    expect(story).toEqual([
      expect.stringMatching(/^0s      event "one" waits in debounce/),
      '1s      event "one" suppressed by dedupe: The same source and id came first at 0s, within the dedupe window of 1d.',
      '2s      event "two" is not one the trigger takes: type "b" is not "a".',
      '30s     run 1 decided: cause events, key "k", event "one"',
      '5m 30s  run 1 failed',
    ]);
  });

  it('tells a long row of the same in short', async () => {
    const { story } = await checked({
      trigger: ['debounce: { quiet: 1h }'],
      scenario: [
        'events: [{ at: 0s, event: { type: b }, repeat: { count: 50, every: 1s } }]',
        'expect: { deadLetters: 1 }',
      ],
    });
    expect(story).toHaveLength(5);
    expect(story[3]).toContain('… 46 more like this');
  });
});

describe('the runs of a scenario', () => {
  it('end as its list says, the last entry for all that follow', async () => {
    const scenario = [
      'events: [{ at: 0s, repeat: { count: 4, every: 1m }, event: { type: a } }]',
      'runs: [{ takes: 10s }, { takes: 5m, result: failed }, { result: timedOut }]',
      'expect: { runs: [{ status: succeeded }, { status: failed }, { status: timedOut }, { status: timedOut }] }',
    ];
    expect(await differencesOf({ scenario })).toEqual([]);
  });

  it('are still running where the scenario ends before', async () => {
    const scenario = [
      twoEvents,
      'runs: { takes: 1h }',
      'until: 1h',
      'expect: { runs: [{ status: succeeded }, { status: running }] }',
    ];
    expect(await differencesOf({ scenario })).toEqual([]);
  });

  it('time out by their own settings', async () => {
    const scenario = [
      twoEvents,
      'runs: { takes: 1h }',
      'expect: { runs: [{ status: timedOut }, { status: timedOut }] }',
    ];
    expect(await differencesOf({ run: ['timeout: 10m'], scenario })).toEqual([]);
  });

  it('are cancelled by people: the oldest that goes on, or the one that is named', async () => {
    const scenario = [
      'events: [{ at: 0s, repeat: { count: 3, every: 1s }, event: { type: a } }]',
      'runs: { takes: 1h }',
      'actions: [{ at: 1m, cancel: {} }, { at: 2m, cancel: { run: 3 } }]',
      'expect: { runs: [{ status: cancelled }, { status: succeeded }, { status: cancelled }] }',
    ];
    expect(await differencesOf({ scenario })).toEqual([]);
  });

  it('do not start a second time under an id that is used', async () => {
    const scenario = [
      'events: [{ at: 0s, repeat: { count: 2, every: 2h, sameId: true }, event: { type: a, time: "2026-01-05T00:00:00Z" } }]',
      'expect: { runs: [{ at: 0s, status: succeeded }] }',
    ];
    expect(await differencesOf({ trigger: ['dedupe: { window: 1h }'], scenario })).toEqual([]);
  });

  it('end at once in shadow', async () => {
    const scenario = [
      twoEvents,
      'runs: { takes: 1h, result: failed }',
      'expect: { runs: [{ status: succeeded }, { status: succeeded }] }',
    ];
    expect(await differencesOf({ trigger: ['mode: shadow'], scenario })).toEqual([]);
  });
});

describe('dead letters of a scenario', () => {
  it('are events whose expressions fail, conflicts, and runs whose params fail', async () => {
    const scenario = [
      'events:',
      '  - { at: 0s, event: { type: a, id: one, data: { key: [] } } }',
      '  - { at: 1s, event: { type: a, id: two } }',
      '  - { at: 2s, event: { type: a, id: two, data: { other: body } } }',
      'expect: { deadLetters: 3, runs: [{ status: deadLettered }] }',
    ];
    expect(await differencesOf({ params: '{ n: "${{ event.data.missing }}" }', scenario })).toEqual([]);
  });

  it('are runs that end as one', async () => {
    const scenario = [twoEvents, 'runs: { result: deadLettered }', 'expect: { deadLetters: 2 }'];
    expect(await differencesOf({ scenario })).toEqual([]);
  });

  it('say where the expression stands', async () => {
    const { story } = await checked({
      scenario: ['events: [{ at: 0s, event: { type: a, data: { key: [] } } }]', 'expect: { deadLetters: 0 }'],
    });
    expect(story).toEqual([
      '0s  event "story-1" became a dead letter: mapping_error at /key: a key is text, a number or a boolean',
    ]);
  });
});

describe('what people do in a scenario', () => {
  it('is told, with what waited for it and why', async () => {
    const { story } = await checked({
      trigger: ['cooldown: { period: 1h, onExcess: ask }', 'concurrency: { limit: 1 }'],
      scenario: [
        'events: [{ at: 0s, event: { type: a, id: one } }, { at: 1m, event: { type: a, id: two } }]',
        'actions:',
        '  - { at: 0s, fire: { key: k } }',
        '  - { at: 2m, approve: {} }',
        '  - { at: 3m, pause: { key: k } }',
        '  - { at: 4m, resume: { key: k } }',
        'runs: { takes: 30s }',
        'expect: { runs: [] }',
      ],
    });
    expect(story.map((line) => line.replace(/ {2,}/, ' '))).toEqual([
      expect.stringMatching(/^0s fired .* k by the scenario$/),
      '0s run 1 decided: cause manual, key "k", no events',
      '0s run 2 decided: cause events, key "k", event "one"',
      expect.stringMatching(/^30s run 1 succeeded$/),
      '1m run 3 decided: cause events, key "k", event "two"',
      '2m run 2 approved',
      '2m 30s run 2 succeeded',
      '3m paused k by the scenario',
      '4m resumed k by the scenario',
      '1d 1m run 3 rejected',
    ]);
  });

  it('is found by the runs it means: by number, by key, or the oldest that waits', async () => {
    const scenario = [
      'events: [',
      '  { at: 0s, event: { type: a, data: { key: x } } },',
      '  { at: 1s, event: { type: a, data: { key: y } } },',
      '  { at: 2s, event: { type: a, data: { key: y } } },',
      '  { at: 3s, event: { type: a, data: { key: z } } } ]',
      'actions: [{ at: 1m, approve: { key: y } }, { at: 2m, reject: { run: 3 } }, { at: 3m, cancel: {} }]',
      'expect: { runs: [{ status: cancelled }, { status: succeeded }, { status: rejected }, { status: succeeded }] }',
    ];
    const trigger = ['approval: { timeout: 1h, onTimeout: approve }'];
    expect(await differencesOf({ trigger, scenario })).toEqual([]);
  });
});

describe('an action that nothing was there for', () => {
  it('is a difference: the scenario does not test what it says', async () => {
    const scenario = [twoEvents, 'actions: [{ at: 1m, approve: {} }, { at: 2m, cancel: { run: 2 } }]', 'expect: {}'];
    expect(await differencesOf({ scenario })).toEqual([
      'approve at 1m: there was no run to approve',
      'cancel at 2m: there was no run to cancel',
    ]);
  });
});

describe('events through a Source', () => {
  it.each([
    ['one', '{ source: landing, pattern: { type: [a] } }'],
    ['none, so at POST /events', '{ pattern: { type: [a] } }'],
    ['several', '{ any: [{ source: landing, pattern: { type: [b] } }, { source: events, pattern: { type: [a] } }] }'],
  ])('count as come in through the one the trigger names: %s', async (_, events) => {
    const scenario = ['events: [{ at: 0s, event: { type: a } }]', 'expect: { runs: [{ at: 0s }] }'];
    expect(await differencesOf({ events, scenario })).toEqual([]);
  });
});
