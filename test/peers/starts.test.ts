import { describe, expect, it } from 'vitest';

import { differencesOf } from '../backtest/scenario/given.ts';
import { fire, given, HOUR, MINUTE, offer, started, T0, tick } from '../core/given.ts';

describe('one event, one run', () => {
  it('apache/airflow #63507: what two replicas deliver is one run', async () => {
    const differences = await differencesOf({
      scenario: [
        'events: [{ at: 0s, repeat: { count: 2, every: 0s, sameId: true }, event: { type: a } }]',
        'expect: { runs: [{ at: 0s, eventCount: 1 }], suppressed: { dedupe: 1 }, deadLetters: 0 }',
      ],
    });
    expect(differences).toEqual([]);
  });

  it('argoproj/argo-events #850: an event that comes again milliseconds later is not a second run', async () => {
    const differences = await differencesOf({
      scenario: [
        'events: [{ at: 0s, repeat: { count: 4, every: 22ms, sameId: true }, event: { type: a } }]',
        'expect: { runs: [{ at: 0s }], suppressed: { dedupe: 3 } }',
      ],
    });
    expect(differences).toEqual([]);
  });

  it('n8n-io/n8n #31837: another body under the same id is no second run either, but a dead letter to look at', async () => {
    const differences = await differencesOf({
      scenario: [
        'events:',
        '  - { at: 0s, event: { type: a, id: one, source: s, data: { n: 1 } } }',
        '  - { at: 1s, event: { type: a, id: one, source: s, data: { n: 2 } } }',
        'expect: { runs: [{ at: 0s }], deadLetters: 1 }',
      ],
    });
    expect(differences).toEqual([]);
  });

  it('argoproj/argo-events #3326: events in rapid succession start a run each', async () => {
    const differences = await differencesOf({
      scenario: [
        'events:',
        '  - { at: 0s, event: { type: a } }',
        '  - { at: 0s, event: { type: a } }',
        '  - { at: 1ms, event: { type: a } }',
        'expect: { runs: [{ at: 0s }, { at: 0s }, { at: 1ms }] }',
      ],
    });
    expect(differences).toEqual([]);
  });

  it('dagster-io/dagster #32853: every partition that comes gets its run, not the last one alone', async () => {
    const event = (key: string) => `  - { at: 0s, event: { type: a, data: { key: ${key} } } }`;
    const differences = await differencesOf({
      trigger: ['debounce: { quiet: 5s }'],
      scenario: [
        'events:',
        ...['p1', 'p2', 'p3', 'p4'].map(event),
        'expect: { runs: [{ key: p1 }, { key: p2 }, { key: p3 }, { key: p4 }] }',
      ],
    });
    expect(differences).toEqual([]);
  });
});

describe('while a run is active', () => {
  const events = 'events: [{ at: 0s, repeat: { count: 4, every: 1m }, event: { type: a } }]';

  it('apache/airflow #56050: events that come while a run is active are not lost', async () => {
    const differences = await differencesOf({
      trigger: ['concurrency: { limit: 1, onExcess: hold }'],
      scenario: [
        events,
        'runs: { takes: 10m }',
        'expect: { runs: [{ at: 0s, eventCount: 1 }, { at: 10m, eventCount: 3 }] }',
      ],
    });
    expect(differences).toEqual([]);
  });

  it('apache/airflow #56749: or run one by one, in order, where the trigger queues', async () => {
    const differences = await differencesOf({
      trigger: ['concurrency: { limit: 1, onExcess: queue }'],
      scenario: [
        events,
        'runs: { takes: 10m }',
        'expect: { runs: [{ at: 0s }, { at: 10m }, { at: 20m }, { at: 30m }] }',
      ],
    });
    expect(differences).toEqual([]);
  });
});

describe('a start that is repeated', () => {
  it('hatchet-dev/hatchet #4129: what was due while nobody was there fires once, however often one looks', () => {
    given({ loadedAt: T0, fallback: { unless: 'fired', forMs: HOUR, keys: ['default'], scope: 'trigger' } })
      .when(tick(5 * HOUR), tick(5 * HOUR), started(5 * HOUR, 0))
      .thenExpect({ runs: [{ at: 5 * HOUR, events: [], cause: 'fallback', key: 'default' }] })
      .afterContinueAsNew()
      .when(tick(5 * HOUR + 1))
      .thenExpect({ runs: [] });
  });

  it('hatchet-dev/hatchet #907: the same order by hand is the same run id, so it starts one run', () => {
    const [first, again] = given({}).when(fire(0, 'order-1'), started(1, 0), fire(MINUTE, 'order-1')).runs;
    expect(first?.runId).toBe(again?.runId);
    expect(first?.members).toBe(again?.members);
  });

  it('inngest/inngest #2427: a run that is started again has all of its events', () => {
    const decided = given({ batch: { maxEvents: 3 } }).when(offer(0, 'a'), offer(1, 'b'), offer(2, 'c'));
    const { state } = decided.afterContinueAsNew().when();
    expect([...state.starting.values()]).toEqual(decided.runs);
    expect(decided.runs.map(({ items }) => items.length)).toEqual([3]);
  });
});
