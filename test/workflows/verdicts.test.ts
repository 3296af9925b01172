import { describe, expect, it } from 'vitest';

import { useWorld } from './harness.ts';

const world = useWorld();

describe('a caller that waits', () => {
  it('learns which run its event started', async () => {
    await world().define('started');
    const sent = await world().send('started', 'e', {}, 3_000);
    const runId = world().onlyRunId('started');
    expect(sent).toMatchObject({
      verdicts: [{ kind: 'started', runId, cause: 'events', trigger: 'started', key: 'k' }],
    });
  });

  it('learns it of many instances that start for its event', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `new-${index}`);
    for (const name of names) await world().define(name);
    const answers = await Promise.all(names.map((name) => world().send(name, 'e', {}, 20_000)));
    for (const sent of answers) expect(sent).toMatchObject({ verdicts: [{ kind: 'started' }] });
  });

  it('gets the plain answer when nothing is decided in time', async () => {
    await world().define('undecided', { stages: ['debounce: { quiet: 1h }'] });
    const before = Date.now();
    const sent = await world().send('undecided', 'e', {}, 1_000);
    expect(sent.kind).toBe('accepted');
    expect(sent).not.toHaveProperty('verdicts');
    expect(Date.now() - before).toBeGreaterThanOrEqual(900);
  });

  it('learns of a duplicate at once while the first still waits', async () => {
    await world().define('dup', { stages: ['debounce: { quiet: 1h }'] });
    const first = world().send('dup', 'e', {}, 3_000);
    await expect
      .poll(
        async () =>
          world()
            .view('dup')
            .then(
              (view) => view.counts.accepted,
              () => 0,
            ),
        { timeout: 2_500 },
      )
      .toBe(1);
    expect(await world().send('dup', 'e', {}, 3_000)).toMatchObject({
      verdicts: [{ kind: 'suppressed', stage: 'dedupe' }],
    });
    expect(await first).not.toHaveProperty('verdicts');
  });

  it('is let go when the instance continues as new', async () => {
    await world().define('closing', { stages: ['debounce: { quiet: 1h }'] });
    await world().send('closing', 'e');
    const before = Date.now();
    const waiting = world().send('closing', 'f', {}, 40_000);
    await world().continueAsNew('closing');
    expect(await waiting).not.toHaveProperty('verdicts');
    expect(Date.now() - before).toBeLessThan(30_000);
  });
});
