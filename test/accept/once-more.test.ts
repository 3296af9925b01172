import { describe, expect, it } from 'vitest';

import { eventIdOf, incomingIdOf } from '../../src/accept/event-id.ts';
import { eventJson } from '../../src/accept/lineage.ts';
import { pick } from '../../src/accept/once-more.ts';
import { readBatch } from '../../src/contract/read-messages.ts';
import type { Offer } from '../../src/core/offer.ts';
import type { LoadedTrigger } from '../../src/load/load.ts';
import type { JsonObject } from '../../src/spec/json.ts';
import type { StoredEvent } from '../../src/store/store.ts';
import { incoming, triggerOf } from './given.ts';

const FIRST_AT = Date.UTC(2026, 8, 1);
const NOW = Date.UTC(2026, 8, 3);
const PATTERN = 'events: { pattern: { type: [t] } }';

function stored(data: JsonObject, more: JsonObject = {}, kept: Partial<StoredEvent> = {}): StoredEvent {
  return {
    eventId: 'evt_first',
    receivedAt: FIRST_AT,
    deliveries: 1,
    via: 'events',
    takenBy: [],
    failedIn: [],
    pruned: false,
    event: { specversion: '1.0', id: '1', source: '/s', type: 't', ...more, data },
    ...kept,
  };
}

function offerOf(trigger: LoadedTrigger, event: StoredEvent, replayId = 'rpl_1'): Offer {
  const picked = pick(trigger, event, replayId, NOW);
  if (picked.kind !== 'taken') throw new Error(picked.kind);
  return picked.offer;
}

describe('a stored event that comes once more', () => {
  it('is another event, the same one whenever the same replay brings it', async () => {
    const trigger = await triggerOf(PATTERN);
    const offer = offerOf(trigger, stored({ n: 1 }));
    expect(offer).toMatchObject({ receivedAt: NOW, replayed: { eventId: 'evt_first', replayId: 'rpl_1' } });
    expect(offer.eventId).toMatch(/^evt_[\w-]{22}$/);
    expect(offer.eventId).not.toBe(eventIdOf({ source: '/s', id: '1' }));
    expect(offerOf(trigger, stored({ n: 1 })).eventId).toBe(offer.eventId);
    expect(offerOf(trigger, stored({ n: 1 }), 'rpl_2').eventId).not.toBe(offer.eventId);
    expect(offerOf(trigger, stored({ n: 1 }, {}, { eventId: 'evt_other' })).eventId).not.toBe(offer.eventId);
  });

  it('passes dedupe.by and has a run of its own, while two of one replay are still the same', async () => {
    const run = "run: { target: train, identity: '${{ event.data.version }}' }";
    const trigger = await triggerOf(PATTERN, "dedupe: { by: '${{ event.data.file }}' }", run);
    const [one, again, second] = [
      offerOf(trigger, stored({ file: 'a', version: 7 })),
      offerOf(trigger, stored({ file: 'a', version: 7 }, { id: '2' }, { eventId: 'evt_b' })),
      offerOf(trigger, stored({ file: 'a', version: 7 }), 'rpl_2'),
    ];
    expect([again.by, again.identity]).toEqual([one.by, one.identity]);
    expect(new Set([one.by, second.by])).toHaveProperty('size', 2);
    expect([one.identity, second.identity]).toEqual(['rpl_1 7', 'rpl_2 7']);
  });

  it('is as old as it was: where it does not say, as its first arrival', async () => {
    const trigger = await triggerOf(PATTERN);
    expect(offerOf(trigger, stored({})).time).toBe(FIRST_AT);
    expect(offerOf(trigger, stored({}, { time: '2026-08-31T00:00:00Z' })).time).toBe(Date.UTC(2026, 7, 31));
  });

  it('goes on in the chain that it belongs to', async () => {
    const trigger = await triggerOf('events: { source: signalbox }');
    const emitted = { source: '/signalbox/a', signalboxroot: 'evt_r', signalboxparent: 'sb1-p', signalboxdepth: 3 };
    const { lineage } = offerOf(trigger, stored({}, emitted, { via: 'signalbox' }));
    expect(lineage).toEqual({ root: 'evt_r', parent: 'sb1-p', depth: 3, path: ['a'] });
    expect(offerOf(await triggerOf(PATTERN), stored({}))).not.toHaveProperty('lineage');
  });

  it('comes through the Source it came in through, and is matched as the trigger is now', async () => {
    const trigger = await triggerOf("events: { source: signalbox, when: 'event.data.n > 1' }");
    const kindOf = (event: StoredEvent) => pick(trigger, event, 'rpl_1', NOW).kind;
    const via = 'signalbox';
    expect(kindOf(stored({ n: 2 }, {}, { via }))).toBe('taken');
    expect(kindOf(stored({ n: 2 }))).toBe('notTaken');
    expect(kindOf(stored({ n: 1 }, {}, { via }))).toBe('notTaken');
    expect(kindOf(stored({}, {}, { via }))).toBe('failed');
    expect(kindOf(stored({ n: 2 }, {}, { via, pruned: true }))).toBe('partial');
    expect(kindOf(stored({ n: 2 }, { id: null }, { via }))).toBe('partial');
  });

  it('says so in what expressions see, which no sender can write', () => {
    const forged = incoming({ n: 1 }, { signalboxreplay: 'rpl_mine', signalboxreplayof: 'evt_mine' });
    expect(eventJson(forged)).toEqual(eventJson(incoming({ n: 1 })));
    expect(incomingIdOf(forged)).toBe(eventIdOf(forged.event));
    const json = eventJson({ ...forged, replayed: { eventId: 'evt_first', replayId: 'rpl_1' } });
    expect(json).toMatchObject({ signalboxreplay: 'rpl_1', signalboxreplayof: 'evt_first' });
  });

  it.each([
    [{ eventId: 'evt_first', replayId: 'rpl_1' }, 1],
    [{ eventId: 'evt_first' }, 0],
    ['rpl_1', 0],
  ])('is read as from a stranger: %j', (replayed, taken) => {
    const offer = { eventId: 'evt_0', body: 'b', receivedAt: 1, key: 'k', replayed };
    expect(readBatch({ version: 1, offers: [offer], reports: [] }).offers).toHaveLength(taken);
  });
});
