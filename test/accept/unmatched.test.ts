import { Client, Connection } from '@temporalio/client';
import { describe, expect, it, onTestFinished } from 'vitest';

import { createAccept } from '../../src/accept/accept.ts';
import { Committer } from '../../src/accept/committer.ts';
import type { Accept } from '../../src/accept/outcome.ts';
import { createAskVerdicts } from '../../src/accept/verdicts.ts';
import { definitionsOf, incoming } from './given.ts';

const RETRAIN = `apiVersion: signalbox/v1
kind: Trigger
metadata: { name: retrain }
spec: { events: { pattern: { type: [t], data: { n: [{ numeric: [">", 5] }] } } }, run: { target: train } }
---
apiVersion: signalbox/v1
kind: Target
metadata: { name: train }
spec: { http: { url: "https://pipelines.example/runs" } }
`;

/** The accepting side with the trigger `retrain`; no Temporal answers, as nothing that matches is sent. */
async function accepting(): Promise<Accept> {
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  onTestFinished(() => connection.close());
  const client = new Client({ connection });
  const definitions = await definitionsOf(RETRAIN);
  return createAccept({
    definitions: () => definitions,
    committer: new Committer(client, { sent: () => undefined, kept: () => undefined }, Date.now),
    askVerdicts: createAskVerdicts(client, Date.now),
    observer: { evaluated: () => undefined, unmatched: () => undefined },
    record: () => undefined,
  });
}

const nearest = {
  trigger: 'retrain',
  pointer: '/events/pattern/data/n',
  reason: 'data.n 1 is not > 5.',
};

describe('an event that matches nothing', () => {
  it('is answered to a waiting sender with the nearest trigger and the first clause it does not fit', async () => {
    const accept = await accepting();
    const outcome = await accept([incoming({ n: 1 }), incoming({}, { type: 'far.away', id: '2' })], { waitMs: 1_000 });
    expect(outcome).toMatchObject({
      kind: 'accepted',
      accepted: [{ triggers: [] }, { triggers: [] }],
      verdicts: [],
      unmatched: [{ nearest }, { eventId: expect.stringMatching(/^evt_/) }],
    });
    expect(outcome).not.toHaveProperty('unmatched.1.nearest');
  });

  it('has no nearest trigger looked for while nobody waits', async () => {
    const outcome = await (await accepting())([incoming({ n: 1 })], {});
    expect(outcome).toMatchObject({ kind: 'accepted', accepted: [{ triggers: [] }] });
    expect(outcome).not.toHaveProperty('unmatched');
  });

  it('has its nearest trigger looked for in the first twenty of a batch', async () => {
    const events = Array.from({ length: 21 }, (_, index) => incoming({ n: 1 }, { id: String(index) }));
    const outcome = await (await accepting())(events, { waitMs: 1_000 });
    expect(outcome).toHaveProperty('unmatched.length', 21);
    expect(outcome).toHaveProperty('unmatched.19.nearest', nearest);
    expect(outcome).not.toHaveProperty('unmatched.20.nearest');
  });
});
