import { existsSync, rmSync } from 'node:fs';

import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';

import { BACKLOG_ROWS_MAX } from '../../../src/store/backlog.ts';
import type { StorePlace } from '../../../src/store/open.ts';
import { accepted, DAY, entry, given, page, SEQ_SPAN, T0, valueOf } from './given.ts';
import { PLACES } from './places.ts';
import { findPostgres, type PostgresServer, startPostgres } from './postgres-server.ts';

const PATIENT = { timeout: 50_000, interval: 50 };

/** A store that is closed when the test ends. */
function opened(place: StorePlace, options: Parameters<typeof given>[1] = {}) {
  const all = given(place, options);
  onTestFinished(async () => all.store.close());
  return all;
}

async function isReady({ store }: ReturnType<typeof given>): Promise<void> {
  await vi.waitFor(() => expect(store.status().state).toBe('ready'), PATIENT);
}

describe.each(PLACES)('a store in trouble on $name', (places) => {
  const title = places.missing === undefined ? 'goes on' : `is skipped: ${places.missing}`;
  describe.skipIf(places.missing !== undefined)(title, () => {
    beforeAll(() => places.start());
    afterAll(() => places.stop());

    it('leaves out the rows that the database will never take, and keeps the others', async () => {
      const { store, told } = opened(await places.empty());
      store.recordAccepted([accepted('a', 0), accepted('bad', Number.NaN), accepted('b', 1)]);
      store.recordPage(
        'trigger/retrain',
        page([entry(1, 'suppressed', ['a']), { ...entry(2, 'kept', ['b']), at: 0.5 }]),
      );
      store.recordPage('trigger/retrain', page([entry(3, 'suppressed', ['b'])]));
      await store.flushed();
      expect(told.dropped).toEqual(['event rejected 1', 'page rejected 2']);
      const { items } = valueOf(await store.events({}));
      expect(items.map(({ eventId }) => eventId)).toEqual(['evt_b', 'evt_a']);
      expect(valueOf(await store.entriesOfEvent('evt_b'))).toHaveLength(1);
      // Nobody looks in histories for what the database will refuse again.
      expect(valueOf(await store.gaps.holes([]))).toEqual([]);
    });

    it('knows which facts it was never told of, and gives up those that nobody can tell', async () => {
      const { store } = opened(await places.empty());
      store.recordPage('trigger/a', page([entry(3, 'suppressed', ['x'])], { seqFrom: 3, seqTo: 5 }));
      store.recordPage('trigger/a', page([entry(9, 'suppressed', ['y'])], { seqFrom: 8, seqTo: 9 }));
      await store.flushed();
      const last = [
        { instance: 'trigger/a', trigger: 'a', seq: 12 },
        { instance: 'trigger/b', trigger: 'b', seq: 2 },
      ];
      const holes = valueOf(await store.gaps.holes(last));
      expect(holes.map(({ instance, from, to }) => `${instance} ${from}-${to}`)).toEqual([
        'trigger/a 1-2',
        'trigger/a 6-7',
        'trigger/a 10-12',
        'trigger/b 1-2',
      ]);
      await store.gaps.giveUp(holes.filter(({ from }) => from !== 6));
      const left = valueOf(await store.gaps.holes(last));
      expect(left.map(({ from }) => from)).toEqual([6]);
      expect(valueOf(await store.ledgerSeq('trigger/a'))).toBe(5);
    });

    it('keeps what an instance decided whose state was lost, and looks for holes after that', async () => {
      const { store } = opened(await places.empty());
      store.recordPage('trigger/a', page([entry(1, 'suppressed', ['before'])], { seqTo: 5 }));
      const begun = page([entry(SEQ_SPAN + 1, 'suppressed', ['after'])], { seqTo: SEQ_SPAN + 3 });
      store.recordPage('trigger/a', begun);
      await store.flushed();
      for (const name of ['before', 'after']) {
        expect(valueOf(await store.entriesOfEvent(`evt_${name}`))).toHaveLength(1);
      }
      expect(valueOf(await store.ledgerSeq('trigger/a'))).toBe(SEQ_SPAN + 3);
      expect(valueOf(await store.gaps.holes([]))).toEqual([]);
      const holes = valueOf(await store.gaps.holes([{ instance: 'trigger/a', trigger: 'a', seq: 2 * SEQ_SPAN + 2 }]));
      expect(holes).toEqual([{ instance: 'trigger/a', from: 2 * SEQ_SPAN + 1, to: 2 * SEQ_SPAN + 2 }]);
    });

    it('deletes what is older than its retention', async () => {
      const place = await places.empty();
      const first = given(place);
      first.store.recordAccepted(Array.from({ length: 1_200 }, (_, index) => accepted(`old${index}`, index)));
      const decided = entry(1, 'runDecided', ['old1'], { runId: 'sb1-old' });
      const late = entry(2, 'suppressed', ['new'], { at: T0 + 40 * DAY });
      first.store.recordPage('trigger/retrain', page([decided, late]));
      first.store.recordAccepted([accepted('new', 40 * DAY)]);
      await first.store.flushed();
      await first.store.close();
      const { store } = opened(place, { now: () => T0 + 41 * DAY });
      await vi.waitFor(async () => {
        const { items } = valueOf(await store.events({ limit: 10 }));
        expect(items.map(({ eventId }) => eventId)).toEqual(['evt_new']);
        expect(valueOf(await store.runs({})).items).toEqual([]);
        expect(valueOf(await store.entries({ trigger: 'retrain', sinceAt: 0 })).items).toHaveLength(1);
      }, PATIENT);
      expect(valueOf(await store.gaps.holes([]))).toEqual([]);
    });
  });
});

describe('a store that cannot be opened', () => {
  const nowhere: StorePlace = { kind: 'postgres', url: 'postgres://me:secret@127.0.0.1:1/none' };

  it('takes what fits, drops and counts the rest, and keeps room for what was decided', async () => {
    const { store, told } = opened(nowhere);
    for (let at = 0; at < BACKLOG_ROWS_MAX; at += 1_000) {
      store.recordAccepted(Array.from({ length: 1_000 }, (_, index) => accepted(`e${at + index}`, at)));
    }
    expect(told.dropped.length).toBe(BACKLOG_ROWS_MAX / 4);
    store.recordPage('trigger/retrain', page([entry(1, 'suppressed', ['e1'])]));
    expect(told.dropped).not.toContain('page full 1');
  });

  it('refuses questions at once, and names no password', async () => {
    const { store } = opened(nowhere);
    await vi.waitFor(() => expect(store.status().state).toBe('down'), PATIENT);
    const answer = await store.event('evt_1');
    expect(answer).toMatchObject({ ok: false, refusal: { code: 'store_unavailable', retryAfterSeconds: 2 } });
    expect(JSON.stringify([answer, store.status()])).not.toContain('secret');
  });
});

it('an embedded store that is deleted under way is made anew and goes on', { timeout: 120_000 }, async () => {
  const [places] = PLACES;
  await places?.start();
  const place = await places?.empty();
  if (place?.kind !== 'embedded') throw new Error('the first place is the embedded one');
  onTestFinished(async () => places?.stop());
  const all = opened(place);
  const { store, told } = all;
  store.recordAccepted([accepted('before', 0)]);
  await store.flushed();
  rmSync(place.directory, { recursive: true });
  store.recordAccepted([accepted('after', 1)]);
  await store.flushed();
  expect(told.states).toEqual(['ready', 'down', 'ready']);
  expect(existsSync(`${place.directory}/PG_VERSION`)).toBe(true);
  const { items } = valueOf(await store.events({}));
  expect(items.map(({ eventId }) => eventId)).toEqual(['evt_after']);
});

const bin = findPostgres();

describe.skipIf(bin === undefined)('a PostgreSQL that comes and goes', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres(bin ?? '');
  });
  afterAll(() => server.remove());

  async function asked(sql: string): Promise<void> {
    const client = new Client({ connectionString: server.url('postgres') });
    await client.connect();
    await client.query(sql);
    await client.end();
  }

  it('is migrated once by two processes that start at the same time', async () => {
    await asked('create database twice');
    const place: StorePlace = { kind: 'postgres', url: server.url('twice') };
    const both = [opened(place), opened(place)];
    for (const [index, { store }] of both.entries()) store.recordAccepted([accepted(`of${index}`, index)]);
    await Promise.all(both.map(async ({ store }) => store.flushed()));
    for (const { store, told } of both) {
      expect(valueOf(await store.events({})).items).toHaveLength(2);
      expect(told.states).toEqual(['ready']);
    }
  });

  it('is left alone while it has the schema of a newer version, and used when it has not', async () => {
    await asked('create schema signalbox');
    await asked(
      'create table signalbox.migrations (id serial primary key, name text not null, run_on timestamp not null)',
    );
    await asked(`insert into signalbox.migrations (name, run_on) values ('9999-later', now())`);
    const all = opened({ kind: 'postgres', url: server.url('postgres') });
    all.store.recordAccepted([accepted('waits', 0)]);
    await vi.waitFor(() => expect(all.store.status().detail).toContain('newer Signalbox (9999-later)'), PATIENT);
    await asked('delete from signalbox.migrations');
    await isReady(all);
    await all.store.flushed();
    expect(valueOf(await all.store.events({})).items).toHaveLength(1);
  });

  it('gets what was recorded while it was away', async () => {
    await asked('create database away');
    const all = opened({ kind: 'postgres', url: server.url('away') });
    await isReady(all);
    await server.kill();
    all.store.recordAccepted([accepted('meanwhile', 0)]);
    await vi.waitFor(() => expect(all.store.status().state).toBe('down'), PATIENT);
    expect(await all.store.event('evt_meanwhile')).toMatchObject({ refusal: { code: 'store_unavailable' } });
    await server.start();
    await all.store.flushed();
    expect(valueOf(await all.store.event('evt_meanwhile'))).toMatchObject({ eventId: 'evt_meanwhile' });
    expect(all.told.dropped).toEqual([]);
  });
});
