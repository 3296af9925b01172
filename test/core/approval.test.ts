import { describe, expect, it } from 'vitest';

import { askLabel, askOf, askText, askToPromote, decisionText, rejectedAs, timedOut } from '../../src/core/approval.ts';
import type { RunReport } from '../../src/core/fact.ts';
import type { Definition } from '../../src/spec/definition.ts';
import { runOf } from '../activities/given.ts';
import { given, offer, T0, tick } from './given.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const OWN = { timeoutMs: 4 * HOUR, onTimeout: 'approve', notify: [{ target: 'owners', params: {} }] } as const;
const settings = { ...runOf().settings, approval: OWN };
const timeText = (at: number) => `t${at}`;

describe('what a run asks', () => {
  it('is nothing without an approval, or where the condition is false', () => {
    expect(askOf(runOf(), true)).toBeUndefined();
    expect(askOf(runOf({ settings }), false)).toBeUndefined();
  });

  it('is what its trigger says', () => {
    expect(askOf(runOf({ settings }), true)).toEqual({ why: 'approval', ...OWN });
  });

  it('because of a closed limit is asked whatever the condition says, and never approved by time alone', () => {
    const asks = { stage: 'rate' } as const;
    expect(askOf(runOf({ settings, asks }), false)).toEqual({ ...OWN, why: 'rate', onTimeout: 'reject' });
    expect(askOf(runOf({ asks }), true)).toEqual({ why: 'rate', timeoutMs: DAY, onTimeout: 'reject', notify: [] });
  });
});

describe('a run that is not approved', () => {
  it('ends as rejected, with who said so and why', () => {
    const decided = { decision: 'rejected', by: 'ann', at: 1 } as const;
    expect(rejectedAs(decided)).toEqual({ kind: 'ended', status: 'rejected', detail: 'By ann.' });
    expect(rejectedAs({ ...decided, reason: 'too early' })).toMatchObject({ detail: 'By ann: too early' });
  });
});

describe('what a deployment asks before it promotes', () => {
  it('is what its promotion says, for a reason of its own', () => {
    const ask = askToPromote(OWN);
    expect(ask).toEqual({ why: 'promotion', ...OWN });
    expect(askText('sb1-1', ask, { untilAt: 1, failures: [] }, timeText)).toContain('ready to be promoted');
  });
});

describe('a run that is cancelled while it waits', () => {
  const hourly = { rate: { limit: 1, perMs: HOUR, onExcess: 'queue', scope: 'trigger' } } as const;
  const cooling = { cooldown: { periodMs: HOUR, onExcess: 'hold' } } as const;
  const MINUTE = 60_000;

  /** The moments at which runs start of two events, the first of whose runs is cancelled after 20 minutes. */
  function starts(overrides: Partial<Definition>, began: RunReport['began']): readonly number[] {
    const first = given(overrides).when(offer(0, 'a'), offer(10 * MINUTE, 'b'));
    const [run] = first.runs;
    if (!run) throw new Error('nothing has started');
    const report = { runId: run.runId, key: run.key, status: 'cancelled', firedAt: run.firedAt } as const;
    const cancelled = { ...report, endedAt: T0 + 20 * MINUTE, ...(began === false && { began }) };
    const rest = first
      .afterContinueAsNew()
      .when({ input: { kind: 'runEnded', report: cancelled }, nowMs: 20 * MINUTE }, tick(2 * HOUR));
    return [...first.runs, ...rest.runs].map(({ firedAt }) => firedAt - T0);
  }

  it('gives its place in a rate back, and one that had begun does not', () => {
    expect(starts(hourly, false)).toEqual([0, 20 * MINUTE]);
    expect(starts(hourly, undefined)).toEqual([0, HOUR]);
  });

  it('ends the cooldown it began, and one that had begun does not', () => {
    expect(starts(cooling, false)).toEqual([0, 20 * MINUTE]);
    expect(starts(cooling, undefined)).toEqual([0, HOUR]);
  });
});

describe('people read', () => {
  const ask = { why: 'approval', timeoutMs: 4 * HOUR, onTimeout: 'reject', notify: [] } as const;

  it('until when a run waits and what follows', () => {
    expect(askLabel(ask, 7, timeText)).toBe('waits for approval until t7, then is rejected');
    expect(askLabel({ ...ask, onTimeout: 'approve' }, 7, timeText)).toBe(
      'waits for approval until t7, then is approved',
    );
  });

  it('why it waits, how to answer, and who could not be told', () => {
    const text = askText('sb1-1', { ...ask, why: 'cooldown' }, { untilAt: 7, failures: ['`owners`: away'] }, timeText);
    expect(text).toContain('**cooldown** asks');
    expect(text).toContain('signalbox runs approve sb1-1');
    expect(text).toContain('- not notified: `owners`: away');
    expect(askText('sb1-1', ask, { untilAt: 7, failures: [] }, timeText)).toContain('Its trigger asks for approval.');
  });

  it('what was decided, by whom and why', () => {
    expect(decisionText({ decision: 'approved', by: 'ann', at: 7 }, timeText)).toBe('**approved** by ann at t7');
    expect(decisionText(timedOut(ask, 7), timeText)).toBe('**rejected** by timeout at t7: Nobody answered within 4h.');
    expect(timedOut({ ...ask, onTimeout: 'approve' }, 7).decision).toBe('approved');
  });
});
