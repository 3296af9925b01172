import { describe, expect, it } from 'vitest';

import { emissionOf, heldBy } from '../../src/core/emission.ts';
import { deeper, HOPS_MAX, type Lineage, nextHop, tooLong } from '../../src/core/lineage.ts';
import { runText } from '../../src/core/run-view.ts';
import { definition, given, HOUR, offer, quiet, SECOND, tick } from './given.ts';

const lineage = (depth: number, root = 'evt_root'): Lineage => ({
  root,
  parent: `sb1-${depth}`,
  depth,
  path: Array.from({ length: depth }, (_, index) => `t${index + 1}`),
});

describe('the lineage of what a run emits', () => {
  const items = [{ eventId: 'evt_first', time: 0 }];

  it('begins with its first event, or with the run where there is none', () => {
    const hop = { root: 'evt_first', parent: 'sb1-r', depth: 1, path: ['retrain'] };
    expect(nextHop('retrain', { runId: 'sb1-r', items, last: {} })).toEqual(hop);
    expect(nextHop('retrain', { runId: 'sb1-r', items: [], last: {} })).toEqual({ ...hop, root: 'sb1-r' });
  });

  it('goes on where the chain of its event was', () => {
    const last = { lineage: lineage(2) };
    expect(nextHop('deploy', { runId: 'sb1-r', items, last })).toEqual({
      root: 'evt_root',
      parent: 'sb1-r',
      depth: 3,
      path: ['t1', 't2', 'deploy'],
    });
  });

  it('that is too long says which way it went', () => {
    expect(HOPS_MAX).toBe(16);
    expect(tooLong(lineage(3))).toContain('hop 3 of one chain, more than 16: t1 → t2 → t3. It began with evt_root.');
  });

  it('is the deeper one of two, the first of equals', () => {
    expect(deeper(lineage(1), lineage(2))?.depth).toBe(2);
    expect(deeper(lineage(2), lineage(1))?.depth).toBe(2);
    expect(deeper(lineage(2, 'a'), lineage(2, 'b'))?.root).toBe('a');
    expect([deeper(lineage(1), undefined)?.depth, deeper(undefined, lineage(1))?.depth]).toEqual([1, 1]);
    expect(deeper(undefined, undefined)).toBeUndefined();
  });
});

describe('a run of several events', () => {
  it('has the longest chain among them, whatever the last event is', () => {
    const [run] = given(quiet(30 * SECOND)).when(
      offer(0, 'a', { lineage: lineage(5) }),
      offer(SECOND, 'b', { event: { n: 2 }, lineage: lineage(2) }),
      offer(2 * SECOND, 'c', { event: { n: 3 } }),
      tick(HOUR),
    ).runs;
    expect(run?.last).toEqual({ event: { n: 3 }, lineage: lineage(5) });
  });

  it('shows people where it comes from', () => {
    const [run] = given({}).when(offer(0, 'a', { lineage: lineage(2) })).runs;
    if (!run) throw new Error('no run');
    expect(runText({ trigger: 'deploy', run }, String)).toContain(
      'Hop 2 of a chain: emitted by run `sb1-2` of t1 → t2, begun by `evt_root`.',
    );
    const [alone] = given({}).when(offer(0, 'a')).runs;
    expect(alone && runText({ trigger: 'deploy', run: alone }, String)).not.toContain('chain');
    expect(definition().run.emit).toBeUndefined();
  });
});

describe('a run of replayed events', () => {
  const REPLAYED = { eventId: 'evt_first', replayId: 'rpl_1' };

  it('says so, also where an event that came by itself was the last', () => {
    const [run] = given(quiet(30 * SECOND)).when(
      offer(0, 'a', { replayed: REPLAYED }),
      offer(SECOND, 'b', { event: { n: 2 }, lineage: lineage(2) }),
      tick(HOUR),
    ).runs;
    expect(run?.last).toEqual({ event: { n: 2 }, lineage: lineage(2), replayed: REPLAYED });
    expect(run && runText({ trigger: 'retrain', run }, String)).toContain(
      'Stored events came once more by replay `rpl_1`, the last of them `evt_first`.',
    );
  });

  it('names the last replay where there were two', () => {
    const later = { eventId: 'evt_second', replayId: 'rpl_2' };
    const [run] = given(quiet(30 * SECOND)).when(
      offer(0, 'a', { replayed: REPLAYED }),
      offer(SECOND, 'b', { replayed: later }),
      tick(HOUR),
    ).runs;
    expect(run?.last).toEqual({ replayed: later });
  });
});

describe('the end of a run', () => {
  it.each(['succeeded', 'failed', 'timedOut', 'cancelled', 'skipped'] as const)('that %s emits that', (status) => {
    const seen = { status, detail: 'why', result: { auc: 1 } };
    expect(emissionOf({ kind: 'ended', ...seen })).toEqual({ name: status, seen });
  });

  it('of a rejected one is cancelled, with its own status', () => {
    const seen = { status: 'rejected', detail: null, result: null };
    expect(emissionOf({ kind: 'ended', status: 'rejected' })).toEqual({ name: 'cancelled', seen });
  });

  it('of one that needs a person is held, and says why', () => {
    const dead = { kind: 'dead', code: 'target_rejected', place: '/run/target', detail: '404' } as const;
    expect(emissionOf(dead)).toEqual(heldBy('target_rejected at /run/target: 404'));
  });
});
