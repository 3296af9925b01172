import { describe, expect, it } from 'vitest';

import { runDeadLetterId } from '../../src/contract/names.ts';
import { createLetterOrders } from '../../src/http/dead-letter-orders.ts';
import { useWorld } from './harness.ts';
import { HOUR, MINUTE } from './world.ts';

const world = useWorld();

async function define(name: string, run: readonly string[] = [], stages: readonly string[] = []) {
  await world().defineRun(name, {
    key: '${{ event.data.model }}',
    stages,
    run: [
      'kind: rollback',
      `lane: "${name}/\${{ key }}"`,
      'retry: { delays: [1m] }',
      `route: { target: ${name}-route, params: { model: "\${{ key }}" } }`,
      `notify: [{ target: ${name}-owners, params: { text: "\${{ key }}: \${{ outcome.status }}" } }]`,
      `incident: { target: ${name}-pager, params: { was: "\${{ outcome.detail }}" } }`,
      ...run,
    ],
    targets: ['route', 'owners', 'pager', 'current'].map((it) => `${name}-${it}`),
  });
}

const calls = (name: string) => world().target.calls(name).length;
const resultOf = (runId: string): Promise<unknown> => world().client.workflow.getHandle(runId).result();

async function start(name: string) {
  await world().send(name, 'e', { model: 'fraud', version: 7 });
  await world().settle();
  return world().onlyRunId(name);
}

describe('a rollback', () => {
  it('routes back first, then tells the owners and opens an incident', async () => {
    await define('back');
    const runId = await start('back');
    expect(await resultOf(runId)).toMatchObject({ status: 'succeeded' });
    expect(world().target.params('back-route', 'model')).toEqual(['fraud']);
    expect(world().target.params('back-owners', 'text')).toEqual(['fraud: succeeded']);
    expect(calls('back-pager')).toBe(1);
    const [routed, told] = ['back-route', 'back-owners'].map((it) => world().target.calls(it)[0]);
    expect([routed?.token, told?.token]).toEqual([`${runId}.route`, `${runId}.notify-0`]);
  });

  it('is not stopped by people who cannot be told: those are dead letters of their own', async () => {
    await define('untold');
    world().target.answer('untold-pager', { status: 503 }, { status: 503 });
    const runId = await start('untold');
    await world().sleep(5 * MINUTE);
    expect(await resultOf(runId)).toMatchObject({ status: 'succeeded' });
    const letter = await world().deadLetter(runDeadLetterId(`${runId}.incident`));
    expect(letter).toMatchObject({ code: 'target_unavailable', place: '/run/incident' });
    expect((await world().view('untold')).counts.ended).toMatchObject({ succeeded: 1 });

    world().target.answer('untold-pager', { status: 404 });
    const letters = createLetterOrders(world().client, Date.now);
    const refused = await letters.replayLetter(`${runId}.incident`, { by: 'ann' });
    expect(refused).toMatchObject({ refusal: { code: 'replay_refused', detail: expect.stringContaining('404') } });
    const again = await letters.replayLetter(`${runId}.incident`, { by: 'ann' });
    expect(again).toMatchObject({ ok: true, value: { called: 'untold-pager' } });
    expect(world().target.calls('untold-pager').at(-1)?.token).toBe(`${runId}.incident-3`);
    expect(world().target.params('untold-pager', 'was')).toHaveLength(4);
    expect(await letters.replayLetter(`${runId}.incident`, { by: 'bob' })).toMatchObject({
      refusal: { code: 'letter_closed', detail: expect.stringContaining('untold-pager took the call by ann') },
    });
    expect(calls('untold-route')).toBe(1);
  });

  it('that does not work is told too, with what happened', async () => {
    await define('broken');
    world().target.answer('broken-route', { status: 404 });
    const runId = await start('broken');
    expect(await world().deadLetter(runDeadLetterId(runId))).toMatchObject({
      code: 'target_rejected',
      place: '/run/route',
    });
    expect(world().target.params('broken-owners', 'text')).toEqual(['fraud: deadLettered']);
    expect(world().target.params('broken-pager', 'was')).toEqual([expect.stringContaining('404')]);
  });

  it('of a version that is not current any more is skipped, and tells nobody', async () => {
    await define('late', [
      'guard: { target: late-current, expect: "result.version == event.data.version", onFail: drop }',
    ]);
    world().target.answer('late-current', { status: 200, body: { version: 8 } });
    const runId = await start('late');
    expect(await resultOf(runId)).toMatchObject({ status: 'skipped', reason: expect.stringContaining('"version":8') });
    expect([calls('late-route'), calls('late-owners'), calls('late-pager')]).toEqual([0, 0, 0]);
  });

  it('of an alert that has become too old while it waited is skipped', async () => {
    await define('stale', [], ['freshness: { maxAge: 10m }']);
    await world().define('stale-route-away', {});
    world().target.answer('stale-route', { status: 503, headers: { 'retry-after': '1800' } });
    const runId = await start('stale');
    await world().sleep(HOUR);
    expect(await resultOf(runId)).toMatchObject({
      status: 'skipped',
      reason: expect.stringContaining('old, more than 10m'),
    });
    expect(calls('stale-route')).toBe(1);
    expect(calls('stale-owners')).toBe(0);
  });
});
