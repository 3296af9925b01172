import { ScheduleOverlapPolicy } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { eventually, Service } from './service.ts';

/** A fresh namespace has its scheduler after some seconds. */
const FIRST_TICK_MS = 60_000;
const SECOND_MS = 1_000;

const trigger = (url: string) => `
apiVersion: signalbox/v1
kind: Target
metadata: { name: record }
spec: { http: { url: '${url}/start' } }
---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: regular }
spec:
  events: { source: clock }
  run: { target: record, params: { at: "\${{ event.data.scheduledAt }}", type: "\${{ event.type }}" } }
`;
const clock = (every: string) => `
apiVersion: signalbox/v1
kind: Source
metadata: { name: clock }
spec: { type: schedule, every: ${every} }
`;

let service: Service;
beforeAll(async () => {
  service = await Service.start({ definitions: (url) => `${trigger(url)}---${clock('1s')}` });
});
afterAll(async () => service.stop());

const ticks = () => service.target.calls.map(({ body }) => JSON.parse(JSON.stringify(body['params'])));
const schedules = async () => {
  const ids: string[] = [];
  for await (const { scheduleId } of service.client.schedule.list()) ids.push(scheduleId);
  return ids;
};

test('a schedule starts one run each time it is due', async () => {
  const timesOf = () =>
    ticks()
      .map(({ at }) => Date.parse(at))
      .toSorted((a, b) => a - b);
  const isGapless = (times: readonly number[]) =>
    times.every((at, index) => at === (times[0] ?? 0) + index * SECOND_MS);
  const times = await eventually(
    'five ticks a second apart, none missing and none twice',
    () => (timesOf().length >= 5 && isGapless(timesOf()) ? timesOf() : undefined),
    FIRST_TICK_MS,
  );
  expect((times[0] ?? 1) % SECOND_MS).toBe(0);
  expect(ticks()[0]).toMatchObject({ type: 'signalbox.schedule.ticked' });
});

test('the same time once more is a duplicate, and no second run', async () => {
  const at: string = await eventually('a tick', () => ticks()[0]?.at);
  await repeat(at);
  await eventually('its suppression', async () => {
    const line = /signalbox_suppressed_total{[^}]*regular[^}]*dedupe[^}]*} (\d+)/.exec(await service.metrics());
    return line?.[1] === '1' ? true : undefined;
  });
  expect(ticks().filter((it) => it.at === at)).toHaveLength(1);
});

test('a schedule that is paused in Temporal stays paused when its definition changes', async () => {
  const handle = service.client.schedule.getHandle('source/clock');
  await handle.pause('holidays');
  service.define('definitions.yaml', `${trigger(service.target.url)}---${clock('2s')}`);
  await eventually('the change', async () => {
    const { spec } = await handle.describe();
    return spec.intervals?.[0]?.every === 2 * SECOND_MS ? true : undefined;
  });
  expect((await handle.describe()).state).toMatchObject({ paused: true, note: 'holidays' });
  expect((await service.get('/readyz')).body['checks']).toMatchObject({
    schedules: { ok: true, detail: 'schedules in Temporal: 1' },
  });
});

test('a schedule whose definition is gone is gone from Temporal', async () => {
  service.define('definitions.yaml', trigger(service.target.url).replace('source: clock', 'source: events'));
  await eventually('no schedule', async () => ((await schedules()).length === 0 ? true : undefined));
});

/** Fires a past time of the schedule again, as a person does by a backfill in the UI. */
async function repeat(at: string): Promise<void> {
  const moment = new Date(at);
  const workflowId = `tick/clock-${at.slice(0, 19)}Z`;
  const before = await service.client.workflow.getHandle(workflowId).describe();
  await service.client.schedule
    .getHandle('source/clock')
    .backfill({ start: new Date(moment.getTime() - 1), end: moment, overlap: ScheduleOverlapPolicy.ALLOW_ALL });
  await eventually('a second tick of the same time', async () => {
    const { runId, status } = await service.client.workflow.getHandle(workflowId).describe();
    return runId !== before.runId && status.name === 'COMPLETED' ? true : undefined;
  });
}
