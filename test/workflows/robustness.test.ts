import { describe, expect, it } from 'vitest';

import { batchSignal, verdictsUpdate } from '../../src/contract/definitions.ts';
import { useWorld } from './harness.ts';
import { HOUR, MINUTE, workerLog } from './world.ts';

const world = useWorld();

const offer = { eventId: 'evt_0123456789abcdefghijkl', body: 'b', receivedAt: 1, key: 'k' };
const none = { version: 1, offers: [], reports: [] };

/** What anyone who reaches Temporal could send. */
const GARBAGE: readonly unknown[] = [
  null,
  'text',
  42,
  [],
  {},
  { ...none, version: 2 },
  { version: 1 },
  { version: 1, offers: null, reports: 'many' },
  { ...none, offers: [null, 7, {}, { ...offer, key: 5 }, { ...offer, receivedAt: 'now' }], reports: [null, {}] },
  {
    ...none,
    offers: [
      { ...offer, eventId: 'no' },
      { ...offer, time: 'x' },
      { ...offer, event: 1 },
    ],
  },
  { ...none, reports: [{ runId: 'r', key: 'k', status: '__proto__' }] },
  { ...none, definition: {} },
  { ...none, definition: { name: 'garbage', generation: 'x', loadedAt: 8e15 } },
];

describe('an instance', () => {
  it('lives through whatever a signal brings, and goes on deciding', async () => {
    await world().define('garbage', { stages: ['debounce: { quiet: 1h }'] });
    await world().send('garbage', 'before');
    for (const garbage of GARBAGE) await world().signal('garbage', batchSignal.name, garbage);
    await world().signal('garbage', batchSignal.name);
    await world().signal('garbage', 'nonsense', { any: 'thing' });
    await world().send('garbage', 'after');
    await world().settle();
    const view = await world().view('garbage');
    expect(view.history.refused).toBe(GARBAGE.length + 2);
    expect(view.counts).toMatchObject({ accepted: 2, ended: { succeeded: 0, failed: 0 } });
    await world().sleep(HOUR + MINUTE);
    expect(world().target.params('garbage', 'files')).toEqual([['before.csv', 'after.csv']]);
    expect(workerLog.filter((line) => line.includes('left alone')).length).toBeGreaterThanOrEqual(GARBAGE.length);
  });

  it('takes the good offers of a batch in which others are broken', async () => {
    await world().define('partly', { stages: ['debounce: { quiet: 1h }'] });
    await world().send('partly', 'first');
    const good = { ...offer, receivedAt: await world().now(), item: 'good.csv' };
    await world().signal('partly', batchSignal.name, { ...none, offers: [null, good, 3] });
    await world().sleep(HOUR + MINUTE);
    expect(world().target.params('partly', 'files')).toEqual([['first.csv', 'good.csv']]);
  });

  it('is not taken over by the definition of another trigger', async () => {
    await world().define('mine', { stages: ['debounce: { quiet: 1h }'] });
    await world().define('other', { stages: ['debounce: { quiet: 2h }'] });
    await world().send('mine', 'e');
    const definition = { ...world().current().triggers.get('other')?.definition, loadedAt: 8e15 };
    await world().signal('mine', batchSignal.name, { ...none, definition });
    await world().settle();
    expect(await world().view('mine')).toMatchObject({ definition: { name: 'mine' }, history: { refused: 1 } });
  });

  it('refuses an update it does not understand and goes on', async () => {
    await world().define('update', { stages: ['debounce: { quiet: 1h }'] });
    await world().send('update', 'e');
    const handle = world().instance('update');
    for (const asked of [
      null,
      7,
      {},
      { waits: 'x', waitMs: 1 },
      { waits: [], waitMs: -1 },
      { waits: [3], waitMs: 1 },
    ]) {
      const answer = handle.executeUpdate<unknown, [unknown]>(verdictsUpdate.name, { args: [asked] });
      await expect(answer).rejects.toThrow();
    }
    await expect(handle.executeUpdate('nonsense')).rejects.toThrow();
    expect((await world().view('update')).counts.accepted).toBe(1);
  });

  it('takes the end of a run it knows nothing of', async () => {
    await world().define('stranger');
    await world().send('stranger', 'e');
    const report = { runId: 'sb1-nobody', key: 'k', status: 'failed' };
    await world().signal('stranger', batchSignal.name, { ...none, reports: [report] });
    await world().settle();
    expect((await world().view('stranger')).counts.ended).toMatchObject({ succeeded: 1, failed: 1 });
  });

  it('takes keys that are names of object members for ordinary text', async () => {
    await world().define('proto', { stages: ['debounce: { quiet: 1h }'] });
    for (const key of ['__proto__', 'constructor', '10', 'ключ']) await world().send('proto', `e-${key}`, { key });
    await world().settle();
    await world().continueAsNew('proto');
    expect((await world().view('proto')).liveKeys).toBe(4);
    await world().sleep(HOUR + MINUTE);
    expect(world().target.params('proto', 'files')).toHaveLength(4);
  });
});
