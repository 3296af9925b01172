import { describe, expect, it } from 'vitest';

import { segmentId } from '../../src/contract/names.ts';
import { useWorld } from './harness.ts';
import { HOUR, MINUTE } from './world.ts';

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

/** The ids of the events of each run, by what the ledger names; every event has its own name in its id's place. */
const eventCounts = (name: string) =>
  world()
    .runs(name)
    .map((run) => run.eventCount);

/** Virtual time passes until the instance has everything; half of what it may hold comes with each run. */
async function drained(name: string): Promise<void> {
  for (let hours = 0; hours < 10 * 24; hours += 6) {
    if ((await world().view(name)).spill.pending === 0) return;
    await world().sleep(6 * HOUR);
  }
  throw new Error(`${name} did not take what was kept for it`);
}

async function statusOf(workflowId: string): Promise<string> {
  return (await world().client.workflow.getHandle(workflowId).describe()).status.name;
}

describe('an instance without room', () => {
  it('gets what was kept for it in order, each event once, as soon as it has room', async () => {
    await full('order');
    await sendEach('order', names('e', 60));
    await world().settle();
    const before = await world().view('order');
    expect(before.spill).toEqual({ pending: 1, to: 1 });
    expect(before.counts.accepted).toBeLessThan(30);
    expect(await world().details(segmentId('order', 1))).toMatch(/\*\*\d\d events\*\* .* wait for `trigger\/order`/);

    await drained('order');
    await world().sleep(7 * HOUR);
    const { counts, spill, pressure } = await world().view('order');
    expect(counts).toMatchObject({ accepted: 61, eventsInRuns: 61, suppressed: { dedupe: 0 } });
    expect(spill).toEqual({ pending: 0, to: 1 });
    expect(pressure.pendingItems).toBe(0);
    expect(eventCounts('order').reduce((sum, count) => (sum ?? 0) + (count ?? 0), 0)).toBe(61);
    expect(await statusOf(segmentId('order', 1))).toBe('COMPLETED');
  });

  it('knows again what comes twice, one of the two kept', async () => {
    await full('twice');
    await sendEach('twice', names('e', 40));
    await sendEach('twice', names('e', 40));
    await world().settle();
    await drained('twice');
    await world().sleep(7 * HOUR);
    expect((await world().view('twice')).counts).toMatchObject({ eventsInRuns: 41, suppressed: { dedupe: 40 } });
  });

  it('lets a caller who waits for verdicts go at once', async () => {
    await full('waiting');
    await sendEach('waiting', names('e', 30));
    const outcome = await world().send('waiting', 'late', { file: FILE }, 30_000);
    expect(outcome).toMatchObject({ kind: 'accepted' });
    expect(outcome).not.toHaveProperty('verdicts');
    await drained('waiting');
  });

  it('carries how far it is over continue-as-new', async () => {
    await full('carried');
    await sendEach('carried', names('e', 90));
    await world().settle();
    await world().continueAsNew('carried');
    expect((await world().view('carried')).spill.pending).toBe(1);
    await world().sleep(6 * HOUR + MINUTE);
    await world().continueAsNew('carried');
    await drained('carried');
    await world().sleep(7 * HOUR);
    expect((await world().view('carried')).counts).toMatchObject({ accepted: 91, eventsInRuns: 91 });
  });
});
