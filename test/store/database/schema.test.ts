import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';

import { migrate } from '../../../src/store/migrate.ts';
import { MIGRATIONS } from '../../../src/store/migrations.ts';
import type { StorePlace } from '../../../src/store/open.ts';
import { accepted, given } from './given.ts';
import { connected, PLACES } from './places.ts';

const PATIENT = { timeout: 50_000, interval: 50 };

/** What a version after this one would bring. */
const LATER = { name: '9999-later', sql: "alter table signalbox.events add column note text not null default '-'" };

const done = { ok: true };

async function insertEvent(client: Client, eventId: string): Promise<void> {
  await client.query(
    `insert into signalbox.events (event_id, received_at, deliveries, via, triggers, taken, failed, pruned, body)
     values ($1, 1, 1, 'events', '{}', '[]', '[]', false, '{}')`,
    [eventId],
  );
}

async function eventsOf(client: Client): Promise<readonly object[]> {
  return (await client.query<object>('select event_id, to_jsonb(events) -> $$note$$ as note from signalbox.events'))
    .rows;
}

/** What a store says that does not open, after it was given an event. */
async function refusalAt(place: StorePlace) {
  const { store, told } = given(place);
  onTestFinished(async () => store.close());
  store.recordAccepted([accepted('meanwhile', 0)]);
  await vi.waitFor(() => expect(store.status().state).toBe('down'), PATIENT);
  return { detail: store.status().detail, dropped: [...told.dropped] };
}

describe.each(PLACES)('the schema on $name', (places) => {
  const title = places.missing === undefined ? 'is looked after' : `is skipped: ${places.missing}`;
  describe.skipIf(places.missing !== undefined)(title, () => {
    beforeAll(() => places.start());
    afterAll(() => places.stop());

    it('is made where nothing is, and left as it is from then on', async () => {
      await connected(await places.empty(), async (client) => {
        await client.query('drop schema if exists signalbox cascade');
        expect(await migrate(client)).toEqual(done);
        await insertEvent(client, 'evt_a');
        expect(await migrate(client)).toEqual(done);
        expect(await eventsOf(client)).toEqual([{ event_id: 'evt_a', note: null }]);
      });
    });

    it('is finished where a start was broken off before its first migration', async () => {
      await connected(await places.empty(), async (client) => {
        await client.query('drop schema if exists signalbox cascade');
        await migrate(client, []);
        expect((await client.query('select name from signalbox.migrations')).rows).toEqual([]);
        expect(await migrate(client)).toEqual(done);
        expect(await eventsOf(client)).toEqual([]);
      });
    });

    it('of an older version is brought up to date with its rows in it', async () => {
      await connected(await places.empty(), async (client) => {
        await migrate(client);
        await insertEvent(client, 'evt_old');
        expect(await migrate(client, [...MIGRATIONS, LATER])).toEqual(done);
        expect(await eventsOf(client)).toEqual([{ event_id: 'evt_old', note: '-' }]);
      });
    });

    it('stays as it was where a migration fails half-way', async () => {
      const place = await places.empty();
      await connected(place, async (client) => {
        await migrate(client);
        await insertEvent(client, 'evt_old');
        const failing = { ...LATER, sql: `${LATER.sql}; select 1 / 0` };
        await expect(migrate(client, [...MIGRATIONS, failing])).rejects.toThrow('division by zero');
      });
      await connected(place, async (client) => {
        expect(await migrate(client)).toEqual(done);
        expect(await eventsOf(client)).toEqual([{ event_id: 'evt_old', note: null }]);
      });
    });

    it('of a newer version is refused by name, while events wait', async () => {
      const place = await places.empty();
      await connected(place, async (client) => migrate(client, [...MIGRATIONS, LATER]));
      expect(await refusalAt(place)).toEqual({
        detail: expect.stringContaining('the schema of a newer Signalbox (9999-later). Run that version'),
        dropped: [],
      });
    });

    it('that is in the way of ours is refused with what it is, while events wait', async () => {
      const place = await places.empty();
      await connected(place, async (client) => {
        await migrate(client);
        await client.query('delete from signalbox.migrations');
      });
      expect(await refusalAt(place)).toEqual({
        detail: expect.stringMatching(/cannot be .*relation "events" already exists/),
        dropped: [],
      });
    });
  });
});
