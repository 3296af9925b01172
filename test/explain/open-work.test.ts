import { expect, it } from 'vitest';

import { openWorkOf } from '../../src/explain/open-work.ts';
import { AT } from './given.ts';

const CLOSED = { mode: 'closed', failedAt: [] } as const;
const LIMITS = { starts: 0, running: [], breaker: CLOSED };

it('what waits is told for every place in which events of a key can be', () => {
  const { open } = openWorkOf({
    limits: LIMITS,
    keys: [
      {
        key: 'a',
        sorting: { events: 1, dueAt: AT },
        parts: [
          { part: 'x', expiresAt: AT + 2 },
          { part: 'y', expiresAt: AT + 1 },
        ],
        missing: ['z'],
        threshold: { reached: 3, atLeast: 10, events: 3 },
        window: { stage: 'debounce', mode: 'collecting', events: 2, openedAt: AT, dueAt: AT + 5 },
        waiting: [
          { how: 'hold', stage: 'cooldown', cause: 'events', events: 4, sinceAt: AT, untilAt: AT + 9 },
          { how: 'queue', stage: 'concurrency', cause: 'events', events: 1, sinceAt: AT },
        ],
        paused: { sinceAt: AT, by: 'ana', kept: 2 },
      },
      { key: 'b', window: { stage: 'batch', mode: 'collecting', events: 0, openedAt: AT }, parts: [] },
      { key: 'c', window: { stage: 'batch', mode: 'collecting', events: 1, openedAt: AT } },
    ],
  });
  expect(open.map(({ key, place }) => [key, place.kind === 'kept' ? 'pause' : place.stage, place.events])).toEqual([
    ['a', 'pause', 2],
    ['a', 'order', 1],
    ['a', 'correlate', 2],
    ['a', 'threshold', 3],
    ['a', 'debounce', 2],
    ['a', 'cooldown', 4],
    ['a', 'concurrency', 1],
    ['c', 'batch', 1],
  ]);
  expect(open[2]?.place).toMatchObject({ missing: ['z'], dueAt: AT + 1 });
});

it('breakers that are not closed are told, that of the trigger first', () => {
  const breaker = (of: Parameters<typeof openWorkOf>[0]['limits']['breaker']) => ({ ...LIMITS, breaker: of });
  const { breakers } = openWorkOf({
    limits: breaker({ mode: 'open', failures: 3, untilAt: AT }),
    keys: [
      { key: 'a', limits: breaker({ mode: 'halfOpen', probes: ['sb1-1'], succeeded: 0 }) },
      { key: 'b', limits: breaker({ mode: 'draining' }) },
      { key: 'c', limits: breaker({ mode: 'open', failures: 2 }) },
      { key: 'd', limits: breaker(CLOSED) },
    ],
  });
  expect(breakers).toEqual([
    { failures: 3, untilAt: AT },
    { key: 'a', failures: 0 },
    { key: 'b', failures: 0 },
    { key: 'c', failures: 2 },
  ]);
});

it('a pause of the whole trigger is told with what it keeps', () => {
  const { paused } = openWorkOf({ paused: { sinceAt: AT, by: 'ana', kept: 7 }, limits: LIMITS, keys: [] });
  expect(paused).toEqual({ sinceAt: AT, by: 'ana', events: 7 });
});
