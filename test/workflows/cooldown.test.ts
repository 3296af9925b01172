import { describe, expect, it } from 'vitest';

import { useWorld } from './harness.ts';
import { DAY, HOUR, MINUTE, SECOND } from './world.ts';

const world = useWorld();

describe('cooldown', () => {
  it('holds what comes for three days, then starts one run with everything that waited', async () => {
    await world().define('hold', { stages: ['cooldown: { period: 3d }'] });
    await world().send('hold', 'first');
    await world().settle();
    const startedAt = world().runs('hold')[0]?.at ?? 0;
    for (const id of ['a', 'b', 'c']) {
      await world().sleep(20 * HOUR);
      await world().send('hold', id);
    }
    await world().settle();
    expect(world().target.params('hold', 'files')).toEqual([['first.csv']]);
    expect((await world().view('hold')).keys).toMatchObject([
      { key: 'k', waiting: [{ how: 'hold', stage: 'cooldown', events: 3 }] },
    ]);
    await world().sleep(12 * HOUR);
    expect(world().target.params('hold', 'files')).toEqual([['first.csv'], ['a.csv', 'b.csv', 'c.csv']]);
    expect(Math.abs((world().runs('hold')[1]?.at ?? 0) - startedAt - 3 * DAY)).toBeLessThan(SECOND);
    await world().sleep(4 * DAY);
    expect(world().target.calls('hold')).toHaveLength(2);
    expect((await world().view('hold')).liveKeys).toBe(0);
  });

  it('drops what comes, and says until when and why', async () => {
    await world().define('drop', { stages: ['cooldown: { period: 3d, onExcess: drop }'] });
    await world().send('drop', 'first');
    await world().sleep(2 * DAY);
    const dropped = await world().send('drop', 'second', {}, 2_000);
    expect(dropped).toMatchObject({
      kind: 'accepted',
      verdicts: [{ kind: 'suppressed', stage: 'cooldown', reason: expect.stringContaining('cools down for 3d') }],
    });
    await world().sleep(DAY + MINUTE);
    await world().send('drop', 'third');
    await world().settle();
    expect(world().target.params('drop', 'files')).toEqual([['first.csv'], ['third.csv']]);
    expect((await world().view('drop')).counts).toMatchObject({ suppressed: { cooldown: 1 }, runs: 2 });
  });
});
