import { createServer } from 'node:http';

import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { createStartTarget } from '../../activities/start-target.ts';
import { createLogger } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { definitionsOf } from '../accept/given.ts';
import { startInput } from './given.ts';

/** The activity over a target that answers `status`, or never; with what the target saw. */
async function activityAt(status: number | 'never', onUnknown = 'hold') {
  const calls: (string | undefined)[] = [];
  const server = createServer((incoming, outgoing) => {
    calls.push(String(incoming.headers['idempotency-key']));
    if (status !== 'never') outgoing.writeHead(status).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const definitions = await definitionsOf(
    `apiVersion: signalbox/v1\nkind: Target\nmetadata: { name: train }\nspec: { http: { url: "http://127.0.0.1:${port}/" }, onUnknown: ${onUnknown} }\n`,
  );
  const metrics = createMetrics({ version: 'test' });
  metrics.define({ triggers: ['retrain'], targets: ['train'], sources: [] });
  const start = createStartTarget({
    definitions: () => definitions,
    callbackOf: () => undefined,
    targets: {
      resolveSecret: () => ({ ok: false, detail: 'none' }),
      stateDirectory: '/nowhere',
      environment: {},
    },
    log: createLogger({ level: 'silent' }),
    metrics,
  });
  return { start, calls, metrics };
}

describe('starting a target', () => {
  it('calls it once with the run id as its token and answers what came of it', async () => {
    const { start, calls, metrics } = await activityAt(200);
    const attempt = await new MockActivityEnvironment().run(start, startInput());
    expect(attempt).toEqual({ kind: 'finished', status: 'succeeded', result: {} });
    expect(calls).toEqual([startInput().run.runId]);
    expect(await metrics.text()).toContain(
      'signalbox_dispatch_total{trigger="retrain",target="train",outcome="started"} 1',
    );
  });

  it('answers a refusal as a value', async () => {
    const { start } = await activityAt(404);
    expect(await new MockActivityEnvironment().run(start, startInput())).toMatchObject({
      kind: 'notStarted',
      code: 'target_rejected',
      permanent: true,
    });
  });

  it('answers that a target is not defined', async () => {
    const { start, calls } = await activityAt(200);
    const { run } = startInput();
    const input = startInput({ run: { ...run, settings: { ...run.settings, target: 'nobody' } } });
    expect(await new MockActivityEnvironment().run(start, input)).toMatchObject({
      kind: 'notStarted',
      code: 'target_missing',
      detail: expect.stringContaining('nobody'),
    });
    expect(calls).toEqual([]);
  });

  it('does not call again where an attempt was lost, unless the target honours the token', async () => {
    const held = await activityAt(200);
    const lost = startInput({ attempt: 2, lost: true });
    expect(await new MockActivityEnvironment().run(held.start, lost)).toMatchObject({
      kind: 'unknown',
      restart: false,
    });
    expect(held.calls).toEqual([]);
    const honoured = await activityAt(200, 'retry');
    expect(await new MockActivityEnvironment().run(honoured.start, lost)).toMatchObject({ kind: 'finished' });
    expect(honoured.calls).toHaveLength(1);
  });

  it('heartbeats for as long as the target takes, and stops the call when the run is cancelled', async () => {
    const { start, calls } = await activityAt('never');
    const environment = new MockActivityEnvironment();
    let heartbeats = 0;
    environment.on('heartbeat', () => {
      heartbeats += 1;
    });
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const running = environment.run(start, startInput()).catch((error: unknown) => error);
    await vi.waitFor(() => expect(calls).toHaveLength(1), { interval: 5 });
    const before = heartbeats;
    vi.advanceTimersByTime(20_000);
    expect(heartbeats - before).toBe(10);
    environment.cancel();
    expect(await running).toBeInstanceOf(CancelledFailure);
    vi.advanceTimersByTime(20_000);
    expect(heartbeats - before).toBe(10);
  });
});
