import { describe, expect, it } from 'vitest';

import { deploySteps, haltedOutcome, isPromotion, progressText, reverts } from '../../src/core/deploy.ts';
import { staleAlert } from '../../src/core/rollback.ts';
import type { CheckSettings, DeployPlan } from '../../src/spec/definition.ts';
import { MINUTE } from './given.ts';

const call = (target: string) => ({ target, params: {} });
const check = {
  attempts: 1,
  everyMs: 1,
  timeoutMs: 1,
  expect: 'true',
  kind: 'target',
  call: call('eval'),
} satisfies CheckSettings;
const plan = (over: Partial<DeployPlan> = {}): DeployPlan => ({
  kind: 'deploy',
  version: '${{ event.data.version }}',
  smoke: [],
  promote: call('prod'),
  weights: [],
  verify: [],
  revert: [],
  ...over,
});
const names = (over: Partial<DeployPlan>) => deploySteps(plan(over)).map(({ name }) => name);

describe('the steps of a deployment', () => {
  it('are its promotion alone where nothing else is asked for', () => {
    expect(names({})).toEqual(['promote']);
  });

  it('come in the order of the plan', () => {
    const approval = { timeoutMs: 1, onTimeout: 'reject', notify: [] } as const;
    expect(names({ stage: call('staging'), smoke: [check, check], approval, verify: [check] })).toEqual([
      'stage',
      'smoke/0',
      'smoke/1',
      'approval',
      'promote',
      'verify/0',
    ]);
  });

  it('go through every weight, bake where it is left for a while, and look where something is expected', () => {
    const weights = [
      { weight: 10, bakeMs: 5, expect: 'result.ok' },
      { weight: 100, bakeMs: 0 },
    ];
    expect(names({ weights, check: call('errors') })).toEqual([
      'promote/10%',
      'promote/10% bake',
      'promote/10% check',
      'promote/100%',
    ]);
    const [first] = deploySteps(plan({ weights }));
    expect(first).toMatchObject({ name: 'promote/10%', weight: 10, expect: 'result.ok' });
    expect(names({ weights })).not.toContain('promote/10% check');
  });

  it('promote where they are calls of the promotion', () => {
    const steps = deploySteps(plan({ stage: call('staging'), weights: [{ weight: 100, bakeMs: 1 }] }));
    expect(steps.map(isPromotion)).toEqual([false, true, false]);
  });
});

describe('a halted deployment', () => {
  const [step] = deploySteps(plan());
  if (!step) throw new Error('no step');
  const failed = { step, outcome: { kind: 'ended', status: 'failed', detail: 'too many errors.' } } as const;

  it('ends as its step did, with what was undone', () => {
    expect(haltedOutcome(failed, true, [{ target: 'undo' }])).toEqual({
      kind: 'ended',
      status: 'failed',
      detail: 'promote: too many errors. Undone by undo.',
    });
    expect(haltedOutcome(failed, false, [])).toMatchObject({
      detail: expect.stringContaining('Nothing had been changed.'),
    });
    expect(haltedOutcome(failed, true, [])).toMatchObject({ detail: expect.stringContaining('run.revert is not set') });
  });

  it('says how its step ended where that gave no reason', () => {
    const timedOut = { step, outcome: { kind: 'ended', status: 'timedOut' } } as const;
    expect(haltedOutcome(timedOut, false, [])).toMatchObject({ detail: expect.stringMatching(/^promote: timedOut /) });
  });

  it('needs a person where undoing did not work, whatever halted it', () => {
    const reverted = [{ target: 'a' }, { target: 'b', problem: 'answered 500' }];
    expect(haltedOutcome(failed, true, reverted)).toMatchObject({
      kind: 'dead',
      code: 'revert_failed',
      detail: 'promote: too many errors. Undone by a. NOT undone by b: answered 500.',
    });
  });
});

describe('what undoes a deployment', () => {
  const all = [{ ...call('back'), of: 'promote' }, { ...call('unstage'), of: 'stage' }, call('tell')] as const;
  const targets = (...begun: string[]) => reverts(plan({ revert: all }), begun).map(({ target }) => target);

  it('is what undoes the steps that may have happened, and what undoes whatever did', () => {
    expect(targets('stage')).toEqual(['unstage', 'tell']);
    expect(targets('stage', 'promote/10%')).toEqual(['back', 'unstage', 'tell']);
    expect(targets('promote')).toEqual(['back', 'tell']);
  });
});

describe('the progress of a deployment', () => {
  it('has a line a step, with what is done, what runs and what halted', () => {
    const steps = deploySteps(plan({ stage: call('staging'), verify: [check] }));
    expect(progressText('7', steps, 1, 'runs')).toBe('**Deploys `7`**\n\n- ✓ stage\n- ⏳ promote\n- · verify/0');
    expect(progressText('7', steps, 0, 'undoing')).toContain('- ✗ stage\n');
    expect(progressText('7', steps, 0, 'undoing')).toContain('Undoes what was done');
    expect(progressText('7', steps, 3, 'halted')).not.toContain('✗');
  });
});

describe('an alert', () => {
  const items = [
    { eventId: 'a', time: 0 },
    { eventId: 'b', time: MINUTE },
  ];

  it('is stale where its newest event is older than it may be', () => {
    expect(staleAlert({ items }, MINUTE, 2 * MINUTE)).toBeUndefined();
    expect(staleAlert({ items }, MINUTE, 2 * MINUTE + 1)).toMatchObject({ status: 'skipped', began: false });
  });

  it('is never stale where no age is set, or a person fired without events', () => {
    expect(staleAlert({ items }, undefined, 9 * MINUTE)).toBeUndefined();
    expect(staleAlert({ items: [] }, MINUTE, 9 * MINUTE)).toBeUndefined();
  });
});
