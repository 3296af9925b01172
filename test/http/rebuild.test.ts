import { describe, expect, it } from 'vitest';

import type { RebuildApi } from '../../src/http/rebuild-api.ts';
import { bodyOf, startService } from './service.ts';

const RUNNING = {
  state: 'running',
  scope: 'all',
  instances: 1,
  histories: 2,
  facts: 30,
  events: 4,
  lostFacts: 0,
  problems: [],
} as const;

const order = { method: 'POST', headers: { 'content-type': 'application/json' } };

describe('rebuilding the store', () => {
  it('begins when it is asked for, and tells how it goes', async () => {
    let started = 0;
    const rebuild: RebuildApi = {
      start: () => {
        started += 1;
        return { ok: true, value: RUNNING };
      },
      status: () => ({ ok: true, value: { ...RUNNING, state: 'done' } }),
    };
    const { url } = await startService({ rebuild });
    const response = await fetch(`${url}/v1/store/rebuild`, { ...order, body: '{}' });
    expect([response.status, started]).toEqual([202, 1]);
    expect(await bodyOf(response)).toEqual(RUNNING);
    expect(await bodyOf(await fetch(`${url}/v1/store/rebuild`))).toMatchObject({ state: 'done' });
  });

  it('is refused where there is no store, and with members that it does not have', async () => {
    const { url } = await startService();
    const refused = await fetch(`${url}/v1/store/rebuild`, { ...order, body: '{}' });
    expect([refused.status, await bodyOf(refused)]).toMatchObject([409, { code: 'store_off' }]);
    const wrong = await fetch(`${url}/v1/store/rebuild`, { ...order, body: '{"since":"1d"}' });
    expect(wrong.status).toBe(400);
  });
});
