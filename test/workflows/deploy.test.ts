import { describe, expect, it } from 'vitest';

import { approveUpdate, rejectUpdate } from '../../src/contract/definitions.ts';
import { runDeadLetterId } from '../../src/contract/names.ts';
import { useWorld } from './harness.ts';
import { HOUR, MINUTE, SECOND } from './world.ts';
import { targetYaml } from './yaml.ts';

const world = useWorld();

/** Defines a deployment whose targets are named after it; `run` are further members, each one line. */
async function define(name: string, run: readonly string[], targets: readonly string[] = [], more = '') {
  await world().defineRun(name, {
    key: '${{ event.data.model }}',
    run: [
      'kind: deploy',
      `lane: "${name}/\${{ key }}"`,
      'version: "${{ event.data.version }}"',
      'retry: { delays: [] }',
      `stage: { target: ${name}-stage, params: { version: "\${{ version }}" } }`,
      ...run,
    ],
    targets: ['stage', 'promote', 'undo', ...targets].map((it) => `${name}-${it}`),
    more,
  });
}

const promote = (name: string, rest = '') =>
  `promote: { target: ${name}-promote, params: { version: "\${{ version }}" }${rest} }`;
const undo = (name: string) =>
  `revert: { target: ${name}-undo, params: { failed: "\${{ failed }}", done: "\${{ done }}" } }`;

async function start(name: string) {
  await world().send(name, 'e', { model: 'fraud', version: 7 });
  await world().settle();
  return world().onlyRunId(name);
}

const bodies = (name: string): { params: unknown; step: unknown }[] =>
  world()
    .target.calls(name)
    .map(({ body }) => JSON.parse(body));
const resultOf = (runId: string): Promise<unknown> => world().client.workflow.getHandle(runId).result();

describe('a deployment', () => {
  it('stages, tries, promotes and verifies, each step called once with the version', async () => {
    const url = world().target.url;
    await define(
      'whole',
      [
        `smoke: [{ http: { url: "${url}/whole-health?v=\${{ version }}", expect: "status == 200 && body.ok" }, attempts: 3, every: 10s }, { target: whole-eval, expect: "result.auc >= 0.9" }]`,
        promote('whole'),
        `verify: [{ http: { url: "${url}/whole-live", expect: "status == 200" } }]`,
        undo('whole'),
      ],
      ['eval'],
    );
    world().target.answer(
      'whole-health?v=7',
      { status: 503 },
      { status: 200, body: { ok: false } },
      { status: 200, body: { ok: true } },
    );
    world().target.answer('whole-eval', { status: 200, body: { auc: 0.93 } });
    const runId = await start('whole');
    await world().sleep(MINUTE);
    expect(await resultOf(runId)).toMatchObject({ status: 'succeeded', result: { version: '7' } });
    expect(bodies('whole-stage')).toMatchObject([{ kind: 'deploy', step: 'stage', params: { version: '7' } }]);
    expect(bodies('whole-promote')).toMatchObject([{ step: 'promote', params: { version: '7' } }]);
    expect(world().target.calls('whole-health?v=7')).toHaveLength(3);
    expect(world().target.calls('whole-undo')).toEqual([]);
    const tokens = ['whole-stage', 'whole-eval', 'whole-promote'].map((it) => world().target.calls(it)[0]?.token);
    expect(tokens).toEqual([`${runId}.stage`, `${runId}.smoke-1-1`, `${runId}.promote`]);
    expect(await world().details(runId)).toContain('- ✓ smoke/0\n- ✓ smoke/1\n- ✓ promote\n- ✓ verify/0');
    expect((await world().view('whole')).counts.ended).toMatchObject({ succeeded: 1 });
  });

  it('undoes what it did where a smoke test never holds, and says which and why', async () => {
    await define(
      'smoky',
      [
        'smoke: [{ target: smoky-eval, expect: "result.auc >= 0.9", attempts: 2, every: 1m }]',
        promote('smoky'),
        undo('smoky'),
      ],
      ['eval'],
    );
    world().target.answer('smoky-eval', { status: 200, body: { auc: 0.5 } }, { status: 200, body: { auc: 0.6 } });
    const runId = await start('smoky');
    await world().sleep(5 * MINUTE);
    await expect(resultOf(runId)).rejects.toMatchObject({
      cause: {
        type: 'run_failed',
        message: 'smoke/0: result.auc >= 0.9 is false: result is {"auc":0.6} Undone by smoky-undo.',
      },
    });
    expect(world().target.calls('smoky-promote')).toEqual([]);
    expect(bodies('smoky-undo')).toMatchObject([{ params: { failed: 'smoke/0', done: ['stage'] } }]);
  });

  it('asks a check again whose answer was lost where its target honours the token, and else gives it up', async () => {
    const smoke = (name: string) => `smoke: [{ target: ${name}-eval, expect: "result.auc >= 0.9" }]`;
    const more = targetYaml('again-eval', world().target.url, [], ['onUnknown: retry']);
    await define('again', [smoke('again'), promote('again'), undo('again')], [], more);
    world().target.answer('again-eval', 'close', { status: 200, body: { auc: 0.95 } });
    const runId = await start('again');
    await world().sleep(MINUTE);
    expect(await resultOf(runId)).toMatchObject({ status: 'succeeded' });
    const token = `${runId}.smoke-0-1`;
    expect(world().target.calls('again-eval')).toMatchObject([{ token }, { token }]);

    await define('once', [smoke('once'), promote('once'), undo('once')], ['eval']);
    world().target.answer('once-eval', 'close');
    await expect(resultOf(await start('once'))).rejects.toMatchObject({ cause: { type: 'run_failed' } });
    expect(world().target.calls('once-eval')).toHaveLength(1);
    expect(world().target.calls('once-undo')).toHaveLength(1);
  });

  it('promotes by weights, bakes at each, and goes back where what is asked then is not as expected', async () => {
    await define(
      'slowly',
      [
        promote(
          'slowly',
          ', steps: [{ weight: 10, bake: 10m, expect: "result.errorRate < 0.01" }, { weight: 50, bake: 10m, expect: "result.errorRate < 0.01" }, { weight: 100 }], check: { target: slowly-errors, params: { w: "${{ weight }}" } }',
        ).replace('version: "${{ version }}"', 'weight: "${{ weight }}"'),
        undo('slowly'),
      ],
      ['errors'],
    );
    world().target.answer(
      'slowly-errors',
      { status: 200, body: { errorRate: 0 } },
      { status: 200, body: { errorRate: 0.2 } },
    );
    const runId = await start('slowly');
    await world().sleep(HOUR);
    await expect(resultOf(runId)).rejects.toMatchObject({
      cause: { message: expect.stringContaining('promote/50% check') },
    });
    expect(world().target.params('slowly-promote', 'weight')).toEqual([10, 50]);
    const at = world()
      .target.calls('slowly-promote')
      .map((call) => call.at);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(10 * MINUTE);
    expect(bodies('slowly-undo')).toMatchObject([
      { params: { failed: 'promote/50% check', done: ['stage', 'promote/10%', 'promote/50%'] } },
    ]);
  });

  it('needs a person where it cannot be undone', async () => {
    await define('stuck', [promote('stuck'), undo('stuck')]);
    world().target.answer('stuck-promote', { status: 400 });
    world().target.answer('stuck-undo', { status: 400 });
    const runId = await start('stuck');
    const letter = await world().deadLetter(runDeadLetterId(runId));
    expect(letter).toMatchObject({ code: 'revert_failed', place: '/run/revert' });
    expect(letter.entries[0]?.detail).toMatch(/^promote: .*NOT undone by stuck-undo: /);
  });

  it('undoes a promotion of which nobody knows whether it happened, and needs a person', async () => {
    await define('unsure', [promote('unsure'), undo('unsure')]);
    world().target.answer('unsure-promote', 'close');
    const runId = await start('unsure');
    const letter = await world().deadLetter(runDeadLetterId(runId));
    expect(letter).toMatchObject({ code: 'target_unknown', place: '/run/promote' });
    expect(bodies('unsure-undo')).toMatchObject([{ params: { done: ['stage', 'promote'] } }]);
  });

  it('has changed nothing where its first step was refused', async () => {
    await define('refused', [promote('refused'), undo('refused')]);
    world().target.answer('refused-stage', { status: 404 });
    const runId = await start('refused');
    const letter = await world().deadLetter(runDeadLetterId(runId));
    expect(letter.entries[0]?.detail).toContain('Nothing had been changed.');
    expect(world().target.calls('refused-undo')).toEqual([]);
  });

  it('asks before it promotes, and undoes the stage where it is refused', async () => {
    await define('asks', [promote('asks', ', approval: { timeout: 4h }'), undo('asks')]);
    const runId = await start('asks');
    expect(await world().details(runId)).toContain('Its version is ready to be promoted.');
    await world()
      .client.workflow.getHandle(runId)
      .executeUpdate(rejectUpdate, { args: [{ by: 'ann', reason: 'Friday' }] });
    await world().settle();
    const answer = { status: 'rejected', reason: 'approval: By ann: Friday Undone by asks-undo.' };
    expect(await resultOf(runId)).toEqual(answer);
    expect(world().target.calls('asks-promote')).toEqual([]);

    await define('agrees', [promote('agrees', ', approval: { timeout: 4h }')]);
    const other = await start('agrees');
    await world()
      .client.workflow.getHandle(other)
      .executeUpdate(approveUpdate, { args: [{ by: 'ann' }] });
    await world().settle();
    expect(await resultOf(other)).toMatchObject({ status: 'succeeded' });
  });

  it('that is cancelled undoes what it did before it ends', async () => {
    await define('stopped', [
      promote('stopped', ', steps: [{ weight: 10, bake: 2h }, { weight: 100 }]'),
      undo('stopped'),
    ]);
    const runId = await start('stopped');
    await world().sleep(30 * SECOND);
    await world().client.workflow.getHandle(runId).cancel();
    await world().settle();
    await expect(resultOf(runId)).rejects.toThrow();
    expect(bodies('stopped-undo')).toMatchObject([
      { params: { failed: 'promote/10% bake', done: ['stage', 'promote/10%'] } },
    ]);
    expect((await world().view('stopped')).counts.ended).toMatchObject({ cancelled: 1 });
  });

  it('whose version names nothing is a dead letter, and calls nobody', async () => {
    await define('nameless', [promote('nameless')]);
    await world().send('nameless', 'e', { model: 'fraud', version: '' });
    await world().settle();
    const letter = await world().deadLetter(runDeadLetterId(world().onlyRunId('nameless')));
    expect(letter).toMatchObject({ code: 'mapping_error', place: '/run/version' });
    expect(world().target.calls('nameless-stage')).toEqual([]);
  });
});
