import { describe, expect, it } from 'vitest';

import { carry } from '../../src/core/carried.ts';
import {
  afterProbe,
  decideProbe,
  type ProbedTarget,
  type ProbedWay,
  type ProbeReport,
  probeReport,
} from '../../src/core/probe.ts';
import { initialState, type TriggerState } from '../../src/core/state.ts';
import { step } from '../../src/core/step.ts';
import { definition, HOUR, SECOND, T0 } from './given.ts';

const BREAKER = { failures: 3, withinMs: HOUR, openForMs: HOUR, probes: 1 } as const;

function stateWith(over: Parameters<typeof definition>[0], ...orders: Parameters<typeof step>[1][]): TriggerState {
  const state = initialState(definition(over));
  for (const order of orders) step(state, order, T0);
  return state;
}

describe('the decision about a probe', () => {
  it('is what would keep a run of the key from starting now', () => {
    const state = stateWith({ mode: 'shadow' }, { kind: 'pause', by: 'ann' });
    expect(decideProbe(state, 'eu')).toEqual({
      mode: 'shadow',
      paused: { sinceAt: T0, by: 'ann' },
      breaker: 'closed',
    });
  });

  it('sees a pause of the key, and no other key in it', () => {
    const state = stateWith({}, { kind: 'pause', key: 'eu', by: 'bob' });
    expect(decideProbe(state, 'eu')).toMatchObject({ paused: { by: 'bob' } });
    expect(decideProbe(state, 'us')).toEqual({ mode: 'live', breaker: 'closed' });
  });

  it('sees the breaker of the trigger, or that of the key', () => {
    const whole = stateWith({ breaker: { ...BREAKER, scope: 'trigger' } }, { kind: 'breaker', to: 'open', by: 'ann' });
    expect(decideProbe(whole, 'eu')).toMatchObject({ breaker: 'open' });
    const own = stateWith(
      { breaker: { ...BREAKER, scope: 'key' } },
      { kind: 'breaker', key: 'eu', to: 'open', by: 'ann' },
    );
    expect(decideProbe(own, 'eu')).toMatchObject({ breaker: 'open' });
    expect(decideProbe(own, 'us')).toMatchObject({ breaker: 'closed' });
  });

  it('changes nothing', () => {
    const state = stateWith({ breaker: { ...BREAKER, scope: 'key' } }, { kind: 'pause', by: 'ann' });
    const before = JSON.stringify(carry(state));
    decideProbe(state, 'eu');
    expect(JSON.stringify(carry(state))).toBe(before);
  });
});

const ABOUT = { trigger: 'retrain', at: T0, tookMs: 80 };
const WAY: ProbedWay = {
  workerMs: 1,
  matchedMs: 0.2,
  sample: true,
  match: { kind: 'taken', key: 'eu' },
  decidedMs: 9,
  decision: { ok: true, mode: 'live', breaker: 'closed' },
};
const target = (name: string, found: ProbedTarget['found'] = 'ready', detail = 'It is.'): ProbedTarget => ({
  target: name,
  at: [],
  found,
  detail,
});
const told = (way: Partial<ProbedWay>, ...targets: ProbedTarget[]) => {
  const { ok, conclusion } = probeReport(ABOUT, { ...WAY, ...way }, targets);
  return `${ok ? 'fine' : 'missed'}: ${conclusion}`;
};

describe('a report', () => {
  it.each([
    [[target('a')], 'fine: Ready: its target.'],
    [[target('a'), target('b')], 'fine: Ready: all 2 targets.'],
    [[target('a'), target('b', 'notProbed')], 'fine: Ready: 1 of 2 targets; 1 cannot be probed.'],
    [[target('a', 'notProbed')], 'fine: The way to its targets is fine; none of the 1 can be probed.'],
    [[target('a'), target('b', 'notReady', 'Gone.')], 'missed: Target b: Gone.'],
    [[target('a', 'missing', 'No.'), target('b', 'noAnswer', 'Late.')], 'missed: Target a: No. And 1 more said no.'],
  ])('counts what targets said', (targets, text) => {
    expect(told({}, ...targets)).toBe(text);
  });

  it('misses for a sample that is not taken or fails, and not for an event that was made up', () => {
    const notTaken = { kind: 'notTaken', detail: 'type is not "a".' } as const;
    const failed = { kind: 'failed', code: 'mapping_error', pointer: '/key', detail: 'no key.' } as const;
    expect(told({ match: notTaken }, target('a'))).toBe(
      'missed: The trigger does not take its sample: type is not "a".',
    );
    expect(told({ match: failed }, target('a'))).toBe(
      'missed: Its sample would be a dead letter, mapping_error at /key: no key.',
    );
    expect(told({ match: notTaken, sample: false }, target('a'))).toBe('fine: Ready: its target.');
    expect(told({ match: failed, sample: false }, target('a'))).toBe('fine: Ready: its target.');
  });

  it('misses where the instance did not answer, or no worker came', () => {
    expect(told({ decision: { ok: false, detail: 'Late.' } }, target('a'))).toBe(
      'missed: The instance of the trigger did not answer: Late.',
    );
    expect(probeReport(ABOUT, 'No worker.', [])).toEqual({
      ...ABOUT,
      ok: false,
      conclusion: 'No worker.',
      targets: [],
    });
  });

  it('is short, however much a target says', () => {
    expect(told({}, target('a', 'notReady', 'x'.repeat(5_000)))).toHaveLength('missed: '.length + 1_000);
    expect(probeReport(ABOUT, 'x'.repeat(5_000), []).conclusion).toHaveLength(1_000);
  });

  it('says what keeps runs from their targets although everything is there', () => {
    const decision = { ok: true, mode: 'shadow', paused: { sinceAt: T0, by: 'ann' }, breaker: 'open' } as const;
    expect(told({ decision }, target('a'))).toBe(
      'fine: Ready: its target. Paused by ann: no run starts. In shadow: its runs call no target. Its breaker is open.',
    );
  });
});

describe('the record of probes', () => {
  const report = (ok: boolean, at: number): ProbeReport => ({
    ...probeReport({ ...ABOUT, at }, WAY, ok ? [] : [target('a', 'notReady')]),
  });

  it('counts misses in a row, and remembers when all was fine', () => {
    const first = afterProbe(undefined, report(false, T0));
    expect(first).toMatchObject({ misses: 1, last: { ok: false } });
    expect(first).not.toHaveProperty('okAt');
    expect(afterProbe(first, report(false, T0 + SECOND))).toMatchObject({ misses: 2 });
    const fine = afterProbe(first, report(true, T0 + HOUR));
    expect(fine).toMatchObject({ misses: 0, okAt: T0 + HOUR });
    expect(afterProbe(fine, report(false, T0 + 2 * HOUR))).toMatchObject({ misses: 1, okAt: T0 + HOUR });
  });
});
