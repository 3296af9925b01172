import { expect, onTestFinished, test } from 'vitest';

import { Committer } from '../../src/accept/committer.ts';
import { batchSignal, viewQuery } from '../../src/contract/definitions.ts';
import { instanceId, segmentId } from '../../src/contract/names.ts';
import { PENDING_ITEMS_MAX } from '../../src/core/limits.ts';
import { report } from '../setup/provided.ts';
import { event, eventually, Service } from './service.ts';

/** Events of one request. */
const BATCH = 500;
/** What one heavy event weighs: 26 of them are all that an instance holds. */
const HEAVY = 'x'.repeat(20_000);

const definitions = (url: string) => `
apiVersion: signalbox/v1
kind: Target
metadata: { name: record }
spec: { http: { url: '${url}/start', body: { count: "\${{ run.eventCount }}" } } }
---
${holding('light', '15s', '')}
---
${holding('heavy', '2s', 'collect: "${{ event.data.text }}"')}
---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: other }
spec:
  events: { pattern: { type: [other] } }
  debounce: { quiet: 1s }
  run: { target: record }
`;

/** A trigger that gathers all that comes between two runs. */
function holding(name: string, period: string, more: string): string {
  return `apiVersion: signalbox/v1
kind: Trigger
metadata: { name: ${name} }
spec:
  events: { pattern: { type: [${name}] } }
  ${more}
  cooldown: { period: ${period}, onExcess: hold }
  run: { target: record, params: { count: "\${{ run.eventCount }}" } }`;
}

async function start(): Promise<Service> {
  const service = await Service.start({ definitions });
  onTestFinished(async () => service.stop());
  return service;
}

/** What an instance shows; asked again where a busy or killed worker did not answer. */
const viewOf = (service: Service, name: string) =>
  eventually(
    `a view of ${name}`,
    () =>
      service.client
        .withDeadline(Date.now() + 10_000, () => service.client.workflow.getHandle(instanceId(name)).query(viewQuery))
        .catch(() => undefined),
    90_000,
  );

/** The counts of an instance once it has been through everything, kept events included. */
const finished = (service: Service, name: string, events: number, withinMs: number) =>
  eventually(
    `${events} events of ${name} in runs`,
    async () => {
      const { counts, spill, pressure } = await viewOf(service, name);
      const isDone = spill.pending === 0 && pressure.pendingItems === 0;
      return isDone && counts.eventsInRuns >= events ? counts : undefined;
    },
    withinMs,
  );

/** Sends until it is taken: a busy machine may take longer than a sender is kept waiting. */
const taken = (service: Service, one: ReturnType<typeof event>) =>
  eventually(
    'an acknowledgement',
    async () => {
      const reply = await service.send(one).catch(() => undefined);
      return reply?.status === 202 ? true : undefined;
    },
    60_000,
  );

const heavy = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => event(`${prefix}${index}`, 'heavy', { data: { text: HEAVY } }));

test('50,000 events for a trigger without room are all taken, and those of another one pass as ever', async () => {
  const service = await start();
  const total = 50_000;
  const statuses = new Map<number, number>();
  const acks: number[] = [];
  const send = async (prefix: string, type: string, count: number) => {
    const events = Array.from({ length: count }, (_, index) => event(`${prefix}-${index}`, type));
    const at = performance.now();
    const { status } = await service.send(events);
    if (type === 'other') acks.push(performance.now() - at);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  };
  const before = performance.now();
  for (let sent = 0; sent < total; sent += 4 * BATCH) {
    const flood = [0, 1, 2, 3].map((part) => send(`f${sent + part}`, 'light', BATCH));
    await Promise.all([...flood, send(`o${sent}`, 'other', 1)]);
  }
  const { spill, pressure } = await viewOf(service, 'light');
  report(
    `spill: ${total} events in ${Math.round(performance.now() - before)} ms, ${JSON.stringify(spill)}, ` +
      `held ${pressure.pendingItems}, the other trigger at most ${Math.round(Math.max(...acks))} ms`,
  );
  expect([...statuses.keys()]).toEqual([202]);
  expect(pressure.pendingItems).toBeLessThanOrEqual(PENDING_ITEMS_MAX);
  expect(spill.pending).toBeGreaterThanOrEqual(1);
  expect(await service.metrics()).toMatch(/^signalbox_spilled_events\{trigger="light"\} [1-9]\d+$/m);
  const counts = await finished(service, 'light', total, 300_000);
  expect(counts).toMatchObject({ accepted: total, eventsInRuns: total, suppressed: { dedupe: 0 } });
  expect(await service.metrics()).toMatch(/^signalbox_spilled_events\{trigger="light"\} 0$/m);
  const other = await finished(service, 'other', acks.length, 30_000);
  expect(other).toMatchObject({ accepted: acks.length, eventsInRuns: acks.length });
}, 400_000);

test('kept events are decided once where some came twice, across continue-as-new', async () => {
  const service = await start();
  const send = async (events: readonly ReturnType<typeof event>[]) => {
    for (const one of events) await taken(service, one);
  };
  await send(heavy('e', 60));
  const instance = service.client.workflow.getHandle(instanceId('heavy'));
  const { runId } = await instance.describe();
  const pause = { version: 1, offers: [], reports: [], pause: true } as const;
  await Promise.all(Array.from({ length: 520 }, () => instance.signal(batchSignal, pause)));
  await send(heavy('e', 60));
  const counts = await finished(service, 'heavy', 60, 100_000);
  expect(counts).toMatchObject({ accepted: 120, eventsInRuns: 60, suppressed: { dedupe: 60 } });
  expect((await instance.describe()).runId).not.toBe(runId);
});

test(
  'kept events survive a worker killed again and again, none is lost and none comes twice',
  { timeout: 400_000 },
  async () => {
    const service = await start();
    await service.end();
    let worker = await service.startAnother('worker');
    onTestFinished(async () => void (await worker.stop()));
    await service.launch('serve');
    const total = 150;
    for (const one of heavy('k', total)) await taken(service, one);
    const inRuns = async () => (await viewOf(service, 'heavy')).counts.eventsInRuns;
    for (let kill = 0; kill < 4 && (await inRuns()) < total; kill += 1) {
      const before = await inRuns();
      worker.kill('SIGKILL');
      await worker.exited;
      worker = await service.startAnother('worker');
      await eventually('progress', async () => ((await inRuns()) > before ? true : undefined), 90_000);
    }
    const counts = await finished(service, 'heavy', total, 200_000);
    expect(counts).toMatchObject({ accepted: total, eventsInRuns: total, suppressed: { dedupe: 0 } });
  },
);

test('an instance that is terminated while events are kept for it goes on reading where it was', async () => {
  const service = await start();
  for (const one of heavy('t', 80)) await taken(service, one);
  await eventually('the first of what was kept', async () =>
    (await viewOf(service, 'heavy')).counts.accepted > 45 ? true : undefined,
  );
  expect((await viewOf(service, 'heavy')).spill.pending).toBe(1);
  await service.client.workflow.getHandle(instanceId('heavy')).terminate();
  for (const one of heavy('late', 1)) await taken(service, one);
  const counts = await finished(service, 'heavy', 81, 60_000);
  expect(counts).toMatchObject({ accepted: 81, eventsInRuns: 81, suppressed: { dedupe: 0 } });
});

test(
  'what comes in a long pause is kept in segments, and is decided once after the resume',
  { timeout: 300_000 },
  async () => {
    const service = await start();
    await taken(service, event('first', 'heavy', { data: { text: HEAVY } }));
    expect((await service.order('/v1/triggers/heavy/pause')).status).toBe(200);
    for (const one of [...heavy('p', 40), ...heavy('p', 40)]) await taken(service, one);
    const paused = await eventually('a segment', async () => {
      const view = await viewOf(service, 'heavy');
      return view.spill.pending > 0 ? view : undefined;
    });
    expect(paused.counts.eventsInRuns).toBeLessThanOrEqual(1);
    expect((await service.order('/v1/triggers/heavy/resume')).status).toBe(200);
    const counts = await finished(service, 'heavy', 41, 150_000);
    expect(counts).toMatchObject({ accepted: 81, eventsInRuns: 41, suppressed: { dedupe: 40 } });
  },
);

test('several senders keep in the same segments; one that a person ends does no harm', async () => {
  const service = await start();
  await service.send(heavy('first', 1));
  const { definition } = await eventually('the instance', async () => {
    const view = await viewOf(service, 'heavy');
    return view.counts.runs === 1 ? view : undefined;
  });
  let kept = 0;
  const observer = { sent: () => undefined, kept: (_trigger: string, offers: number) => void (kept += offers) };
  const senders = [0, 1, 2].map(() => new Committer(service.client, observer, Date.now));
  const send = (name: string, index: number) => {
    const eventId = `evt_${name.padEnd(22, '-')}`;
    const offer = { eventId, body: 'body-of-this', receivedAt: Date.now(), key: 'default', item: `${name} ${HEAVY}` };
    const commit = async () => ((await senders[index % 3]?.offer(definition, offer))?.ok ? true : undefined);
    return eventually('an acknowledgement', commit, 60_000);
  };
  await Promise.all(Array.from({ length: 180 }, (_, index) => send(`several${index}`, index)));
  expect(kept).toBeGreaterThan(90);
  const segment = service.client.workflow.getHandle(segmentId('heavy', 1));
  await eventually(
    'the segment known',
    async () => ((await viewOf(service, 'heavy')).spill.pending > 0 ? true : undefined),
    60_000,
  );
  await segment.terminate('by a person');
  await finished(service, 'heavy', 181, 90_000);

  const { to } = (await viewOf(service, 'heavy')).spill;
  report(`several senders: ${kept} kept, in ${to} segments`);
  const isDirect = async (name: string, index: number) => {
    const before = kept;
    await send(name, index);
    return kept === before;
  };
  // One that never pauses gets back to the instance too.
  let late = 0;
  await eventually(
    'a sender that sends to the instance again',
    async () => {
      late += 1;
      return (await isDirect(`late${late}`, 0)) ? true : undefined;
    },
    60_000,
  );
  const counts = await finished(service, 'heavy', 181 + late, 60_000);
  expect(counts).toMatchObject({ eventsInRuns: 181 + late });
});
