import { describe, expect, test } from 'vitest';

import type { EventQuery } from '../../src/store/store.ts';
import { EVENT } from '../explain/given.ts';
import { EXPLAINED, explaining, STATS, WHY } from './explained.ts';
import { bodyOf, NOW, startService } from './service.ts';

async function given() {
  const asked = { queries: Array<EventQuery>(), since: Array<number>() };
  const service = await startService({ explain: explaining(asked) });
  const get = async (path: string) => {
    const answer = await fetch(service.url + path);
    return { status: answer.status, body: await bodyOf(answer) };
  };
  return { asked, get };
}

describe('the feed of events', () => {
  test('gives the newest fifty where nothing is asked', async () => {
    const { asked, get } = await given();
    expect(await get('/v1/events')).toMatchObject({ status: 200, body: { next: 'bW9yZQ' } });
    expect(asked.queries).toEqual([{ limit: 50 }]);
  });

  test('is filtered, and goes back by a duration or to a moment', async () => {
    const { asked, get } = await given();
    await get('/v1/events?source=/s&via=events&type=t&trigger=retrain&unmatched=true&since=2h&until=30m&limit=5');
    await get('/v1/events?unmatched=false&since=2026-09-01T10:00:00Z&cursor=bW9yZQ');
    expect(asked.queries).toEqual([
      {
        source: '/s',
        via: 'events',
        type: 't',
        trigger: 'retrain',
        unmatched: true,
        sinceAt: NOW - 2 * 3_600_000,
        untilAt: NOW - 1_800_000,
        limit: 5,
      },
      { sinceAt: Date.parse('2026-09-01T10:00:00Z'), cursor: 'bW9yZQ', limit: 50 },
    ]);
  });

  test.each(['since=yesterday', 'limit=0', 'limit=1001', 'unmatched=yes', 'cursor=%00', 'nope=1'])(
    'refuses %s, naming the member',
    async (query) => {
      const { get } = await given();
      const { status, body } = await get(`/v1/events?${query}`);
      expect(status).toBe(400);
      expect(body).toMatchObject({ violations: [{ pointer: `/${query.split('=')[0]}` }] });
    },
  );
});

describe('one event', () => {
  test('is given with its body, and explained', async () => {
    const { get } = await given();
    expect(await get(`/v1/events/${EVENT}`)).toMatchObject({
      status: 200,
      body: { eventId: EVENT, event: { type: 't' } },
    });
    expect(await get(`/v1/events/${EVENT}/explain`)).toEqual({
      status: 200,
      body: JSON.parse(JSON.stringify(EXPLAINED)),
    });
  });

  test('that nobody knows is 404, with where to look', async () => {
    const { get } = await given();
    for (const path of ['/v1/events/evt_x', '/v1/events/evt_x/explain']) {
      const { status, body } = await get(path);
      expect(status).toBe(404);
      expect(body).toMatchObject({ code: 'event_unknown', remedy: expect.stringContaining('signalbox tail') });
    }
  });
});

describe('one trigger', () => {
  test('is asked about the last day where no span is named', async () => {
    const { asked, get } = await given();
    expect(await get('/v1/triggers/retrain/why')).toEqual({ status: 200, body: JSON.parse(JSON.stringify(WHY)) });
    expect(await get('/v1/triggers/retrain/stats?since=7d')).toEqual({
      status: 200,
      body: JSON.parse(JSON.stringify(STATS)),
    });
    expect(asked.since).toEqual([NOW - 86_400_000, NOW - 7 * 86_400_000]);
    expect((await get('/v1/stats')).body).toMatchObject({ triggers: [{ trigger: 'retrain' }] });
  });

  test('is refused with a span that is none', async () => {
    const { get } = await given();
    expect((await get('/v1/triggers/retrain/why?since=0')).status).toBe(400);
  });
});
