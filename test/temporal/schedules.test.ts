import { ScheduleClient, ScheduleOverlapPolicy } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';

import type { WantedSchedule } from '../../src/contract/schedules.ts';
import { compileSchedule } from '../../src/load/schedule.ts';
import type { Definitions } from '../../src/load/definitions.ts';
import { createLogger } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { ScheduleKeeper, wantedSchedules } from '../../src/schedules.ts';
import type { ScheduleSpec } from '../../src/spec/source.ts';
import { connectClient } from '../../src/temporal/connect.ts';
import { reconcileSchedules } from '../../src/temporal/schedules.ts';
import { eventually } from '../e2e/service.ts';

const DAY_MS = 86_400_000;
const NOTHING = { created: [], updated: [], deleted: [], foreign: [] };
const YEAR = new Date().getUTCFullYear();

function definitionsOf(specs: { readonly [source: string]: ScheduleSpec }): Definitions {
  const sources = Object.entries(specs).map(([name, spec]) => {
    const { schedule } = compileSchedule(spec, Date.now());
    if (schedule === undefined) throw new Error(`${name} is wrong`);
    return [name, { name, file: 'a.yaml', labels: {}, generation: 'g', spec, schedule }] as const;
  });
  const none = { triggers: new Map(), targets: new Map(), pools: new Map() };
  return { ...none, loadedAt: 0, fingerprint: '', written: [], sources: new Map(sources) };
}

const wanted = (specs: { readonly [source: string]: ScheduleSpec }): readonly WantedSchedule[] =>
  wantedSchedules(definitionsOf(specs), Date.now());

const NIGHTLY: ScheduleSpec = { type: 'schedule', cron: '30 2 * * *', timeZone: 'America/New_York' };
const HOURLY: ScheduleSpec = { type: 'schedule', every: 3_600_000 };

let client: ScheduleClient;
beforeAll(async () => {
  const { address, namespace: shared } = inject('temporal');
  const connected = await connectClient({ kind: 'address', address, namespace: shared });
  if (!connected.ok) throw new Error(connected.message);
  const { connection } = connected;
  const namespace = `schedules-${process.pid}-${Date.now()}`;
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs(DAY_MS) });
  client = new ScheduleClient({ connection, namespace });
  await eventually('the namespace', async () => {
    try {
      await reconcileSchedules(client, [], []);
      return true;
    } catch {
      return undefined;
    }
  });
});
afterAll(async () => client.connection.close());

const described = (id: string) => client.getHandle(id).describe();
const idsNow = async () => {
  const ids: string[] = [];
  for await (const { scheduleId } of client.list()) ids.push(scheduleId);
  return ids.toSorted();
};
const idsBecome = (ids: readonly string[]) =>
  eventually(`the schedules ${ids.join(', ')}`, async () =>
    (await idsNow()).join() === ids.join() ? true : undefined,
  );
const makeByHand = (scheduleId: string) =>
  client.create({
    scheduleId,
    spec: { intervals: [{ every: '1d' }] },
    action: { type: 'startWorkflow', workflowType: 'theirs', taskQueue: 'theirs', workflowId: 'theirs' },
  });

beforeEach(async () => {
  for (const id of await idsNow()) await client.getHandle(id).delete();
  await idsBecome([]);
});

describe('schedules in Temporal', () => {
  test('are made as the definitions say, and left alone when they are equal', async () => {
    const both = wanted({ nightly: NIGHTLY, hourly: HOURLY });
    expect(await reconcileSchedules(client, both, [])).toEqual({ ...NOTHING, created: ['nightly', 'hourly'] });
    expect(await reconcileSchedules(client, both, [])).toEqual(NOTHING);
    const nightly = await described('source/nightly');
    expect(nightly.action).toMatchObject({ workflowType: 'tick', workflowId: 'tick/nightly' });
    expect(nightly.policies).toMatchObject({ overlap: ScheduleOverlapPolicy.ALLOW_ALL, catchupWindow: DAY_MS });
    const hourly = await described('source/hourly');
    expect(hourly.policies.catchupWindow).toBe(3_600_000);
    expect(hourly.info.nextActionTimes[0]?.getTime()).toSatisfy((at: number) => at % 3_600_000 === 0);
  });

  test('are due after the gap where clocks skip their time', async () => {
    await reconcileSchedules(client, wanted({ nightly: NIGHTLY }), []);
    const { spec } = await described('source/nightly');
    const once = (spec.calendars ?? []).flatMap(({ year, month, hour, minute }) =>
      year.length > 0 ? [[month[0]?.start, hour[0]?.start, minute[0]?.start]] : [],
    );
    expect(once).toEqual(Array.from({ length: 5 }, () => ['MARCH', 3, 0]));
    expect(spec.calendars?.flatMap(({ year }) => year.map(({ start }) => start))[0]).toBe(YEAR);
  });

  test('are due on either kind of day where both are restricted', async () => {
    await reconcileSchedules(
      client,
      wanted({ either: { type: 'schedule', cron: '0 0 1,13 * 5', timeZone: 'UTC' } }),
      [],
    );
    const { info } = await described('source/either');
    const days = info.nextActionTimes.map((at) => [at.getUTCDate(), at.getUTCDay()]);
    expect(days.filter(([date, weekday]) => date !== 1 && date !== 13 && weekday !== 5)).toEqual([]);
    expect(days.some(([, weekday]) => weekday === 5)).toBe(true);
    expect(days.some(([, weekday]) => weekday !== 5)).toBe(true);
  });

  test('are changed with their definition, and a paused one stays paused', async () => {
    await reconcileSchedules(client, wanted({ nightly: NIGHTLY }), []);
    await client.getHandle('source/nightly').pause('holidays');
    const later = wanted({ nightly: { ...NIGHTLY, cron: '30 4 * * *' } });
    expect(await reconcileSchedules(client, later, [])).toEqual({ ...NOTHING, updated: ['nightly'] });
    const { state, spec } = await described('source/nightly');
    expect(state).toMatchObject({ paused: true, note: 'holidays' });
    expect(spec.calendars?.map(({ hour }) => hour[0]?.start)).toEqual([4]);
    expect(await reconcileSchedules(client, later, [])).toEqual(NOTHING);
  });

  test('are put right after somebody changed them elsewhere', async () => {
    const nightly = wanted({ nightly: NIGHTLY });
    await reconcileSchedules(client, nightly, []);
    await client
      .getHandle('source/nightly')
      .update((before) => ({ ...before, policies: { ...before.policies, catchupWindow: '1m' } }));
    expect(await reconcileSchedules(client, nightly, [])).toEqual({ ...NOTHING, updated: ['nightly'] });
  });

  test('are deleted with their definition, and those of others are not', async () => {
    await makeByHand('theirs');
    await makeByHand('source/theirs');
    await reconcileSchedules(client, wanted({ nightly: NIGHTLY, hourly: HOURLY }), []);
    await idsBecome(['source/hourly', 'source/nightly', 'source/theirs', 'theirs']);
    expect(await reconcileSchedules(client, wanted({ hourly: HOURLY }), [])).toEqual({
      ...NOTHING,
      deleted: ['nightly'],
    });
    expect(await reconcileSchedules(client, [], ['hourly', 'theirs', 'never'])).toEqual({
      ...NOTHING,
      deleted: ['hourly'],
    });
    await idsBecome(['source/theirs', 'theirs']);
  });

  test('under a wanted id that somebody else made are left alone and named', async () => {
    await makeByHand('source/nightly');
    expect(await reconcileSchedules(client, wanted({ nightly: NIGHTLY }), [])).toEqual({
      ...NOTHING,
      foreign: ['nightly'],
    });
    expect((await described('source/nightly')).action.workflowType).toBe('theirs');
  });
});

test('what stands in the way is told until it is gone, and then the schedule is made', async () => {
  await makeByHand('source/nightly');
  const metrics = createMetrics({ version: 'test' });
  const definitions = definitionsOf({ nightly: NIGHTLY });
  const log = createLogger({ level: 'silent' });
  const keeper = new ScheduleKeeper({
    client,
    definitions: () => definitions,
    log,
    metrics,
    now: Date.now,
    retryMs: 100,
  });
  keeper.reconcile();
  const { detail } = await eventually('a complaint', () => (keeper.status().ok ? undefined : keeper.status()));
  expect(detail).toContain('source/nightly');
  expect(await metrics.text()).toContain('signalbox_schedules_last_reconcile_success 0');
  await client.getHandle('source/nightly').delete();
  await eventually('success', () => (keeper.status().ok ? true : undefined));
  expect(keeper.status().detail).toBe('schedules in Temporal: 1');
  expect(await metrics.text()).toContain('signalbox_schedules_last_reconcile_success 1');
  await keeper.close();
  keeper.reconcile();
  expect((await described('source/nightly')).action.workflowType).toBe('tick');
});
