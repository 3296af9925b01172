import { describe, expect, it } from 'vitest';

import { useWorld } from './harness.ts';
import { HOUR, MINUTE, SECOND } from './world.ts';

const world = useWorld();

/** The files of each call, as the target got them. */
function files(name: string): readonly unknown[] {
  return world().target.params(name, 'files');
}

describe('debounce', () => {
  it('gathers the events of a day and starts one run, two hours after the last', async () => {
    await world().define('day', { stages: ['debounce: { quiet: 2h }'] });
    let lastAt = 0;
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) {
      lastAt = await world().now();
      await world().send('day', id);
      await world().sleep(100 * MINUTE);
    }
    expect(world().target.calls('day')).toEqual([]);
    await world().sleep(HOUR);
    expect(files('day')).toEqual([['a.csv', 'b.csv', 'c.csv', 'd.csv', 'e.csv', 'f.csv']]);
    const [run] = world().runs('day');
    expect((run?.at ?? 0) - lastAt).toBeGreaterThanOrEqual(2 * HOUR);
    expect((run?.at ?? 0) - lastAt).toBeLessThan(2 * HOUR + SECOND);
    const [call] = world().target.calls('day');
    expect((call?.at ?? 0) - (run?.at ?? 0)).toBeLessThan(30 * SECOND);
    expect((await world().view('day')).counts).toMatchObject({ accepted: 6, eventsInRuns: 6, runs: 1 });
  });

  it('waits no longer than maxWait from the first event, however many come', async () => {
    await world().define('most', { stages: ['debounce: { quiet: 2h, maxWait: 5h }'] });
    const firstAt = await world().now();
    for (const id of ['a', 'b', 'c', 'd']) {
      await world().send('most', id);
      await world().sleep(HOUR + 29 * MINUTE);
    }
    // 5h 56m after the first: a to d were sent at 0, 1h 29m, 2h 58m, 4h 27m.
    expect(files('most')).toEqual([['a.csv', 'b.csv', 'c.csv', 'd.csv']]);
    expect(Math.abs((world().runs('most')[0]?.at ?? 0) - firstAt - 5 * HOUR)).toBeLessThan(SECOND);
  });

  it('keeps two keys apart', async () => {
    await world().define('keys', { stages: ['debounce: { quiet: 2h }'] });
    await world().send('keys', 'a1', { key: 'a' });
    await world().sleep(HOUR);
    await world().send('keys', 'b1', { key: 'b' });
    await world().send('keys', 'b2', { key: 'b' });
    await world().sleep(HOUR + MINUTE);
    expect(files('keys')).toEqual([['a1.csv']]);
    expect((await world().view('keys')).keys).toMatchObject([{ key: 'b', window: { events: 2 } }]);
    await world().sleep(HOUR);
    expect(files('keys')).toEqual([['a1.csv'], ['b1.csv', 'b2.csv']]);
    expect((await world().view('keys')).liveKeys).toBe(0);
  });

  it('with a leading edge starts on the first event and suppresses the rest of the window', async () => {
    await world().define('leading', { stages: ['debounce: { quiet: 2h, edge: leading }'] });
    await world().send('leading', 'a');
    await world().settle();
    expect(files('leading')).toEqual([['a.csv']]);
    await world().sleep(HOUR);
    await world().send('leading', 'b');
    await world().sleep(HOUR + 30 * MINUTE);
    await world().send('leading', 'c');
    await world().sleep(2 * HOUR + MINUTE);
    expect(files('leading')).toEqual([['a.csv']]);
    await world().send('leading', 'd');
    await world().settle();
    expect(files('leading')).toEqual([['a.csv'], ['d.csv']]);
    expect((await world().view('leading')).counts).toMatchObject({ accepted: 4, suppressed: { debounce: 2 }, runs: 2 });
  });

  it('with both edges starts on the first event, and once more on the rest', async () => {
    await world().define('both', { stages: ['debounce: { quiet: 2h, edge: both }'] });
    for (const id of ['a', 'b', 'c']) {
      await world().send('both', id);
      await world().sleep(HOUR);
    }
    expect(files('both')).toEqual([['a.csv']]);
    await world().sleep(HOUR + MINUTE);
    expect(files('both')).toEqual([['a.csv'], ['b.csv', 'c.csv']]);
    await world().sleep(5 * HOUR);
    expect(files('both')).toHaveLength(2);
  });

  it('lets open windows keep their settings when the definition changes, and starts at the new target', async () => {
    await world().define('changed', { stages: ['debounce: { quiet: 4h }'], target: 'old' });
    const firstAt = await world().now();
    await world().send('changed', 'a', { key: 'open' });
    await world().sleep(HOUR);
    await world().define('changed', { stages: ['debounce: { quiet: 10m }'], target: 'new' });
    await world().send('changed', 'b', { key: 'other' });
    await world().sleep(20 * MINUTE);
    expect(files('new')).toEqual([['b.csv']]);
    await world().sleep(2 * HOUR + 30 * MINUTE);
    expect(files('new')).toHaveLength(1);
    await world().sleep(15 * MINUTE);
    expect(files('new')).toEqual([['b.csv'], ['a.csv']]);
    expect(Math.abs((world().runs('changed')[1]?.at ?? 0) - firstAt - 4 * HOUR)).toBeLessThan(SECOND);
    expect(files('old')).toEqual([]);
  });
});
