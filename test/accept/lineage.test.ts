import { describe, expect, it } from 'vitest';

import { eventJson } from '../../src/accept/lineage.ts';
import { offerOf } from '../../src/accept/offer.ts';
import { readBatch } from '../../src/contract/read-messages.ts';
import { incoming, triggerOf } from './given.ts';

const ID = 'evt_0123456789abcdefghijkl';
const LINEAGE = { root: 'evt_root', parent: 'sb1-r', depth: 3, path: ['a', 'b', 'c'] };
const FORGED = { signalboxroot: 'evt_mine', signalboxparent: 'sb1-mine', signalboxdepth: '0' };

describe('lineage', () => {
  it('that a sender wrote is left out: nobody makes a chain look shorter', () => {
    expect(eventJson(incoming({ n: 1 }, FORGED))).toEqual(eventJson(incoming({ n: 1 })));
  });

  it('stands in an emitted event as the machinery knows it, whatever the event says', () => {
    const json = eventJson({ ...incoming({ n: 1 }, FORGED), lineage: LINEAGE });
    expect(json).toMatchObject({ signalboxroot: 'evt_root', signalboxparent: 'sb1-r', signalboxdepth: 3 });
  });

  it('goes with the offer, although no expression reads it', async () => {
    const trigger = await triggerOf('events: { pattern: { type: [t] } }');
    const emitted = { ...incoming({ n: 1 }), lineage: LINEAGE };
    expect(offerOf(trigger, emitted, ID, eventJson(emitted))).toMatchObject({ offer: { lineage: LINEAGE } });
    const forged = offerOf(trigger, incoming({ n: 1 }, FORGED), ID, eventJson(incoming({ n: 1 }, FORGED)));
    expect(forged.kind === 'offer' && forged.offer).not.toHaveProperty('lineage');
  });

  it.each([
    [LINEAGE, 1],
    [{ ...LINEAGE, depth: 0 }, 0],
    [{ ...LINEAGE, path: 'a' }, 0],
    ['deep', 0],
  ])('of %j in a signal is read as from a stranger', (lineage, taken) => {
    const offer = { eventId: ID, body: 'b', receivedAt: 1, key: 'k', lineage };
    expect(readBatch({ version: 1, offers: [offer], reports: [] }).offers).toHaveLength(taken);
  });
});
