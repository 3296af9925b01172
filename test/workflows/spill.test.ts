import { describe, expect, it } from 'vitest';

import { SEGMENTS_MAX } from '../../src/contract/limits.ts';
import { segmentId } from '../../src/contract/names.ts';
import { useWorld } from './harness.ts';

const world = useWorld();

/** What one event of the tests weighs: 26 of them are all that an instance holds. */
const FILE = 'x'.repeat(20_000);

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

/** A trigger whose events weigh much, and whose runs are hours apart. Its first run has started. */
async function full(name: string): Promise<void> {
  await world().define(name, { stages: ['cooldown: { period: 6h }'], params: '{ count: "${{ run.eventCount }}" }' });
  await world().send(name, 'first');
  await world().settle();
}

async function sendEach(name: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const outcome = await world().send(name, id, { file: `${id} ${FILE}` });
    expect(outcome.kind).toBe('accepted');
  }
}

// What becomes of kept events is tested on a real server: this one sometimes stands still after a workflow has ended in
// the task of an update, with nothing left to do.
describe('an instance without room', () => {
  it('knows of the segment in which events are kept for it, and so does whoever looks', async () => {
    await full('kept');
    await sendEach('kept', names('e', 60));
    await world().settle();
    const view = await world().view('kept');
    expect(view.spill).toEqual({ pending: 1, to: 1 });
    expect(view.counts.accepted).toBeGreaterThan(20);
    expect(view.counts.accepted).toBeLessThan(30);
    expect(await world().details(segmentId('kept', 1))).toMatch(
      new RegExp(`\\*\\*${61 - view.counts.accepted} events\\*\\* .* wait for \`trigger/kept\``),
    );
    await world().continueAsNew('kept');
    expect((await world().view('kept')).spill).toEqual({ pending: 1, to: 1 });
  });

  it('lets a caller who waits for verdicts go at once', async () => {
    await full('waiting');
    await sendEach('waiting', names('e', 30));
    const outcome = await world().send('waiting', 'late', { file: FILE }, 30_000);
    expect(outcome).toMatchObject({ kind: 'accepted' });
    expect(outcome).not.toHaveProperty('verdicts');
  });

  it('refuses events only when too many segments wait', async () => {
    await full('bound');
    await sendEach('bound', names('e', 40));
    await world().settle();
    const segments = names('none', SEGMENTS_MAX).map((runId, index) => ({ segment: index + 2, runId }));
    await world().signal('bound', 'batch', { version: 1, offers: [], reports: [], segments });
    // A sender that keeps events asks every now and then how many segments there are.
    let sent = 0;
    const sendAnother = async () => {
      sent += 1;
      return world().send('bound', `late${sent}`, { file: FILE });
    };
    await expect
      .poll(sendAnother, { timeout: 20_000, interval: 200 })
      .toMatchObject({ kind: 'refused', refusal: { code: 'saturated', retryAfterSeconds: 5 } });
  });
});
