import { randomBytes } from 'node:crypto';

import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';

import { batchSignal } from '../../src/contract/definitions.ts';
import type { Batch } from '../../src/contract/messages.ts';
import { TASK_QUEUE, WORKFLOW } from '../../src/contract/names.ts';
import type { Definition } from '../../src/spec/definition.ts';
import { type Recorder, type Service, until } from './service.ts';

/**
 * Baselines: the raw Temporal client against the same server, in the same run. What they leave out is everything
 * Signalbox does for an event: HTTP, checks, matching, dedup, windows.
 */
export type Baselines = {
  /** One signal an event, 20 in flight, to one workflow: events/s. */
  readonly oneSignalAnEvent: (seconds: number) => Promise<number>;
  /** Signals that carry 256 offers each, one in flight: events/s. */
  readonly sameBatches: (seconds: number) => Promise<number>;
  /** Workflows of one activity that calls the target, started one by one: completed/s. */
  readonly oneWorkflowAnEvent: (count: number, inFlight: number, recorder: Recorder) => Promise<number>;
  readonly close: () => Promise<void>;
};

const definition = (name: string): Definition => ({
  name,
  generation: 'bench',
  loadedAt: 1,
  mode: 'live',
  dedupe: { windowMs: 3_600_000 },
  debounce: { quietMs: 3_600_000, edge: 'trailing', keep: 'last' },
  run: { kind: 'train', target: 'recorder', params: {}, retry: { delaysMs: [] }, timeoutMs: 60_000 },
});

function batchOf(offers: number): Batch {
  const receivedAt = Date.now();
  const one = () => ({
    eventId: `evt_${randomBytes(16).toString('base64url')}`,
    body: randomBytes(9).toString('base64url'),
    receivedAt,
    key: 'default',
  });
  return { version: 1, offers: Array.from({ length: offers }, one), reports: [] };
}

export async function connectBaselines({ temporalPort }: Service): Promise<Baselines> {
  const address = `127.0.0.1:${temporalPort}`;
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const native = await NativeConnection.connect({ address });

  const send = (name: string, offers: number) =>
    client.workflow.signalWithStart(WORKFLOW.trigger, {
      workflowId: `trigger/${name}`,
      taskQueue: TASK_QUEUE,
      args: [{ version: 1, definition: definition(name) }],
      signal: batchSignal,
      signalArgs: [batchOf(offers)],
    });
  const flood = async (name: string, offers: number, inFlight: number, seconds: number) => {
    const startedAt = performance.now();
    const endsAt = startedAt + seconds * 1_000;
    let sent = 0;
    const one = async () => {
      while (performance.now() < endsAt) {
        await send(name, offers);
        sent += offers;
      }
    };
    await Promise.all(Array.from({ length: inFlight }, one));
    return Math.round(sent / ((performance.now() - startedAt) / 1_000));
  };
  return {
    oneSignalAnEvent: (seconds) => flood('raw-single', 1, 20, seconds),
    sameBatches: (seconds) => flood('raw-batches', 256, 1, seconds),
    oneWorkflowAnEvent: async (count, inFlight, recorder) => {
      const taskQueue = 'raw';
      const worker = await Worker.create({
        connection: native,
        taskQueue,
        workflowsPath: new URL('./raw-workflow.ts', import.meta.url).pathname,
        activities: {
          call: async (url: string) => {
            await fetch(url, { method: 'POST', body: JSON.stringify({ params: { sentAt: Date.now() } }) });
          },
        },
        maxConcurrentWorkflowTaskExecutions: 200,
        maxConcurrentActivityTaskExecutions: 200,
      });
      const running = worker.run();
      const before = recorder.calls;
      const startedAt = performance.now();
      let made = 0;
      const one = async () => {
        while (made < count) {
          made += 1;
          const args: [string] = [`http://127.0.0.1:${recorder.port}/start`];
          await client.workflow.start('raw', { workflowId: `raw-${made}-${startedAt}`, taskQueue, args });
        }
      };
      await Promise.all(Array.from({ length: inFlight }, one));
      await until(() => recorder.calls - before >= count, 300_000);
      await until(
        async () => (await client.workflow.count(`WorkflowType="raw" AND ExecutionStatus="Completed"`)).count >= count,
        60_000,
      );
      const perSecond = Math.round(count / ((performance.now() - startedAt) / 1_000));
      worker.shutdown();
      await running;
      return perSecond;
    },
    close: async () => {
      await native.close();
      await connection.close();
    },
  };
}

/** How many runs of a trigger are completed, as visibility tells. */
export async function completedRuns({ temporalPort }: Service, trigger: string): Promise<number> {
  const connection = await Connection.connect({ address: `127.0.0.1:${temporalPort}` });
  const query = `WorkflowType="run" AND SignalboxTrigger="${trigger}" AND ExecutionStatus="Completed"`;
  const { count } = await new Client({ connection }).workflow.count(query);
  await connection.close();
  return count;
}
