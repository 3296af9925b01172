import { describe, expect, it } from 'vitest';

import { approveUpdate, orderUpdate } from '../../src/contract/definitions.ts';
import { createTriggerOrders } from '../../src/http/trigger-orders.ts';
import type { Ordered } from '../../src/http/operate-api.ts';
import type { Order } from '../../src/core/input.ts';
import { useWorld } from './harness.ts';
import { HOUR, MINUTE } from './world.ts';

const world = useWorld();

async function order(name: string, given: Order): Promise<Ordered> {
  const orders = createTriggerOrders(world().client, () => world().current(), Date.now);
  const result = await orders.order(name, given);
  if (!result.ok) throw new Error(result.refusal.detail);
  return result.value;
}

const kinds = ({ decided }: Ordered) => decided.map(({ kind }) => kind);

describe('pause', () => {
  it('stops a window, and resume lets it go on with the time it had left', async () => {
    await world().define('paused', { stages: ['debounce: { quiet: 2h }'] });
    await world().send('paused', 'a');
    await world().sleep(HOUR);
    expect(kinds(await order('paused', { kind: 'pause', by: 'ann' }))).toEqual(['paused']);
    await world().sleep(10 * HOUR);
    await world().send('paused', 'b');
    await world().settle();
    expect(world().runs('paused')).toEqual([]);
    const resumed = await order('paused', { kind: 'resume', by: 'ann' });
    expect(resumed).toMatchObject({ changed: true });
    expect(kinds(resumed)).toContain('resumed');
    await world().sleep(2 * HOUR + MINUTE);
    expect(world().runs('paused')).toMatchObject([{ eventCount: 2 }]);
  });

  it('of what is paused changes nothing', async () => {
    await world().define('twice');
    expect(await order('twice', { kind: 'pause', by: 'ann' })).toMatchObject({ changed: true });
    expect(await order('twice', { kind: 'pause', by: 'bob' })).toEqual({
      trigger: 'twice',
      changed: false,
      decided: [],
      more: 0,
    });
  });

  it('of one key leaves the others alone', async () => {
    await world().define('onekey');
    await order('onekey', { kind: 'pause', key: 'eu', by: 'ann' });
    await world().send('onekey', 'a', { key: 'eu' });
    await world().send('onekey', 'b', { key: 'us' });
    await world().settle();
    expect(world().runs('onekey')).toMatchObject([{ key: 'us' }]);
    const resumed = await order('onekey', { kind: 'resume', key: 'eu', by: 'ann' });
    expect(kinds(resumed)).toEqual(['resumed', 'runDecided']);
    await world().settle();
    expect(world().target.calls('onekey')).toHaveLength(2);
  });
});

describe('fire', () => {
  const fire = (id: string, more: object = {}): Order => ({
    kind: 'fire',
    key: 'k',
    id,
    force: false,
    by: 'ann',
    ...more,
  });

  it('starts a run without events where no instance runs yet, with params of the person', async () => {
    await world().define('byhand', { params: '{ files: "${{ items }}", mode: plain }' });
    const fired = await order('byhand', fire('1', { params: { mode: 'full' } }));
    expect(kinds(fired)).toEqual(['fired', 'runDecided']);
    await world().settle();
    expect(world().target.params('byhand', 'mode')).toEqual(['full']);
    expect(world().target.params('byhand', 'files')).toEqual([[]]);
  });

  it('twice with one key starts one run', async () => {
    await world().define('again');
    await order('again', fire('same'));
    await world().settle();
    await order('again', fire('same'));
    await world().settle();
    expect(world().target.calls('again')).toHaveLength(1);
  });

  it('is held by a cooldown unless it is forced', async () => {
    await world().define('cool', { stages: ['cooldown: { period: 3h }'] });
    await world().send('cool', 'a');
    await world().settle();
    const held = await order('cool', fire('1'));
    expect(held.decided).toContainEqual(
      expect.objectContaining({ kind: 'waiting', stage: 'cooldown', why: expect.stringContaining('cools down') }),
    );
    expect(kinds(await order('cool', fire('2', { force: true })))).toContain('runDecided');
  });

  it('asks for approval where the trigger does, forced or not', async () => {
    await world().define('asked', { stages: ['approval: { timeout: 4h }'] });
    const { decided } = await order('asked', fire('1', { force: true }));
    const runId = decided.find(({ kind }) => kind === 'runDecided')?.runId ?? '';
    await world().settle();
    expect(world().target.calls('asked')).toEqual([]);
    await world()
      .client.workflow.getHandle(runId)
      .executeUpdate(approveUpdate, { args: [{ by: 'bob' }] });
    await world().settle();
    expect(world().target.calls('asked')).toHaveLength(1);
  });
});

describe('a breaker', () => {
  it('opened by hand parks what comes, and closed by hand lets it go', async () => {
    await world().define('broken', { stages: ['breaker: { failures: 3, within: 1h, openFor: 15m }'] });
    expect(await order('broken', { kind: 'breaker', to: 'open', by: 'ann' })).toMatchObject({ changed: true });
    await world().send('broken', 'a');
    await world().settle();
    expect(world().target.calls('broken')).toEqual([]);
    expect(kinds(await order('broken', { kind: 'breaker', to: 'closed', by: 'ann' }))).toContain('runDecided');
    await world().settle();
    expect(world().target.calls('broken')).toHaveLength(1);
  });
});

describe('a run that asks because a limit is closed', () => {
  it('counts from its approval on', async () => {
    await world().define('limit', { stages: ['cooldown: { period: 3h, onExcess: ask }'] });
    await world().send('limit', 'a');
    await world().send('limit', 'b');
    await world().settle();
    expect(world().target.calls('limit')).toHaveLength(1);
    const [, asking] = world().runs('limit');
    const run = world().client.workflow.getHandle(asking?.runId ?? '');
    await run.executeUpdate(approveUpdate, { args: [{ by: 'ann' }] });
    await world().settle();
    expect(world().target.calls('limit')).toHaveLength(2);
    expect(world().ledger).toContainEqual(expect.objectContaining({ kind: 'runApproved', runId: asking?.runId }));
  });
});

it('an order of the wrong shape is refused and leaves no trace', async () => {
  await world().define('strict');
  await world().send('strict', 'a');
  await world().settle();
  const wrong = world()
    .instance('strict')
    .executeUpdate(orderUpdate('pause').name, { args: [{ version: 1, order: {} }] });
  await expect(wrong).rejects.toMatchObject({ cause: { type: 'malformed_request' } });
  const { events } = await world().instance('strict').fetchHistory();
  expect((events ?? []).filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes)).toEqual([]);
});
