import { describe, expect, it } from 'vitest';

import { approveUpdate, rejectUpdate } from '../../src/contract/definitions.ts';
import { eventsDeadLetterId, runDeadLetterId } from '../../src/contract/names.ts';
import { createLetterOrders } from '../../src/http/dead-letter-orders.ts';
import { useWorld } from './harness.ts';
import { HOUR, MINUTE } from './world.ts';

const world = useWorld();

/** Takes every event of a trigger's runs, and tells its target of each. */
const sinkOf = (name: string) => `---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: ${name}-sink }
spec:
  events: { source: signalbox, pattern: { source: [/signalbox/${name}] } }
  run: { target: ${name}-sink, params: { type: "\${{ event.type }}", data: { $value: "\${{ event.data }}", $default: null } } }
`;

const told = (name: string, param: string) => world().target.params(`${name}-sink`, param);
const calls = (name: string) => world().target.calls(name).length;
const handle = (runId: string) => world().client.workflow.getHandle(runId);

async function started(name: string): Promise<string> {
  await world().send(name, 'e');
  await world().settle();
  return world().onlyRunId(name);
}

describe('a chain of triggers', () => {
  it('goes on from run to run, each of which knows where it comes from', async () => {
    const emits = (type: string) => [`emit: { succeeded: { type: ${type}, data: { key: "\${{ key }}", file: x } } }`];
    await world().define('one', { stages: emits('two') });
    await world().define('two', { stages: [...emits('three'), 'debounce: { quiet: 30s }'] });
    await world().define('three', {});
    const first = await started('one');
    await world().sleep(2 * MINUTE);
    const [second, third] = [world().onlyRunId('two'), world().onlyRunId('three')];
    expect([calls('one'), calls('two'), calls('three')]).toEqual([1, 1, 1]);
    const root = (await handle(second).describe()).memo?.['lineage'];
    expect(root).toEqual({ root: expect.stringMatching(/^evt_/), parent: first, depth: 1, path: ['one'] });
    const { memo } = await handle(third).describe();
    expect(memo?.['lineage']).toMatchObject({ parent: second, depth: 2, path: ['one', 'two'] });
    expect(await world().details(third)).toContain(`Hop 2 of a chain: emitted by run \`${second}\` of one → two`);
  });

  it('that goes round where lint cannot see it ends after 16 hops as a dead letter that shows the way', async () => {
    const again = 'emit: { succeeded: { type: "${{ event.type }}", data: { key: k, file: x } } }';
    await world().define('round', { stages: [again] });
    await world().send('round', 'e');
    await expect.poll(() => world().runs('round').length, { timeout: 30_000 }).toBe(17);
    await world().settle();
    expect(calls('round')).toBe(17);
    const last = world().runs('round').at(-1)?.runId ?? '';
    const letter = await world().deadLetter(runDeadLetterId(`${last}.emit-succeeded`));
    expect(letter).toMatchObject({ code: 'chain_too_long', place: '/emit/succeeded' });
    expect(letter.entries[0]?.detail).toContain(`It would be hop 17 of one chain, more than 16: round → round`);
    expect(letter.entries[0]?.event).toMatchObject({ depth: 17, path: Array(17).fill('round') });
    expect(await handle(last).result()).toMatchObject({ status: 'succeeded' });
  });

  it('goes on where an event of it had to wait for a person', async () => {
    const emits = 'emit: { succeeded: { type: mended-next, data: { key: k, file: x } } }';
    await world().define('mended', { stages: [emits] });
    await world().define('mended-next', { key: '${{ event.data.missing }}' });
    const first = await started('mended');
    const generation = world().current().triggers.get('mended-next')?.generation ?? '';
    const id = eventsDeadLetterId({ trigger: 'mended-next', generation, code: 'mapping_error', place: '/key' });
    await world().define('mended-next', {});
    await createLetterOrders(world().client, Date.now).replayLetter(id, { by: 'ann' });
    await world().settle();
    const { memo } = await handle(world().onlyRunId('mended-next')).describe();
    expect(memo?.['lineage']).toMatchObject({ parent: first, depth: 1 });
  });

  it('starts nothing twice when a worker dies after an event was taken', async () => {
    const emits = 'emit: { succeeded: { type: twice-next, data: { key: k, file: x } } }';
    await world().define('twice', { stages: [emits] });
    await world().define('twice-next', {});
    world().answersToLose = 2;
    await started('twice');
    await world().sleep(MINUTE);
    expect(world().answersToLose).toBe(0);
    expect(world().runs('twice-next')).toHaveLength(1);
    expect(calls('twice-next')).toBe(1);
    expect((await world().view('twice-next')).counts.suppressed.dedupe).toBe(2);
  });
});

describe('a run emits', () => {
  const ALL = ['started', 'succeeded', 'failed', 'timedOut', 'cancelled', 'skipped', 'held'];
  const seen = '{ status: "${{ status }}", detail: "${{ detail }}", result: "${{ result }}" }';
  const everything = `emit: { ${ALL.map((it) => `${it}: { type: ${it}, data: ${seen} }`).join(', ')} }`;
  const define = (name: string, stages: readonly string[] = [], run: readonly string[] = []) =>
    world().define(name, {
      stages: [everything, ...stages],
      run,
      more: sinkOf(name),
      targets: [`${name}-sink`, `${name}-guard`],
    });

  it('that it started and succeeded, in this order, with its result', async () => {
    await define('well');
    await started('well');
    expect(told('well', 'type')).toEqual(['started', 'succeeded']);
    expect(told('well', 'data')[1]).toEqual({ status: 'succeeded', detail: null, result: { auc: 0.9 } });
  });

  it('that it was skipped, and not that it started', async () => {
    await define('kept', [], ['guard: { target: kept-guard, expect: "result.auc > 1.0" }']);
    await started('kept');
    expect(told('kept', 'type')).toEqual(['skipped']);
  });

  it('that it is held where it becomes a dead letter, and why', async () => {
    await define('dead');
    world().target.answer('dead', { status: 404 });
    await started('dead');
    expect(told('dead', 'type')).toEqual(['started', 'held']);
    expect(told('dead', 'data')[1]).toMatchObject({ detail: expect.stringContaining('target_rejected') });
  });

  it('that it waits for a person, and what that person said', async () => {
    await define('asks', ['approval: { timeout: 2h }']);
    const runId = await started('asks');
    expect(told('asks', 'type')).toEqual(['held']);
    await handle(runId).executeUpdate(rejectUpdate, { args: [{ by: 'ann', reason: 'not today' }] });
    await world().settle();
    expect(told('asks', 'type')).toEqual(['held', 'cancelled']);
    expect(told('asks', 'data')[1]).toMatchObject({ status: 'rejected', detail: 'By ann: not today' });
  });

  it('each time it is held: both are events of their own', async () => {
    await define('again', ['approval: { timeout: 2h }']);
    world().target.answer('again', { status: 404 });
    const runId = await started('again');
    await handle(runId).executeUpdate(approveUpdate, { args: [{ by: 'ann' }] });
    await world().settle();
    expect(told('again', 'type')).toEqual(['held', 'started', 'held']);
  });

  it('that a person cancelled it', async () => {
    await define('ended', ['approval: { timeout: 2h }']);
    const runId = await started('ended');
    await handle(runId).cancel();
    await world().settle();
    expect(told('ended', 'type')).toEqual(['held', 'cancelled']);
    expect(told('ended', 'data')[1]).toMatchObject({ status: 'cancelled', detail: 'Cancelled by a person.' });
  });

  it.each([
    ['deploy', 'version: "7"', 'promote: { target: NAME-acts }', '7'],
    ['rollback', 'route: { target: NAME-acts }', 'notify: []', null],
  ])('of kind %s the same', async (kind, first, second, version) => {
    const data = kind === 'deploy' ? '{ v: "${{ version }}" }' : '{ v: null }';
    await world().defineRun(kind, {
      stages: [`emit: { started: { type: began, data: ${data} }, succeeded: { type: done, data: ${data} } }`],
      run: [`kind: ${kind}`, `lane: "${kind}"`, first, second].map((line) => line.replace('NAME', kind)),
      more: sinkOf(kind),
      targets: [`${kind}-acts`, `${kind}-sink`],
    });
    await started(kind);
    expect(told(kind, 'type')).toEqual(['began', 'done']);
    expect(told(kind, 'data')).toEqual([{ v: version }, { v: version }]);
  });

  it('nothing in shadow', async () => {
    await define('shade', ['mode: shadow']);
    await started('shade');
    expect(told('shade', 'type')).toEqual([]);
  });

  it('nothing it cannot make: that is a dead letter of its own, and the run is what it is', async () => {
    const emit = 'emit: { succeeded: { type: x, data: "${{ result.loss }}" } }';
    await world().define('unmade', { stages: [emit], more: sinkOf('unmade'), targets: ['unmade-sink'] });
    const runId = await started('unmade');
    const letter = await world().deadLetter(runDeadLetterId(`${runId}.emit-succeeded`));
    expect(letter).toMatchObject({ code: 'mapping_error', place: '/emit/succeeded' });
    expect(await handle(runId).result()).toMatchObject({ status: 'succeeded' });
    expect((await world().view('unmade')).counts.ended).toMatchObject({ succeeded: 1 });
  });
});

describe('an event that is given to a target too', () => {
  const emit = (name: string) =>
    `emit: { succeeded: { type: done, data: { text: "\${{ '$' }}{{ key }}" }, to: ${name}-chat } }`;
  const define = (name: string) =>
    world().define(name, {
      stages: [emit(name)],
      run: ['retry: { delays: [1m] }'],
      more: sinkOf(name),
      targets: [`${name}-sink`, `${name}-chat`],
    });

  it('comes to it as it is, under a token of its own', async () => {
    await define('sent');
    const runId = await started('sent');
    const [event] = world().target.params('sent-chat', 'event');
    expect(event).toMatchObject({ id: `${runId}/succeeded`, type: 'done', data: { text: '${{ key }}' } });
    expect(world().target.calls('sent-chat')[0]?.token).toBe(`${runId}.emit-succeeded`);
    expect(told('sent', 'type')).toEqual(['done']);
  });

  it('is a dead letter of its own where the target cannot be told, and changes nothing about the run', async () => {
    await define('unsent');
    world().target.answer('unsent-chat', { status: 503 }, { status: 503 });
    const runId = await started('unsent');
    await world().sleep(HOUR);
    const letter = await world().deadLetter(runDeadLetterId(`${runId}.emit-succeeded`));
    expect(letter).toMatchObject({ code: 'target_unavailable', place: '/emit/succeeded' });
    expect(await handle(runId).result()).toMatchObject({ status: 'succeeded' });

    const letters = createLetterOrders(world().client, Date.now);
    const again = await letters.replayLetter(`${runId}.emit-succeeded`, { by: 'ann' });
    expect(again).toMatchObject({ ok: true, value: { called: 'unsent-chat' } });
    expect(world().target.params('unsent-chat', 'event').at(-1)).toMatchObject({ data: { text: '${{ key }}' } });
    expect(told('unsent', 'type')).toEqual(['done']);
  });
});
