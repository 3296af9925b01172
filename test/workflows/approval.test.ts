import { describe, expect, it } from 'vitest';

import { approveUpdate, batchSignal, rejectUpdate } from '../../src/contract/definitions.ts';
import { instanceId, SEARCH_ATTRIBUTE } from '../../src/contract/names.ts';
import { isObject } from '../../src/match/json.ts';
import type { ApprovalSettings } from '../../src/spec/definition.ts';
import type { Json } from '../../src/spec/json.ts';
import { useWorld } from './harness.ts';
import { DAY, HOUR, MINUTE, SECOND, workerLog } from './world.ts';

const world = useWorld();

/** A run of a trigger and target of this name that asks for approval, at rest. */
async function waiting(name: string, approval: Partial<ApprovalSettings> = {}) {
  await world().define(name);
  const settings = { timeoutMs: 4 * HOUR, onTimeout: 'reject', notify: [], ...approval } as const;
  const run = await world().startRun(name, `sb1-${name}`, { settings: { approval: settings } });
  await world().settle();
  return run;
}

async function outcomeOf(runId: string): Promise<unknown> {
  const { typedSearchAttributes } = await world().client.workflow.getHandle(runId).describe();
  return typedSearchAttributes.get(SEARCH_ATTRIBUTE.outcome);
}

async function endedOf(name: string) {
  return (await world().view(name)).counts.ended;
}

describe('a run that asks for approval', () => {
  it('waits without calling its target, and the Temporal UI says so', async () => {
    const run = await waiting('asks');
    expect(world().target.calls('asks')).toEqual([]);
    expect(await outcomeOf('sb1-asks')).toBe('waitingForApproval');
    expect(await world().details('sb1-asks')).toMatch(/waits for approval until .* UTC, then is rejected/);
    expect(await world().timerLabels('sb1-asks')).toEqual([expect.stringMatching(/^waits for approval until .* UTC/)]);
    expect((await run.describe()).memo).toMatchObject({ approval: { waiting: true, why: 'approval' } });
  });

  it('starts when it is approved, and tells who did it', async () => {
    const run = await waiting('approved');
    const decision = await run.executeUpdate(approveUpdate, { args: [{ by: 'ann', reason: 'looks right' }] });
    expect(decision).toMatchObject({ decision: 'approved', by: 'ann', reason: 'looks right' });
    await world().settle();
    expect(world().target.calls('approved')).toHaveLength(1);
    expect(await run.result()).toMatchObject({ status: 'succeeded' });
    expect(await outcomeOf('sb1-approved')).toBe('succeeded');
    expect(await world().details('sb1-approved')).toContain('**approved** by ann');
  });

  it('tells a later answer what stands', async () => {
    const run = await waiting('answered');
    world().target.answer('answered', { status: 503 });
    const first = await run.executeUpdate(approveUpdate, { args: [{ by: 'ann' }] });
    await world().sleep(10 * SECOND);
    expect(await run.executeUpdate(rejectUpdate, { args: [{ by: 'bob' }] })).toEqual(first);
    expect(await outcomeOf('sb1-answered')).toBeUndefined();
  });

  it('ends without a call when it is rejected, tells its instance, and is no failure', async () => {
    const run = await waiting('rejected');
    await run.executeUpdate(rejectUpdate, { args: [{ by: 'bob', reason: 'too early' }] });
    expect(await run.result()).toEqual({ status: 'rejected', reason: 'By bob: too early' });
    await world().settle();
    expect(world().target.calls('rejected')).toEqual([]);
    expect(await outcomeOf('sb1-rejected')).toBe('rejected');
    expect(await endedOf('rejected')).toMatchObject({ rejected: 1, failed: 0, cancelled: 0 });
  });

  it('is rejected when nobody answers in time', async () => {
    const run = await waiting('ignored');
    await world().sleep(4 * HOUR + MINUTE);
    expect(await run.result()).toEqual({
      status: 'rejected',
      reason: 'By timeout: Nobody answered within 4h.',
    });
    expect(world().target.calls('ignored')).toEqual([]);
  });

  it('starts when nobody answers in time and onTimeout says approve', async () => {
    const run = await waiting('default', { onTimeout: 'approve' });
    await world().sleep(4 * HOUR + MINUTE);
    expect(await run.result()).toMatchObject({ status: 'succeeded' });
    expect(world().target.calls('default')).toHaveLength(1);
  });

  it('that a person cancels while it waits calls nothing and reports cancelled', async () => {
    const run = await waiting('withdrawn');
    await run.cancel();
    await expect(run.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    await world().settle();
    expect(world().target.calls('withdrawn')).toEqual([]);
    expect(await endedOf('withdrawn')).toMatchObject({ cancelled: 1 });
    expect(await reportsTo('withdrawn')).toMatchObject([{ status: 'cancelled', began: false }]);
  });

  it('that is cancelled once it has begun says nothing of the kind', async () => {
    world().target.answer('begun', { status: 503 });
    const run = await waiting('begun');
    await run.executeUpdate(approveUpdate, { args: [{ by: 'ann' }] });
    await world().sleep(10 * SECOND);
    await run.cancel();
    await expect(run.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    await world().settle();
    const [report, ...more] = await reportsTo('begun');
    expect(more).toEqual([]);
    expect(report).toMatchObject({ status: 'cancelled' });
    expect(report).not.toHaveProperty('began');
  });

  it('refuses an answer of the wrong shape, and goes on waiting', async () => {
    const run = await waiting('careful');
    const wrong = run.executeUpdate('approve', { args: [{ by: 7 }] });
    await expect(wrong).rejects.toMatchObject({ cause: { type: 'malformed_request' } });
    expect(await outcomeOf('sb1-careful')).toBe('waitingForApproval');
  });
});

describe('approval.when', () => {
  it('that is false starts the run at once, which then takes no answer', async () => {
    world().target.answer('small', { status: 503 });
    const run = await waiting('small', { when: 'run.eventCount > 100' });
    await world().sleep(10 * SECOND);
    expect(world().target.calls('small')).toHaveLength(1);
    await expect(run.executeUpdate(approveUpdate, { args: [{}] })).rejects.toMatchObject({
      cause: { type: 'not_waiting' },
    });
  });

  it('that is true asks', async () => {
    await waiting('large', { when: 'items.size() == 1' });
    expect(await outcomeOf('sb1-large')).toBe('waitingForApproval');
  });

  it('that cannot be evaluated makes a dead letter that says which expression', async () => {
    const run = await waiting('broken', { when: 'event.data.size > 1' });
    await expect(run.result()).rejects.toMatchObject({
      cause: { type: 'filter_error', message: expect.stringContaining('event.data.size > 1') },
    });
    expect(await endedOf('broken')).toMatchObject({ deadLettered: 1 });
  });
});

describe('those whom approval.notify names', () => {
  it('are told once each, with params and a token of their own', async () => {
    await world().define('owners');
    await waiting('told', { notify: [{ target: 'owners', params: { run: '${{ run.id }}' } }] });
    const [call, ...more] = world().target.calls('owners');
    expect(more).toEqual([]);
    expect(call?.token).toBe('sb1-told.approval-0');
    expect(JSON.parse(call?.body ?? '')).toMatchObject({
      runId: 'sb1-told',
      step: 'approval',
      params: { run: 'sb1-told' },
    });
  });

  it('are tried again, and the run waits all the same when they cannot be reached', async () => {
    await world().define('away');
    world().target.answer('away', ...Array.from({ length: 10 }, () => ({ status: 503 })));
    const run = await waiting('untold', {
      notify: [
        { target: 'away', params: {} },
        { target: 'nobody', params: {} },
      ],
    });
    await world().sleep(10 * MINUTE);
    expect(world().target.calls('away').length).toBeGreaterThan(1);
    const text = await world().details('sb1-untold');
    expect(text).toContain('not notified: `away`: Target away');
    expect(text).toContain('not notified: `nobody`: No target is named nobody.');
    expect(workerLog).toContain('a notification could not be delivered');
    await run.executeUpdate(approveUpdate, { args: [{ by: 'ann' }] });
    expect(await run.result()).toMatchObject({ status: 'succeeded' });
  });
});

describe('a run that asks because a limit is closed', () => {
  it('waits a day without an approval of its own, then is rejected', async () => {
    await world().define('limited');
    const run = await world().startRun('limited', 'sb1-limited', { run: { asks: { stage: 'cooldown' } } });
    await world().settle();
    expect(await world().details('sb1-limited')).toContain('**cooldown** asks');
    await world().sleep(DAY + MINUTE);
    expect(await run.result()).toMatchObject({ status: 'rejected' });
  });

  it('tells its instance when it is approved, so that it counts, and never because time is over', async () => {
    await world().define('counted');
    const approval = { timeoutMs: HOUR, onTimeout: 'approve', notify: [], when: 'false' } as const;
    const over = { settings: { approval }, run: { asks: { stage: 'rate' } } } as const;
    const run = await world().startRun('counted', 'sb1-counted', over);
    const late = await world().startRun('counted', 'sb1-late', over);
    await world().settle();
    await run.executeUpdate(approveUpdate, { args: [{ by: 'ann' }] });
    await world().sleep(2 * HOUR);
    expect(await late.result()).toMatchObject({ status: 'rejected' });
    expect(await approvalsOf('counted')).toMatchObject([{ runId: 'sb1-counted', key: 'k' }]);
  });
});

/** The approvals that came to an instance, from its history. */
async function approvalsOf(name: string): Promise<readonly unknown[]> {
  return membersOf(name, 'approvals');
}

/** The ends of runs that came to an instance, from its history. */
async function reportsTo(name: string): Promise<readonly unknown[]> {
  return membersOf(name, 'reports');
}

async function membersOf(name: string, member: 'approvals' | 'reports'): Promise<readonly unknown[]> {
  const { events } = await world().client.workflow.getHandle(instanceId(name)).fetchHistory();
  return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signaled }) => {
    if (signaled?.signalName !== batchSignal.name) return [];
    const batch: Json = JSON.parse(Buffer.from(signaled.input?.payloads?.[0]?.data ?? '{}').toString());
    const members = isObject(batch) ? batch[member] : undefined;
    return Array.isArray(members) ? members : [];
  });
}

it('a run in shadow asks nobody', async () => {
  await world().define('shade');
  const approval = { timeoutMs: HOUR, onTimeout: 'reject', notify: [] } as const;
  const run = await world().startRun('shade', 'sb1-shade', { settings: { approval }, run: { mode: 'shadow' } });
  expect(await run.result()).toEqual({ status: 'succeeded' });
});
