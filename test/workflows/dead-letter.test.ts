import { describe, expect, it } from 'vitest';

import { discardSignal, entriesSignal } from '../../src/contract/definitions.ts';
import { eventsDeadLetterId } from '../../src/contract/names.ts';
import { useWorld } from './harness.ts';

const world = useWorld();

function letterOf(trigger: string, code: string, place: string): string {
  const generation = world().current().triggers.get(trigger)?.generation ?? '';
  return eventsDeadLetterId({ trigger, generation, code, place });
}

describe('an event that cannot be decided', () => {
  it('is a duplicate when it is the same, and a conflict when its body differs', async () => {
    await world().define('twice', { stages: ['debounce: { quiet: 1h }'] });
    await world().send('twice', 'e', { file: 'a' });
    expect(await world().send('twice', 'e', { file: 'a' }, 2_000)).toMatchObject({
      verdicts: [{ kind: 'suppressed', stage: 'dedupe', reason: expect.stringContaining('came first at') }],
    });
    expect(await world().send('twice', 'e', { file: 'b' }, 2_000)).toMatchObject({
      verdicts: [{ kind: 'deadLettered', code: 'event_id_conflict' }],
    });
    await world().send('twice', 'f', { file: 'a' });
    await world().send('twice', 'f', { file: 'b' });
    await world().settle();
    const letter = await world().deadLetter(letterOf('twice', 'event_id_conflict', 'dedupe'));
    expect(letter.entries).toHaveLength(2);
    expect(letter.entries[0]).toMatchObject({ key: 'k', detail: expect.stringContaining('the first wins') });
    expect((await world().view('twice')).counts).toMatchObject({ accepted: 5, deadLettered: 2 });
  });

  it('joins the others that fail in the same place in one dead letter, counted past 1,000', async () => {
    await world().define('broken', { key: '${{ event.data.missing }}' });
    for (let batch = 0; batch < 3; batch += 1) {
      const ids = Array.from({ length: 400 }, (_, index) => `e${batch}-${index}`);
      const sent = await world().sendAll('broken', ids);
      expect(sent.kind === 'accepted' && sent.deadLettered.length).toBe(400);
    }
    await world().sendAll('broken', ['e0-1', 'e1-2']);
    await world().settle();
    const id = letterOf('broken', 'mapping_error', '/key');
    const letter = await world().deadLetter(id);
    expect(letter).toMatchObject({ code: 'mapping_error', place: '/key', beyond: 200 });
    expect(letter.entries).toHaveLength(1_000);
    expect(letter.entries[0]?.detail).toContain('event.data.missing');
    expect(await world().details(id)).toContain('1200 entries, 200 of them only counted');
  });

  it('takes 10,000 events that fail at once without coming near what ends a workflow', async () => {
    await world().define('flooded', { key: '${{ event.data.missing }}' });
    const requests = Array.from({ length: 10 }, (_, request) =>
      world().sendAll(
        'flooded',
        Array.from({ length: 1_000 }, (__, index) => `e${request}-${index}`),
      ),
    );
    for (const sent of await Promise.all(requests))
      expect(sent.kind === 'accepted' && sent.deadLettered.length).toBe(1_000);
    await world().settle();
    const id = letterOf('flooded', 'mapping_error', '/key');
    const held = await world().deadLetter(id);
    expect([held.entries.length, held.beyond]).toEqual([1_000, 9_000]);
    const { historyLength } = await world().client.workflow.getHandle(id).describe();
    // Temporal ends a workflow at 51,200.
    expect(historyLength).toBeLessThan(1_000);
  });

  it('takes in conflicts by the thousand, chunk by chunk', async () => {
    await world().define('conflicts', { stages: ['debounce: { quiet: 1h }'] });
    const ids = Array.from({ length: 600 }, (_, index) => `e${index}`);
    await world().sendAll('conflicts', ids, { file: 'first' });
    await world().settle();
    expect((await world().sendAll('conflicts', ids, { file: 'second' })).kind).toBe('accepted');
    await world().settle();
    expect((await world().view('conflicts')).counts).toMatchObject({ accepted: 1_200, deadLettered: 600 });
    const letter = await world().deadLetter(letterOf('conflicts', 'event_id_conflict', 'dedupe'));
    expect(letter.entries).toHaveLength(600);
  });

  it('waits in its dead letter until a person discards it', async () => {
    await world().define('discard', { key: '${{ event.data.missing }}' });
    await world().send('discard', 'e');
    const handle = world().client.workflow.getHandle(letterOf('discard', 'mapping_error', '/key'));
    await world().settle();
    expect((await handle.describe()).status.name).toBe('RUNNING');
    await handle.signal(discardSignal, { reason: 'known and harmless' });
    expect(await handle.result()).toEqual({ discarded: 'known and harmless' });
    await world().send('discard', 'e2');
    await world().settle();
    expect((await world().deadLetter(handle.workflowId)).entries).toHaveLength(1);
  });

  it('survives garbage in its dead letter', async () => {
    await world().define('messy', { key: '${{ event.data.missing }}' });
    await world().send('messy', 'e');
    const handle = world().client.workflow.getHandle(letterOf('messy', 'mapping_error', '/key'));
    for (const garbage of [null, 7, {}, { entries: null }, { entries: [null, { at: 'x' }] }]) {
      await handle.signal(entriesSignal.name, garbage);
    }
    await handle.signal('nonsense', 1);
    await world().send('messy', 'e2');
    await world().settle();
    expect((await world().deadLetter(handle.workflowId)).entries).toHaveLength(2);
    await handle.signal(discardSignal.name);
    expect(await handle.result()).toEqual({ discarded: 'no reason given' });
  });

  it('keeps what came first when it continues as new', async () => {
    await world().define('flood', { key: '${{ event.data.missing }}' });
    await world().send('flood', 'e');
    await world().settle();
    const handle = world().client.workflow.getHandle(letterOf('flood', 'mapping_error', '/key'));
    const before = (await handle.describe()).runId;
    const empty = { version: 1, entries: [] };
    await Promise.all(Array.from({ length: 1_000 }, () => handle.signal(entriesSignal.name, empty)));
    await world().settle();
    await world().send('flood', 'f');
    await world().settle();
    expect((await handle.describe()).runId).not.toBe(before);
    expect((await world().deadLetter(handle.workflowId)).entries).toHaveLength(2);
  });

  it('continues as new before what its entries bring could end it', async () => {
    await world().define('heavy', { key: '${{ event.data.missing }}' });
    await world().send('heavy', 'e');
    await world().settle();
    const handle = world().client.workflow.getHandle(letterOf('heavy', 'mapping_error', '/key'));
    const before = (await handle.describe()).runId;
    const event = { data: 'x'.repeat(250_000) };
    for (let index = 0; index < 36; index += 1) {
      const entry = { at: 0, id: `heavy-${index}`, detail: 'large', event };
      await handle.signal(entriesSignal, { version: 1, entries: [entry] });
    }
    await world().settle();
    expect((await handle.describe()).runId).not.toBe(before);
    expect((await world().deadLetter(handle.workflowId)).entries).toHaveLength(37);
  });

  it('loses nothing that comes while it is being discarded', async () => {
    await world().define('late', { key: '${{ event.data.missing }}' });
    for (let round = 0; round < 10; round += 1) {
      await world().send('late', `seen-${round}`);
      const handle = world().client.workflow.getHandle(letterOf('late', 'mapping_error', '/key'));
      await Promise.all(Array.from({ length: 5 }, () => handle.signal('nonsense', 1)));
      await handle.signal(discardSignal, { reason: 'seen' });
      await world().send('late', `unseen-${round}`);
      await world().settle();
      const ids = (await world().deadLetter(handle.workflowId)).entries.map((entry) => entry.id);
      expect(ids).toHaveLength(1);
      await handle.signal(discardSignal, { reason: 'done' });
      await world().settle();
    }
  });
});
