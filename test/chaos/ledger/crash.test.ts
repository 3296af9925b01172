import { expect, inject, onTestFinished, test } from 'vitest';

import { batchSignal } from '../../../src/contract/definitions.ts';
import type { Batch } from '../../../src/contract/messages.ts';
import { instanceId } from '../../../src/contract/names.ts';
import { report } from '../../setup/provided.ts';
import { event, eventually } from '../../e2e/service.ts';
import { floodWhile, settled, summary } from './books.ts';
import { batchesOf, runsOf } from './collect.ts';
import { violations } from './oracle.ts';
import { random } from './random.ts';
import { System } from './system.ts';

const SEED = 11;
/** A run of one event is started within the task that decides it, what a window gathered by an activity after it. */
const CRASHES = ['burst', 'each', 'burst', 'each'];
const TEST_TIMEOUT_MS = 240_000;

async function start(): Promise<System> {
  const system = new System(inject('temporal').bin);
  onTestFinished(({ task }) => system.stop(task.result?.state === 'fail'));
  await system.start(random(SEED, 0));
  return system;
}

test(
  'a worker that dies right after a start decides no event into a second run',
  { timeout: TEST_TIMEOUT_MS },
  async () => {
    const system = await start();
    const ends: unknown[] = [];
    const books = await floodWhile(system, random(SEED, 1), async () => {
      for (const trigger of CRASHES) {
        await system.armCrashAfterStart(trigger);
        ends.push(await system.ended('worker'));
        await system.launch('worker');
      }
    });
    report(`crash after start: ${summary(books)}`);

    expect(ends).toEqual(CRASHES.map(() => 'SIGKILL'));
    expect(settled(books)).toEqual([]);
    expect(violations(books.evidence)).toEqual([]);
  },
);

test(
  'a decision that started a run is not made again with an event that was on its way',
  { timeout: TEST_TIMEOUT_MS },
  async () => {
    const system = await start();
    for (const trigger of ['burst', 'each']) {
      const ids = [1, 2, 3].map((number) => `${trigger}-${number}`);
      const data = { key: 'key-0', number: 1 };
      const events = ids.slice(0, 2).map((id) => event(id, `flood.${trigger}`, { data }));
      await system.armCrashAfterStart(trigger);
      await fetch(`${system.url}/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/cloudevents-batch+json' },
        body: JSON.stringify(events),
      });
      expect(await system.ended('worker')).toBe('SIGKILL');
      // Received right after the others, by an accepting side that was slow to commit.
      const [first] = await batchesOf(system.client, trigger);
      const [offer] = first?.offers ?? [];
      if (!offer) throw new Error('no event was committed');
      const late = { ...offer, eventId: `evt_late-${trigger.padEnd(17, '-')}`, receivedAt: offer.receivedAt + 1 };
      const batch: Batch = { version: 1, offers: [late], reports: [] };
      await system.client.workflow.getHandle(instanceId(trigger)).signal(batchSignal, batch);
      await system.launch('worker');
      const runs = await eventually(
        'a run with the late event',
        async () => {
          const known = (await runsOf(system.client)).filter((run) => run.trigger === trigger);
          return known.some(({ eventIds }) => eventIds.includes(late.eventId)) ? known : undefined;
        },
        60_000,
      );
      const members = runs.flatMap(({ eventIds }) => eventIds);
      expect(members.toSorted()).toEqual([...new Set(members)].toSorted());
      expect(members).toHaveLength(3);
    }
  },
);
