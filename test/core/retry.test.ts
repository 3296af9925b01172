import { describe, expect, it } from 'vitest';

import { type Attempt, letterOf, nextAttempt } from '../../src/core/retry.ts';
import { DAY, MINUTE } from './given.ts';

const delays = [MINUTE, 5 * MINUTE];
const refused = (rest: { permanent?: boolean; retryAfterMs?: number } = {}): Attempt => ({
  kind: 'notStarted',
  code: 'target_unavailable',
  detail: 'answered 503',
  permanent: false,
  ...rest,
});
const lost = (restart: boolean): Attempt => ({ kind: 'unknown', detail: 'socket closed', restart });

describe('after an attempt to start a target', () => {
  it('a finished run is its outcome, failed or not, and never repeated', () => {
    expect(nextAttempt({ kind: 'finished', status: 'failed' }, 1, delays)).toEqual({ kind: 'ended', status: 'failed' });
    const whole = { status: 'succeeded', result: { auc: 1 }, detail: 'done' } as const;
    expect(nextAttempt({ kind: 'finished', ...whole }, 1, delays)).toEqual({ kind: 'ended', ...whole });
  });

  it('a run that goes on at its target is followed', () => {
    const started = { kind: 'started', handle: { id: 7 }, everyMs: MINUTE } as const;
    expect(nextAttempt(started, 3, delays)).toEqual(started);
  });

  it('a start that did not happen waits its delay, then goes to a person', () => {
    expect(nextAttempt(refused(), 1, delays)).toMatchObject({ kind: 'wait', waitMs: MINUTE });
    expect(nextAttempt(refused(), 2, delays)).toMatchObject({ kind: 'wait', waitMs: 5 * MINUTE });
    expect(nextAttempt(refused(), 3, delays)).toMatchObject({
      kind: 'dead',
      detail: '3 attempts, the last: answered 503',
    });
    expect(nextAttempt(refused(), 1, [])).toMatchObject({ kind: 'dead', code: 'target_unavailable' });
  });

  it('Retry-After counts where it is longer, up to a day', () => {
    expect(nextAttempt(refused({ retryAfterMs: 1 }), 1, delays)).toMatchObject({ waitMs: MINUTE });
    expect(nextAttempt(refused({ retryAfterMs: 7 * MINUTE }), 1, delays)).toMatchObject({ waitMs: 7 * MINUTE });
    expect(nextAttempt(refused({ retryAfterMs: 9 * DAY }), 1, delays)).toMatchObject({ waitMs: DAY });
  });

  it('a permanent refusal goes to a person at once', () => {
    expect(nextAttempt(refused({ permanent: true }), 1, delays)).toMatchObject({
      kind: 'dead',
      detail: 'answered 503',
    });
  });

  it('a lost reply is repeated only where that is safe, as long as there are delays', () => {
    expect(nextAttempt(lost(true), 1, delays)).toMatchObject({ kind: 'wait', waitMs: MINUTE });
    expect(nextAttempt(lost(true), 3, delays)).toMatchObject({ kind: 'dead', code: 'target_unknown' });
    expect(nextAttempt(lost(false), 1, delays)).toMatchObject({ kind: 'dead', code: 'target_unknown' });
  });
});

describe('what of an end waits for a person', () => {
  const letter = { code: 'fan_out_failed', place: '/run/quorum' } as const;

  it('is all of a run that was given up', () => {
    const dead = { kind: 'dead', code: 'lane_full', place: '/run/lane', detail: 'It is full.' } as const;
    expect(letterOf(dead)).toBe(dead);
  });

  it('is what an end says that needs somebody, and nothing of any other', () => {
    expect(letterOf({ kind: 'ended', status: 'failed', detail: '1 of 2.', letter })).toEqual({
      ...letter,
      detail: '1 of 2.',
    });
    expect(letterOf({ kind: 'ended', status: 'timedOut', letter })).toMatchObject({ detail: 'timedOut' });
    expect(letterOf({ kind: 'ended', status: 'failed', detail: '1 of 2.' })).toBeUndefined();
  });
});
