import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import type { OpenStore } from '../../../src/store/open.ts';
import { accepted, DAY, entry, given, page, T0, type Told, valueOf } from './given.ts';
import { PLACES } from './places.ts';

const INSTANCE = 'trigger/retrain';

describe.each(PLACES)('the store on $name', (places) => {
  const title = places.missing === undefined ? 'keeps and answers' : `is skipped: ${places.missing}`;
  describe.skipIf(places.missing !== undefined)(title, () => {
    let store: OpenStore;
    let told: Told;
    beforeAll(async () => {
      await places.start();
      ({ store, told } = given(await places.empty()));
    });
    afterEach(() => expect(told.dropped).toEqual([]));
    afterAll(async () => {
      await store?.close();
      await places.stop();
    });

    it('gives an event back whole, whatever it holds', async () => {
      const event = {
        specversion: '1.0',
        id: 'odd',
        source: '/test',
        type: 't',
        data: { nul: 'a\0b', half: '\ud800', quote: '"\\' },
      };
      store.recordAccepted([accepted('odd', 0, { event, traceparent: '00-trace' })]);
      await store.flushed();
      expect(valueOf(await store.event('evt_odd'))).toEqual({
        eventId: 'evt_odd',
        receivedAt: T0,
        deliveries: 1,
        via: 'events',
        source: '/test',
        id: 'odd',
        type: 't',
        traceparent: '00-trace',
        takenBy: [{ trigger: 'retrain', key: 'k', generation: 'g1' }],
        failedIn: [],
        pruned: false,
        event,
      });
      expect(valueOf(await store.event('evt_unknown'))).toBeUndefined();
    });

    it('counts the deliveries of one event, and adds what a later one brings', async () => {
      const failedIn = [
        {
          trigger: 'other',
          generation: 'g',
          code: 'filter_error',
          pointer: '/events',
          detail: 'no \0',
          deadLetterId: 'd',
        },
      ] as const;
      store.recordAccepted([accepted('again', 10), accepted('again', 20)]);
      await store.flushed();
      store.recordAccepted([accepted('again', 30, { takenBy: [], failedIn })]);
      await store.flushed();
      expect(valueOf(await store.event('evt_again'))).toMatchObject({
        receivedAt: T0 + 10,
        deliveries: 3,
        takenBy: [{ trigger: 'retrain' }],
        failedIn: [{ ...failedIn[0], detail: 'no \ufffd' }],
      });
    });

    it('lists events newest first, page by page, and by what they are', async () => {
      const via = 'feed';
      const names = ['a', 'b', 'c', 'd', 'e'];
      store.recordAccepted(
        names.map((name, index) => accepted(`feed-${name}`, 1_000 + Math.floor(index / 2), { via })),
      );
      store.recordAccepted([accepted('feed-none', 2_000, { via, takenBy: [] })]);
      await store.flushed();
      const first = valueOf(await store.events({ via, limit: 4 }));
      const second = valueOf(await store.events({ via, limit: 4, ...(first.next && { cursor: first.next }) }));
      const ids = [...first.items, ...second.items].map(({ eventId }) => eventId);
      expect(ids).toEqual(['none', 'e', 'd', 'c', 'b', 'a'].map((name) => `evt_feed-${name}`));
      expect(second).not.toHaveProperty('next');
      const unmatched = valueOf(await store.events({ via, unmatched: true }));
      expect(unmatched.items.map(({ eventId }) => eventId)).toEqual(['evt_feed-none']);
      expect(valueOf(await store.events({ via, trigger: 'retrain' })).items).toHaveLength(5);
      expect(valueOf(await store.events({ via, type: 'other' })).items).toHaveLength(0);
      expect(
        valueOf(await store.events({ via, source: '/test', sinceAt: T0 + 1_001, untilAt: T0 + 1_002 })).items,
      ).toHaveLength(2);
    });

    it('refuses a cursor that is not its own', async () => {
      for (const cursor of [
        'x',
        Buffer.from('[1]').toString('base64url'),
        Buffer.from('["a","b"]').toString('base64url'),
      ]) {
        expect(await store.events({ cursor })).toMatchObject({ ok: false, refusal: { code: 'malformed_request' } });
      }
    });

    it('tells of an event what named it, and what became of its run', async () => {
      const decided = entry(3, 'runDecided', ['x', 'y'], {
        runId: 'sb1-x',
        detail: 'events',
        target: 'train',
        receivedAt: T0,
      });
      const why = { kind: 'duplicate', firstSeenAt: T0, windowMs: 5 } as const;
      store.recordPage(
        INSTANCE,
        page([
          entry(1, 'collected', ['x', 'y'], { stage: 'debounce', dueAt: T0 + 9 }),
          entry(2, 'suppressed', ['x'], { stage: 'dedupe', reason: 'duplicate', why }),
          decided,
          entry(4, 'startReported', [], { runId: 'sb1-x', detail: 'started' }),
        ]),
      );
      store.recordPage(INSTANCE, page([entry(5, 'runEnded', [], { runId: 'sb1-x', detail: 'failed' })]));
      await store.flushed();
      const entries = valueOf(await store.entriesOfEvent('evt_x'));
      expect(entries.map(({ seq, kind }) => [seq, kind])).toEqual([
        [1, 'collected'],
        [2, 'suppressed'],
        [3, 'runDecided'],
        [4, 'startReported'],
        [5, 'runEnded'],
      ]);
      expect(entries[1]).toEqual({
        ...entry(2, 'suppressed', ['x'], { stage: 'dedupe', reason: 'duplicate', why }),
        trigger: 'retrain',
        instance: INSTANCE,
      });
      expect(entries[2]).toMatchObject(decided);
      expect(valueOf(await store.entriesOfEvent('evt_y'))).toHaveLength(4);
    });

    it('folds the facts about a run into one row, in whatever order they come', async () => {
      const instance = 'trigger/folds';
      const trigger = 'folds';
      const facts = [
        entry(1, 'runDecided', ['f'], {
          runId: 'sb1-f',
          detail: 'full',
          target: 'train',
          generation: 'g',
          receivedAt: T0,
        }),
        entry(2, 'startReported', [], { runId: 'sb1-f', detail: 'started' }),
        entry(3, 'runEnded', [], { runId: 'sb1-f', detail: 'succeeded' }),
      ];
      for (const fact of facts.toReversed()) {
        store.recordPage(instance, page([fact], { trigger }));
        await store.flushed();
      }
      store.recordPage(instance, page(facts, { trigger }));
      await store.flushed();
      expect(valueOf(await store.run('sb1-f'))).toEqual({
        runId: 'sb1-f',
        trigger,
        instance,
        key: 'k',
        cause: 'full',
        target: 'train',
        generation: 'g',
        decidedAt: T0 + 1_000,
        receivedAt: T0,
        eventCount: 1,
        eventIds: ['evt_f'],
        startedAt: T0 + 2_000,
        endedAt: T0 + 3_000,
        status: 'succeeded',
      });
      expect(valueOf(await store.latency({ trigger, sinceAt: T0 }))).toEqual([
        { trigger, runs: 1, p50Ms: 2_000, p95Ms: 2_000, maxMs: 2_000 },
      ]);
    });

    it('replaces a decision that was made again, and what it had started', async () => {
      const instance = 'trigger/again';
      const parts = { trigger: 'again' };
      const lost = entry(1, 'runDecided', ['one'], { runId: 'sb1-lost', detail: 'events' });
      const kept = entry(1, 'runDecided', ['one', 'two'], { runId: 'sb1-kept', detail: 'events' });
      store.recordPage(instance, page([lost, entry(2, 'suppressed', ['z'], { stage: 'dedupe' })], parts));
      await store.flushed();
      store.recordPage(instance, page([kept], { ...parts, seqTo: 3 }));
      await store.flushed();
      expect(valueOf(await store.run('sb1-lost'))).toBeUndefined();
      const { items } = valueOf(await store.entries({ trigger: 'again', sinceAt: T0 }));
      expect(items.map(({ runId, eventIds }) => [runId, eventIds])).toEqual([['sb1-kept', ['evt_one', 'evt_two']]]);
      const { items: runs } = valueOf(await store.runs({ trigger: 'again' }));
      expect(runs.map(({ runId, status }) => [runId, status])).toEqual([['sb1-kept', 'decided']]);
    });

    it('keeps the first of two runs with one id, and says so of the second', async () => {
      const instance = 'trigger/twice';
      const parts = { trigger: 'twice' };
      const runId = 'sb1-twice';
      store.recordPage(instance, page([entry(1, 'runDecided', ['one'], { runId, detail: 'events' })], parts));
      store.recordPage(instance, page([entry(2, 'startReported', [], { runId, detail: 'started' })], parts));
      store.recordPage(instance, page([entry(3, 'runDecided', ['two'], { runId, detail: 'events' })], parts));
      store.recordPage(instance, page([entry(4, 'startReported', [], { runId, detail: 'conflict' })], parts));
      await store.flushed();
      expect(valueOf(await store.run(runId))).toMatchObject({ eventIds: ['evt_one'], status: 'running' });
    });

    it('lists the entries of a trigger page by page, of some kinds, and of two instances', async () => {
      const parts = { trigger: 'lists' };
      for (const shard of ['0of2', '1of2']) {
        const entries = [1, 2, 3].map((seq) =>
          entry(seq, seq === 2 ? 'waiting' : 'suppressed', [`l${seq}`], { stage: 'cooldown' }),
        );
        store.recordPage(`trigger/lists/${shard}`, page(entries, parts));
      }
      await store.flushed();
      const query = { trigger: 'lists', sinceAt: T0, limit: 4 };
      const first = valueOf(await store.entries(query));
      const second = valueOf(await store.entries({ ...query, ...(first.next && { cursor: first.next }) }));
      expect([...first.items, ...second.items].map(({ seq, instance }) => `${seq} ${instance.slice(-4)}`)).toEqual([
        '3 1of2',
        '3 0of2',
        '2 1of2',
        '2 0of2',
        '1 1of2',
        '1 0of2',
      ]);
      const { items } = valueOf(await store.entries({ ...query, kinds: ['waiting'], key: 'k' }));
      expect(items.map(({ kind }) => kind)).toEqual(['waiting', 'waiting']);
      expect(valueOf(await store.counts({ trigger: 'lists', sinceAt: T0 }))).toMatchObject([
        { kind: 'suppressed', stage: 'cooldown', entries: 4, events: 4, firstAt: T0 + 1_000, lastAt: T0 + 3_000 },
        { kind: 'waiting', entries: 2, events: 2 },
      ]);
    });

    it('finds the events that a trigger took and made no run of', async () => {
      const takenBy = [{ trigger: 'idle', key: 'k', generation: 'g' }];
      store.recordAccepted([accepted('ran', 50, { takenBy }), accepted('rests', 60, { takenBy })]);
      store.recordPage(
        'trigger/idle',
        page([entry(1, 'runDecided', ['ran'], { runId: 'sb1-ran' })], { trigger: 'idle' }),
      );
      await store.flushed();
      const { items } = valueOf(await store.withoutRun({ trigger: 'idle', sinceAt: T0 }));
      expect(items.map(({ eventId }) => eventId)).toEqual(['evt_rests']);
    });

    it('says why a trigger fired, or did not', async () => {
      const trigger = 'reasons';
      const instance = `trigger/${trigger}`;
      const at = 40 * DAY;
      const takenBy = [{ trigger, key: 'k', generation: 'g' }];
      const wrong = {
        trigger,
        generation: 'g',
        code: 'mapping_error',
        pointer: '/key',
        detail: 'no',
        deadLetterId: 'd',
      };
      const timed = {
        specversion: '1.0',
        id: 'r',
        source: '/test',
        type: 't',
        time: new Date(T0 + at - 500).toISOString(),
      };
      store.recordAccepted([
        accepted('reason-a', at, { takenBy, event: timed }),
        accepted('reason-b', at + 1, { takenBy: [], failedIn: [{ ...wrong, code: 'mapping_error' }] }),
        accepted('reason-c', at + 2),
      ]);
      const decided = { runId: 'sb1-reason', at: T0 + at + 10, receivedAt: T0 + at };
      const started = { runId: 'sb1-reason', detail: 'started', at: T0 + at + 100 };
      const facts = [entry(1, 'runDecided', ['reason-a'], decided), entry(2, 'startReported', [], started)];
      store.recordPage(instance, page(facts, { trigger }));
      store.recordPage(
        instance,
        page([entry(9, 'runEnded', [], { runId: 'sb1-reason', detail: 'failed' })], { trigger }),
      );
      await store.flushed();
      const span = { trigger, sinceAt: T0 + at, untilAt: T0 + 41 * DAY };
      expect(valueOf(await store.arrivals(span))).toEqual({ seen: 3, taken: 1, failed: 1 });
      const missed = valueOf(await store.notTaken({ ...span, limit: 10 }));
      expect(missed.map(({ eventId, event }) => [eventId, event['id']])).toEqual([['evt_reason-c', 'reason-c']]);
      expect(valueOf(await store.fired({ ...span, bucketMs: DAY }))).toEqual([
        { at: Math.floor((T0 + at) / DAY) * DAY, runs: 1 },
      ]);
      expect(valueOf(await store.latency(span))).toMatchObject([{ trigger, runs: 1, p50Ms: 100 }]);
      expect(valueOf(await store.eventLatency(span))).toMatchObject([{ trigger, runs: 1, maxMs: 600 }]);
      expect(valueOf(await store.ledgerSeq(instance))).toBe(2);
      expect(valueOf(await store.ledgerSeq('trigger/unheard-of'))).toBe(0);
    });

    it('remembers what people did', async () => {
      const action = { id: 'a1', at: T0, by: 'ada', action: 'pause', trigger: 'retrain', outcome: 'done' } as const;
      store.recordAction(action);
      store.recordAction({ ...action, id: 'a2', at: T0 + 1, action: 'resume' });
      store.recordAction(action);
      await store.flushed();
      const first = valueOf(await store.actions({ trigger: 'retrain', limit: 1 }));
      expect(first.items).toMatchObject([{ id: 'a2', action: 'resume' }]);
      expect(valueOf(await store.actions({ limit: 1, cursor: first.next ?? '' })).items).toEqual([action]);
    });

    it('streams events in the order they arrived, without the end of the span', async () => {
      const via = 'stream';
      const count = 600;
      const records = Array.from({ length: count }, (_, index) => accepted(`s${index}`, DAY + (index % 300), { via }));
      store.recordAccepted(records);
      await store.flushed();
      const seen: string[] = [];
      let largest = 0;
      for await (const events of store.eventsBetween({ sinceAt: T0 + DAY, untilAt: T0 + DAY + 299 })) {
        const list = valueOf(events);
        largest = Math.max(largest, list.length);
        for (const { eventId, receivedAt } of list) seen.push(`${receivedAt} ${eventId}`);
      }
      expect(seen).toHaveLength(count - 2);
      expect(seen).toEqual(seen.toSorted());
      expect(largest).toBeLessThan(count);
    });

    it('keeps what a replay brought once more apart from what came in by itself', async () => {
      const replayed = { ...accepted('again', 2 * DAY + 1), eventId: 'evt_again' };
      const marks = { signalboxreplay: 'rpl_1', signalboxreplayof: 'evt_once' };
      store.recordAccepted([accepted('once', 2 * DAY), accepted('twice', 2 * DAY + 1)]);
      store.recordAccepted([{ ...replayed, event: { ...replayed.event, ...marks } }]);
      await store.flushed();
      const span = { sinceAt: T0 + 2 * DAY, untilAt: T0 + 3 * DAY };
      const ids = async (after?: { receivedAt: number; eventId: string }) => {
        const found: string[] = [];
        for await (const events of store.eventsBetween({ ...span, ...(after && { after }) }))
          found.push(...valueOf(events).map(({ eventId }) => eventId));
        return found;
      };
      expect(await ids()).toEqual(['evt_once', 'evt_twice']);
      expect(await ids({ receivedAt: T0 + 2 * DAY, eventId: 'evt_once' })).toEqual(['evt_twice']);
      expect(valueOf(await store.replaysOf('evt_once'))).toMatchObject([
        { eventId: 'evt_again', replayOf: 'evt_once' },
      ]);
      expect(valueOf(await store.replaysOf('evt_twice'))).toEqual([]);
      const missed = valueOf(await store.notTaken({ trigger: 'elsewhere', ...span, limit: 10 }));
      expect(missed.map(({ eventId }) => eventId)).toEqual(['evt_twice', 'evt_once']);
      expect(valueOf(await store.arrivals({ trigger: 'elsewhere', ...span }))).toMatchObject({ seen: 2 });
    });
  });
});
