import { describe, expect, test } from 'vitest';

import { initialState, noCounts } from '../../../src/core/state.ts';
import { definition } from '../../core/given.ts';
import type { Evidence, InstanceEvidence } from './evidence.ts';
import { violations } from './oracle.ts';

/** Three events: one came twice, one once more with another body; two runs, the cooldown apart. */
const instance: InstanceEvidence = {
  trigger: 'paced',
  deliveries: [
    { eventId: 'a', body: '1' },
    { eventId: 'b', body: '1' },
    { eventId: 'a', body: '1' },
    { eventId: 'b', body: '2' },
    { eventId: 'c', body: '1' },
  ],
  counts: {
    ...initialState(definition()).counts,
    accepted: 5,
    suppressed: { ...noCounts().suppressed, dedupe: 1 },
    deadLettered: 1,
    runs: 2,
    eventsInRuns: 3,
  },
  pending: 0,
  cooldownMs: 100,
};
const first = { runId: 'r1', trigger: 'paced', key: 'k', firedAt: 1_000, eventIds: ['a', 'b'] };
const second = { runId: 'r2', trigger: 'paced', key: 'k', firedAt: 1_100, eventIds: ['c'] };
const good: Evidence = {
  acked: ['a', 'b', 'c', 'a', 'b'].map((eventId) => ({ trigger: 'paced', eventId })),
  ackedDead: [{ trigger: 'paced', eventId: 'd' }],
  instances: [instance],
  runs: [first, second],
  calls: [
    { runId: 'r1', text: '{1}', eventIds: ['b', 'a'] },
    { runId: 'r1', text: '{1}', eventIds: ['b', 'a'] },
    { runId: 'r2', text: '{2}' },
  ],
  deadLetters: [
    { trigger: 'paced', code: 'event_id_conflict', eventIds: ['b'] },
    { trigger: 'paced', code: 'filter_error', eventIds: ['d'] },
  ],
  broken: [],
};

const counting = (counts: Partial<InstanceEvidence['counts']>): Partial<Evidence> => ({
  instances: [{ ...instance, counts: { ...instance.counts, ...counts } }],
});

describe('the oracle of the ledger test', () => {
  test('finds nothing where every promise was kept', () => {
    expect(violations(good)).toEqual([]);
  });

  test.each<[string, Partial<Evidence>, string]>([
    ['an event in two runs', { runs: [first, { ...second, eventIds: ['a', 'c'] }] }, 'in two runs: 1'],
    ['an acknowledged event in no run', { runs: [{ ...first, eventIds: ['a'] }, second] }, 'in no run: 2, such as b'],
    [
      'an acknowledged event that no instance got',
      { acked: [...good.acked, { trigger: 'paced', eventId: 'z' }] },
      'never delivered: 1, such as z',
    ],
    [
      'an event acknowledged for a trigger without an instance',
      { acked: [{ trigger: 'gone', eventId: 'a' }] },
      'without an instance: 1',
    ],
    ['an event still pending', { instances: [{ ...instance, pending: 2 }] }, 'pending events differ: 2'],
    ['a delivery that was not decided', counting({ accepted: 4 }), 'decided and sent differ: 4 and 5'],
    [
      'a duplicate that was not suppressed',
      counting({ suppressed: noCounts().suppressed }),
      'duplicates suppressed and sent differ: 0 and 1',
    ],
    ['a conflict that was not dead-lettered', counting({ deadLettered: 0 }), 'conflicts dead-lettered and sent differ'],
    [
      'a conflict that nobody holds',
      { deadLetters: good.deadLetters.filter(({ code }) => code !== 'event_id_conflict') },
      'conflicts without a dead letter: 1, such as b',
    ],
    ['a dead letter that nobody holds', { ackedDead: [{ trigger: 'paced', eventId: 'e' }] }, 'not held: 1'],
    ['a run that was decided and not started', counting({ runs: 3 }), 'runs decided and started differ: 3 and 2'],
    ['a run that never reached the target', { calls: good.calls.slice(0, 2) }, 'never called at the target: 1'],
    ['a start without a run', { calls: [...good.calls, { runId: 'r3', text: '' }] }, 'without a run: 1, such as r3'],
    ['two bodies for one run', { calls: [...good.calls, { runId: 'r2', text: '{3}' }] }, 'two bodies: 1, such as r2'],
    [
      'a body that names other events',
      { calls: [...good.calls, { runId: 'r2', text: '{2}', eventIds: ['a'] }] },
      'other events than the run has: 1',
    ],
    ['a run within the cooldown', { runs: [first, { ...second, firedAt: 1_099 }] }, 'r2 after 99 ms'],
    ['a workflow that broke', { broken: [{ workflowId: 'trigger/paced', status: 'FAILED' }] }, 'ended as FAILED'],
  ])('finds %s', (_what, change, violation) => {
    expect(violations({ ...good, ...change }).join('\n')).toContain(violation);
  });
});
