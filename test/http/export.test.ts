import { describe, expect, test } from 'vitest';

import { refusal } from '../../src/errors.ts';
import type { StoredEvent, StoreReader } from '../../src/store/store.ts';
import { definitionsOf } from '../accept/given.ts';
import { bodyOf, eventOf, NOW, startService } from './service.ts';

const HOUR_MS = 3_600_000;
const AWAY = { ok: false, refusal: refusal('store_unavailable', 'The database is away.') } as const;

function stored(id: string, receivedAt: number): StoredEvent {
  const of = { eventId: `evt_${id}`, receivedAt, deliveries: 1, via: 'landing', pruned: false };
  return { ...of, takenBy: [], failedIn: [], event: eventOf({ id }) };
}

const two: StoreReader['eventsBetween'] = async function* ({ sinceAt, untilAt }) {
  yield { ok: true, value: [stored('1', sinceAt)] };
  yield { ok: true, value: [stored('2', untilAt)] };
};

describe('GET /v1/events/export', () => {
  test('gives whole events, one a line, with when and through what they came', async () => {
    const { url } = await startService({ eventsBetween: two });
    const response = await fetch(`${url}/v1/events/export?since=1h`);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = (await response.text()).trim().split('\n');
    const from = new Date(NOW - HOUR_MS).toISOString();
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      { ...eventOf({ id: '1' }), signalboxreceivedat: from, signalboxsource: 'landing' },
      { ...eventOf({ id: '2' }), signalboxreceivedat: new Date(NOW).toISOString(), signalboxsource: 'landing' },
    ]);
  });

  test('takes moments too, and refuses what is neither', async () => {
    const { url } = await startService({ eventsBetween: two });
    const span = 'since=2026-09-01T00:00:00Z&until=2026-09-01T06:00:00Z';
    expect(await (await fetch(`${url}/v1/events/export?${span}`)).text()).toContain('2026-09-01T06:00:00.000Z');
    expect((await fetch(`${url}/v1/events/export?since=once`)).status).toBe(400);
    expect((await fetch(`${url}/v1/events/export`)).status).toBe(400);
  });

  test('is refused where the store is off or away', async () => {
    const off = await startService();
    expect(await bodyOf(await fetch(`${off.url}/v1/events/export?since=1h`))).toMatchObject({ code: 'store_off' });
    const away = await startService({
      eventsBetween: async function* () {
        yield AWAY;
      },
    });
    expect((await fetch(`${away.url}/v1/events/export?since=1h`)).status).toBe(503);
  });

  test('is cut where the store goes away meanwhile, so that a part is not taken for the whole', async () => {
    const { url } = await startService({
      eventsBetween: async function* () {
        yield { ok: true, value: [stored('1', NOW)] };
        yield AWAY;
      },
    });
    const response = await fetch(`${url}/v1/events/export?since=1h`);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });
});

test('GET /v1/definitions gives the documents as they were written', async () => {
  const definitions = await definitionsOf(
    'apiVersion: signalbox/v1\nkind: Target\nmetadata: { name: train }\nspec: { http: { url: "https://p.example/" } }\n',
  );
  const { url } = await startService({ definitions: () => definitions });
  expect(await bodyOf(await fetch(`${url}/v1/definitions`))).toEqual({
    loadedAt: new Date(definitions.loadedAt).toISOString(),
    fingerprint: definitions.fingerprint,
    definitions: [
      {
        apiVersion: 'signalbox/v1',
        kind: 'Target',
        metadata: { name: 'train' },
        spec: { http: { url: 'https://p.example/' } },
      },
    ],
  });
});
