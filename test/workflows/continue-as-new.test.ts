import { describe, expect, it } from 'vitest';

import { WORKFLOW, instanceId, TASK_QUEUE } from '../../src/contract/names.ts';
import { carry } from '../../src/core/carried.ts';
import { initialState } from '../../src/core/state.ts';
import { step } from '../../src/core/step.ts';
import { useWorld } from './harness.ts';
import { DAY, HOUR, MINUTE, SECOND } from './world.ts';

const world = useWorld();

describe('continue-as-new', () => {
  it('in mid-window with no traffic afterwards still fires on time', async () => {
    await world().define('window', { stages: ['debounce: { quiet: 6h }'] });
    await world().send('window', 'a');
    const lastAt = await world().now();
    await world().send('window', 'b');
    await world().sleep(HOUR);
    await world().continueAsNew('window');
    await world().sleep(4 * HOUR);
    expect(world().target.calls('window')).toEqual([]);
    await world().sleep(HOUR + MINUTE);
    expect(world().target.params('window', 'files')).toEqual([['a.csv', 'b.csv']]);
    expect(Math.abs((world().runs('window')[0]?.at ?? 0) - lastAt - 6 * HOUR)).toBeLessThan(SECOND);
  });

  it('carries what is held, cooldowns, what was seen, and the counts', async () => {
    await world().define('carried', { stages: ['cooldown: { period: 3d }', 'dedupe: { window: 10d }'] });
    await world().send('carried', 'first');
    await world().settle();
    await world().send('carried', 'a');
    await world().settle();
    await world().continueAsNew('carried');
    await world().send('carried', 'first');
    await world().send('carried', 'b');
    await world().settle();
    await world().continueAsNew('carried');
    expect((await world().view('carried')).counts).toMatchObject({
      accepted: 4,
      runs: 1,
      suppressed: { dedupe: 1 },
      ended: { succeeded: 1 },
    });
    await world().sleep(3 * DAY);
    expect(world().target.params('carried', 'files')).toEqual([['first.csv'], ['a.csv', 'b.csv']]);
    expect((await world().view('carried')).counts).toMatchObject({ accepted: 4, runs: 2, eventsInRuns: 3 });
  });

  it('comes without a pause too, before a run of the instance grows too long', async () => {
    await world().define('busy', { stages: ['debounce: { quiet: 1h }'] });
    await world().send('busy', 'e');
    const before = (await world().instance('busy').describe()).runId;
    const empty = { version: 1, offers: [], reports: [] };
    for (let flood = 0; flood < 11; flood += 1) {
      await Promise.all(Array.from({ length: 100 }, () => world().signal('busy', 'batch', empty)));
    }
    await world().settle();
    expect((await world().instance('busy').describe()).runId).not.toBe(before);
    await world().sleep(HOUR);
    expect(world().target.params('busy', 'files')).toEqual([['e.csv']]);
  });

  it('does not come before the dead letters of the instance are written', async () => {
    await world().define('letters', { stages: ['debounce: { quiet: 1h }'] });
    await world().send('letters', 'e', { file: 'a' });
    await world().settle();
    const ids = Array.from({ length: 300 }, (_, index) => `e${index}`);
    await world().sendAll('letters', ids, { file: 'a' });
    await world().settle();
    const flood = world().sendAll('letters', ids, { file: 'b' });
    await world().continueAsNew('letters');
    await flood;
    await world().settle();
    const generation = world().current().triggers.get('letters')?.generation ?? '';
    const letter = await world().deadLetter(`dead-letter/letters/${generation}/event_id_conflict/dedupe`);
    expect(letter.entries).toHaveLength(300);
  });
});

describe('a run that was decided and not confirmed', () => {
  it('is started again after continue-as-new, and is the same run', async () => {
    await world().define('again', { stages: ['debounce: { quiet: 1h }'] });
    const definition = world().current().triggers.get('again')?.definition;
    if (!definition) throw new Error('not defined');
    const receivedAt = await world().now();
    await world().send('again', 'a');
    await world().sleep(HOUR + MINUTE);
    const runId = world().onlyRunId('again');
    const eventId = world().runs('again')[0]?.eventIds?.[0] ?? '';
    await world().instance('again').terminate('its successor is started by hand');

    // The same decision, cut before its start was confirmed, as a continue-as-new carries it.
    const state = initialState(definition);
    const offer = { eventId, body: 'body-of-this', receivedAt, key: 'k', item: 'a.csv' };
    step(state, { kind: 'offer', offer }, receivedAt);
    step(state, { kind: 'tick' }, receivedAt + 2 * HOUR);
    expect([...state.starting.keys()]).toEqual([runId]);
    await world().client.workflow.start(WORKFLOW.trigger, {
      workflowId: instanceId('again'),
      taskQueue: TASK_QUEUE,
      args: [{ version: 1, definition, carried: carry(state) }],
    });
    await world().settle();
    expect(await world().view('again')).toMatchObject({
      starting: [],
      counts: { runs: 1 },
      pressure: { pendingItems: 0 },
    });
    expect(world().ledger.filter((entry) => entry.runId === runId && entry.kind === 'startReported')).toMatchObject([
      { detail: 'started' },
      { detail: 'alreadyStarted' },
    ]);
    expect(world().target.calls('again')).toHaveLength(1);
  });

  it('whose id another run has becomes a dead letter of its events', async () => {
    await world().define('taken', { stages: ['debounce: { quiet: 1h }'] });
    const definition = world().current().triggers.get('taken')?.definition;
    if (!definition) throw new Error('not defined');
    const receivedAt = await world().now();
    const state = initialState(definition);
    const offer = { eventId: 'evt_0123456789abcdefghijkl', body: 'body-of-this', receivedAt, key: 'k', item: 'a.csv' };
    step(state, { kind: 'offer', offer }, receivedAt);
    step(state, { kind: 'tick' }, receivedAt + 2 * HOUR);
    const [runId = ''] = state.starting.keys();
    const letter = { version: 1, of: 'events', trigger: 'x', generation: 'x', code: 'x', place: 'x', entries: [] };
    await world().client.workflow.start(WORKFLOW.deadLetter, {
      workflowId: runId,
      taskQueue: TASK_QUEUE,
      args: [letter],
    });
    await world().client.workflow.start(WORKFLOW.trigger, {
      workflowId: instanceId('taken'),
      taskQueue: TASK_QUEUE,
      args: [{ version: 1, definition, carried: carry(state) }],
    });
    await world().settle();
    expect((await world().view('taken')).counts).toMatchObject({ runs: 0, eventsInRuns: 0, deadLettered: 1 });
    const id = `dead-letter/taken/${definition.generation}/run_id_conflict//run/identity`;
    expect((await world().deadLetter(id)).entries).toMatchObject([
      { id: offer.eventId, event: { runId, item: 'a.csv' } },
    ]);
  });
});
