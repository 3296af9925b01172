import { Worker } from '@temporalio/worker';
import { expect, onTestFinished, test } from 'vitest';

import { instanceId } from '../../src/contract/names.ts';
import { viewQuery } from '../../src/contract/definitions.ts';
import { replayBundle } from '../../src/temporal/bundle.ts';
import { event, eventually, Service } from './service.ts';

/** Asked at once, so that one of them reaches a new worker before the task does. */
const QUESTIONS = 5;

const QUIET_MS = 3_000;

const passed = (at: number) => eventually('a moment', () => (Date.now() >= at ? true : undefined));

const definitions = (url: string) => `
apiVersion: signalbox/v1
kind: Target
metadata: { name: record }
spec: { http: { url: '${url}/start', body: { count: "\${{ run.eventCount }}" } } }
---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: held }
spec:
  events: { pattern: { type: [landed] } }
  key: "\${{ event.subject }}"
  debounce: { quiet: ${QUIET_MS}ms }
  run: { target: record }
`;

test('an instance that is asked while its worker dies decides as its history says', { timeout: 200_000 }, async () => {
  const service = await Service.start({ definitions });
  onTestFinished(async () => service.stop());
  await service.end();
  let worker = await service.startAnother('worker');
  onTestFinished(async () => void (await worker.stop()));
  await service.launch('serve');
  const instance = service.client.workflow.getHandle(instanceId('held'));
  // A query waits for a worker ten seconds at most.
  const ask = () => instance.query(viewQuery).catch(() => undefined);
  const land = async (round: number, subject: string) => {
    const { status } = await service.send(event(`${subject}${round}`, 'landed', { subject }));
    expect(status).toBe(202);
  };
  for (const round of [1, 2]) {
    await land(round, 'a');
    const first = await eventually('the first window', async () => (await ask())?.nextDeadline?.at);
    await passed(first - QUIET_MS / 2);
    await land(round, 'b');
    await eventually('both windows', async () => ((await ask())?.keys.length === 2 ? true : undefined));
    worker.kill('SIGKILL');
    await worker.exited;
    const asked = Array.from({ length: QUESTIONS }, () => eventually('an answer', ask, 60_000));
    // Both windows are due before there is a worker again.
    await passed(first + QUIET_MS);
    worker = await service.startAnother('worker');
    await eventually('both runs', () => (service.target.calls.length >= 2 * round ? true : undefined), 60_000);
    await Promise.all(asked);
  }
  const history = await instance.fetchHistory();
  const failed = (history.events ?? []).flatMap(({ workflowTaskFailedEventAttributes: task }) => (task ? [task] : []));
  expect(failed.map(({ failure }) => failure?.message)).toEqual([]);
  const sinks = { ledger: { record: { fn: () => undefined, callDuringReplay: false } } };
  const bundle = await replayBundle();
  await Worker.runReplayHistory({ workflowBundle: bundle, sinks }, history);
});
