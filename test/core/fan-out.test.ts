import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  type Branch,
  type BranchEnd,
  BRANCHES_MAX,
  branchesOf,
  branchValues,
  earlierBranches,
  endedBranch,
  fanOutOutcome,
  nextMove,
} from '../../src/core/fan-out.ts';
import { branchRows, branchText, fanOutText } from '../../src/core/fan-out-view.ts';
import { jsonBytes } from '../../src/core/json-bytes.ts';
import { branchIdOf, runIdOf } from '../../src/core/run-id.ts';
import { BRANCHES_MAX_COUNT } from '../../src/spec/fan-out.ts';
import type { Json } from '../../src/spec/json.ts';
import { HOUR } from './given.ts';

const RUN = 'sb1-00';
const REGIONS = ['eu', 'us', 'ap', 'in', 'br'];

const valuesOf = (over: Json) => {
  const read = branchValues(over);
  if (!read.ok) throw new Error(read.detail);
  return read.values;
};
const branches = (over: Json = REGIONS) => branchesOf(RUN, valuesOf(over));
/** The branches with these ends, in order; what has none is as it was. */
const ended = (...ends: readonly (BranchEnd['status'] | 'running')[]) =>
  branches().map((branch, index) => ({ ...branch, status: ends[index] ?? branch.status }));
const limits = (over: Partial<Parameters<typeof nextMove>[1]> = {}) => ({
  quorum: 4,
  parallel: 3,
  withinMs: HOUR,
  ...over,
});

describe('the values of a fan-out', () => {
  it('are texts, numbers and booleans, named by their text', () => {
    expect(valuesOf(['eu', 7, false])).toEqual([
      { value: 'eu', item: 'eu' },
      { value: '7', item: 7 },
      { value: 'false', item: false },
    ]);
  });

  it('are one branch where they are the same', () => {
    expect(valuesOf(['eu', 7, 'eu', '7']).map(({ item }) => item)).toEqual(['eu', 7]);
  });

  it.each([
    ['nothing', null, 'it gave nothing, and a list is expected'],
    ['a text', 'eu', 'it gave a string'],
    ['an object', { eu: 1 }, 'it gave an object'],
    ['an empty list', [], 'it gave an empty list'],
    ['an object in it', ['eu', { region: 'us' }], 'value 2 is an object: a branch is named by'],
    ['a list in it', [['eu']], 'value 1 is a list'],
    ['null in it', [null], 'value 1 is nothing'],
    ['an empty text', [''], 'value 1 has 0 bytes'],
    ['a huge text', ['é'.repeat(101)], 'value 1 has 202 bytes, and 1 to 200 are expected'],
    ['too many', Array.from({ length: BRANCHES_MAX + 1 }, (_, index) => index), '101 different values, more than 100'],
  ])('are none where there is %s', (_what, over, why) => {
    expect(branchValues(over)).toEqual({ ok: false, detail: expect.stringContaining(why) });
  });

  it('are as many as a definition may write', () => {
    expect(BRANCHES_MAX).toBe(BRANCHES_MAX_COUNT);
    expect(branchValues(undefined)).toMatchObject({ ok: false });
  });
});

describe('a branch', () => {
  it('is the same one by its run and its value', () => {
    expect(branchIdOf(RUN, 'eu')).toMatch(/^sb1-[0-9a-f]{40}$/);
    const ids = [branchIdOf(RUN, 'eu'), branchIdOf(RUN, 'us'), branchIdOf('sb1-01', 'eu'), branchIdOf(RUN, 'eu')];
    expect(new Set(ids).size).toBe(3);
    expect(branches().map(({ runId }) => runId)).toEqual(REGIONS.map((region) => branchIdOf(RUN, region)));
  });

  it('of a replay is looked for in the replays before it, the latest first, and in the run they go back to', () => {
    const replays = (ordinal: number) => ({ root: RUN, ordinal, runId: 'sb1-before' });
    const earlier = (ordinal: number) =>
      earlierBranches('t', { key: 'k', replays: replays(ordinal) }, branches(['eu']))[0];
    const replayOf = (ordinal: number) =>
      branchIdOf(
        runIdOf({ trigger: 't', key: 'k', cause: 'replay', eventIds: ['e'], replays: replays(ordinal) }),
        'eu',
      );
    expect(earlier(1)).toEqual([branchIdOf(RUN, 'eu')]);
    expect(earlier(3)).toEqual([replayOf(2), replayOf(1), branchIdOf(RUN, 'eu')]);
    expect(earlier(500)).toHaveLength(21);
    expect(earlierBranches('t', { key: 'k' }, branches())).toEqual([]);
  });

  it('that ends after the decision is late, unless it was cancelled', () => {
    const [branch] = branches();
    if (!branch) throw new Error('no branch');
    expect(endedBranch(branch, { status: 'succeeded', result: 1 }, false)).toEqual({
      ...branch,
      status: 'succeeded',
      result: 1,
    });
    expect(endedBranch(branch, { status: 'failed', detail: 'no' }, true)).toMatchObject({ late: true, detail: 'no' });
    expect(endedBranch(branch, { status: 'cancelled' }, true)).not.toHaveProperty('late');
  });
});

describe('a fan-out', () => {
  it('starts its branches in order, so many at once', () => {
    expect(nextMove(branches(), limits(), false)).toEqual({ kind: 'start', index: 0 });
    expect(nextMove(ended('running', 'succeeded', 'running'), limits(), false)).toEqual({ kind: 'start', index: 3 });
    expect(nextMove(ended('running', 'running', 'running'), limits(), false)).toEqual({ kind: 'wait' });
  });

  it('has its quorum as soon as so many succeeded, also in the moment its time is over', () => {
    const four = ended('succeeded', 'failed', 'succeeded', 'succeeded', 'succeeded');
    expect(nextMove(four, limits(), true)).toEqual({ kind: 'reached' });
    expect(nextMove(ended('succeeded', 'running'), limits({ quorum: 1 }), false)).toEqual({ kind: 'reached' });
  });

  it('has failed as soon as its quorum cannot be reached any more, and says which branches did not succeed', () => {
    const two = ended('failed', 'running', 'timedOut').map((branch, index) =>
      index === 0 ? { ...branch, detail: 'no such region' } : branch,
    );
    expect(nextMove(two, limits(), false)).toMatchObject({
      kind: 'missed',
      outcome: {
        status: 'failed',
        letter: { code: 'fan_out_failed', place: '/run/quorum' },
        detail: '3 of 5 branches can succeed, the quorum is 4. eu failed: no such region; us running; ap timedOut',
      },
    });
    expect(nextMove(branches(['eu']), limits(), false)).toMatchObject({
      outcome: { detail: '1 of 1 branches can succeed, the quorum is 4.' },
    });
  });

  it('has timed out where its quorum was not reached in time', () => {
    expect(nextMove(ended('succeeded', 'running'), limits(), true)).toMatchObject({
      kind: 'missed',
      outcome: {
        status: 'timedOut',
        letter: { place: '/run/within' },
        detail: '1 of 4 branches succeeded within 1h. us running',
      },
    });
  });

  it('names a few of many that did not succeed', () => {
    const all = branches(Array.from({ length: 9 }, (_, index) => index)).map((it) => ({
      ...it,
      status: 'failed' as const,
    }));
    expect(nextMove(all, limits(), false)).toMatchObject({
      outcome: { detail: expect.stringMatching(/4 failed; and 4 more$/) },
    });
  });

  it('ends as what follows it ended', () => {
    const rows = branchRows(branches());
    expect(fanOutOutcome(rows, undefined)).toEqual({ kind: 'ended', status: 'succeeded', result: { branches: rows } });
    expect(fanOutOutcome(rows, { kind: 'ended', status: 'succeeded', result: 3 })).toMatchObject({
      result: { branches: rows, answer: 3 },
    });
    expect(fanOutOutcome(rows, { kind: 'ended', status: 'succeeded' })).toMatchObject({ result: { answer: null } });
    const dead = { kind: 'dead', code: 'target_missing', place: '/run/then', detail: 'none' } as const;
    expect(fanOutOutcome(rows, dead)).toBe(dead);
    expect(fanOutOutcome(rows, { kind: 'ended', status: 'failed', detail: 'no space' })).toEqual({
      kind: 'ended',
      status: 'failed',
      detail: 'All that is needed succeeded, then: no space',
      letter: { code: 'fan_out_failed', place: '/run/then' },
    });
    expect(fanOutOutcome(rows, { kind: 'ended', status: 'cancelled' })).not.toHaveProperty('letter');
  });
});

describe('whatever its branches come to', () => {
  const end = fc.constantFrom<BranchEnd['status']>('succeeded', 'failed', 'timedOut', 'cancelled');
  const story = fc.record({
    count: fc.integer({ min: 1, max: 12 }),
    quorum: fc.integer({ min: 1, max: 14 }),
    parallel: fc.integer({ min: 1, max: 5 }),
    ends: fc.array(fc.tuple(fc.nat(), end), { minLength: 12, maxLength: 12 }),
  });

  it('a fan-out starts no branch twice, never too many at once, and comes to the right end by itself', () => {
    fc.assert(
      fc.property(story, ({ count, quorum, parallel, ends }) => {
        let now: readonly Branch[] = branches(Array.from({ length: count }, (_, index) => index));
        const started: number[] = [];
        const left = [...ends];
        for (;;) {
          const move = nextMove(now, { quorum, parallel, withinMs: HOUR }, false);
          const succeeded = now.filter(({ status }) => status === 'succeeded').length;
          const open = now.filter(({ status }) => status === 'waiting' || status === 'running').length;
          const running = now.flatMap(({ status }, index) => (status === 'running' ? [index] : []));
          expect(running.length).toBeLessThanOrEqual(parallel);
          expect(move.kind === 'reached').toBe(succeeded >= quorum);
          expect(move.kind === 'missed').toBe(succeeded + open < quorum);
          if (move.kind === 'reached' || move.kind === 'missed') break;
          if (move.kind === 'start') {
            started.push(move.index);
            now = now.map((it, index) => (index === move.index ? { ...it, status: 'running' } : it));
            continue;
          }
          const [which, status] = left.shift() ?? [0, 'failed' as const];
          const chosen = running[which % running.length];
          now = now.map((it, index) => (index === chosen ? endedBranch(it, { status }, false) : it));
        }
        expect(new Set(started).size).toBe(started.length);
      }),
    );
  });

  it('what it tells of them fits the parameters of a call', () => {
    const size = fc.nat({ max: 60_000 });
    fc.assert(
      fc.property(fc.array(size, { minLength: 1, maxLength: 100 }), (sizes) => {
        const all = branches(sizes.map((_, index) => `${index}`.padEnd(200, 'x'))).map((it, index) => ({
          ...it,
          status: 'succeeded' as const,
          result: 'r'.repeat(sizes[index] ?? 0),
          detail: 'd'.repeat(500),
        }));
        expect(jsonBytes(branchRows(all))).toBeLessThan(65_536);
      }),
      { numRuns: 30 },
    );
  });
});

describe('what people see of a fan-out', () => {
  it('is how each branch stands, with its run', () => {
    const [eu, us, ap] = ended('succeeded', 'failed', 'succeeded');
    if (!eu || !us || !ap) throw new Error('no branch');
    const text = fanOutText([eu, { ...us, detail: 'no' }, { ...ap, late: true }], limits({ quorum: 2 }), 'then more');
    expect(text).toBe(
      [
        '**2 of 3 branches succeeded, 2 are needed**',
        '',
        `- ✓ \`eu\` succeeded, run \`${eu.runId}\``,
        `- ✗ \`us\` failed, run \`${us.runId}\`: no`,
        `- ✓ \`ap\` succeeded, late, run \`${ap.runId}\``,
        '',
        'then more',
      ].join('\n'),
    );
    expect(fanOutText(branches(['eu']), limits())).not.toContain('then');
  });

  it('leaves a result where it is that is larger than its share of what all may have', () => {
    const [eu, us] = ended('succeeded', 'succeeded');
    if (!eu || !us) throw new Error('no branch');
    const huge = { ...eu, result: 'x'.repeat(64_000) };
    const rows = branchRows([huge, { ...us, result: { auc: 0.9 }, late: true, detail: 'fine' }]);
    expect(rows).toEqual([
      { value: 'eu', runId: eu.runId, status: 'succeeded', result: { manifest: `/v1/runs/${eu.runId}` } },
      { value: 'us', runId: us.runId, status: 'succeeded', detail: 'fine', late: true, result: { auc: 0.9 } },
    ]);
  });

  it('is of a branch what it calls and what it belongs to', () => {
    const settings = { kind: 'fanOut', target: 'deploy', params: {}, retry: { delaysMs: [] }, timeoutMs: 1 } as const;
    const about = { trigger: 't', run: { key: 'k', settings }, branchOf: RUN, branch: { value: 'eu' } };
    expect(branchText(about)).toBe(
      '**branch** `eu` calls `deploy` for key `k` of trigger `trigger/t`, in fan-out `sb1-00`.',
    );
  });
});
