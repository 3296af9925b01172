import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTarget } from '../../../src/connectors/registry.ts';
import { targetFile } from '../../../src/spec/target.ts';
import { contextOf, depsOf, requestOf } from '../target-fixtures.ts';
import { describeTarget } from './contract.ts';
import { type PagerdutyServer, servePagerduty } from './strict/pagerduty.ts';
import { serve } from './strict/server.ts';

const KEY = 'canary0123456789abcdef0123456789';
const secrets = { 'env:PAGERDUTY': KEY, 'env:OTHER': 'other' };
const specOf = (url: string, more: object = {}) => ({
  pagerduty: { url, routingKey: { secret: 'env:PAGERDUTY' }, ...more },
});

describeTarget(
  'pagerduty, on a strict server of our own',
  { once: 'token', follows: false, probes: false },
  async () => {
    const server = await servePagerduty(KEY);
    return {
      origin: server.origin,
      spec: (origin) => specOf(origin),
      missing: (origin) => specOf(origin, { routingKey: { secret: 'env:OTHER' } }),
      secrets,
      acts: ({ method }) => method === 'POST',
      effects: async (token) => server.alertsOf(token).length,
      params: () => ({ rows: 3 }),
      insideErrors: ['', '{}', '{"status":"invalid event"}', '<html>Please sign in</html>'],
      close: () => server.close(),
    };
  },
);

describe('a pagerduty target', () => {
  let server: PagerdutyServer;
  beforeAll(async () => {
    server = await servePagerduty(KEY);
  });
  afterAll(() => server.close());
  const send = async (runId: string, more: object = {}, params: object = {}) => {
    const spec = targetFile.shape.spec.parse(specOf(server.origin, more));
    const target = createTarget({ name: 'incident', directory: '/', spec }, depsOf('/', secrets));
    return target.start({ ...requestOf(runId), params: { ...params } }, contextOf());
  };

  it('opens an alert that says what run it is about', async () => {
    expect(await send('sb1-a', {}, { model: 'fraud' })).toEqual({
      kind: 'finished',
      status: 'succeeded',
      result: { status: 'success', dedupKey: 'sb1-a' },
    });
    expect(server.alertsOf('sb1-a')[0]?.events[0]?.payload).toEqual({
      summary: 'retrain (eu): train, run, cause events',
      severity: 'error',
      source: 'signalbox',
      timestamp: '2026-09-01T00:00:00Z',
      custom_details: expect.objectContaining({ runId: 'sb1-a', params: { model: 'fraud' } }),
    });
  });

  it('takes the summary of params where the definition has none, and cuts it', async () => {
    await send('sb1-b', { severity: 'critical', component: 'fraud', details: 7 }, { summary: 'x'.repeat(2_000) });
    expect(server.alertsOf('sb1-b')[0]?.events[0]?.payload).toMatchObject({
      summary: expect.stringMatching(/^x{1023}…$/),
      severity: 'critical',
      component: 'fraud',
      custom_details: { details: 7 },
    });
  });

  it('acknowledges and resolves what another run has opened', async () => {
    const dedupKey = 'model/fraud';
    await send('sb1-c', { dedupKey });
    await send('sb1-d', { dedupKey, action: 'acknowledge' });
    expect(server.alertsOf(dedupKey)).toMatchObject([{ status: 'acknowledged' }]);
    await send('sb1-e', { dedupKey, action: 'resolve' });
    expect(server.alertsOf(dedupKey)).toMatchObject([{ status: 'resolved' }]);
  });

  it('tells nobody its routing key', async () => {
    const echo = await serve(({ body }) => ({ status: 400, body: body.slice(0, 100) }));
    const spec = targetFile.shape.spec.parse(specOf(echo.origin));
    const target = createTarget({ name: 'incident', directory: '/', spec }, depsOf('/', secrets));
    const outcome = await target.start(requestOf('sb1-f'), contextOf());
    expect(outcome).toMatchObject({ detail: expect.stringContaining('"routing_key":"[redacted]"') });
    await echo.close();
  });

  it.each(['acknowledge', 'resolve'])('needs to be told which alert to %s', (action) => {
    const parsed = targetFile.shape.spec.safeParse(specOf(server.origin, { action }));
    expect(JSON.stringify(parsed.error)).toContain('is required to acknowledge or resolve');
  });
});
